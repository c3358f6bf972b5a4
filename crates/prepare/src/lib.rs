//! What is prepared inside servers: databases, realms, clients, buckets, queues, topics.
//!
//! The place where what a plan wants meets the drivers of servers. [`Servers`] knows how each server of an edition is reached
//! and logged in to; it looks ([`Servers::look`]), makes ([`Servers::prepare`]) and proves ([`Servers::verify`]), and backs up
//! ([`Servers::back_up`], [`Servers::back_up_token`]). Each server has a module that puts wanted things into the words of its driver and what the driver says into facts. Keys are only looked for
//! and read back: MOSIP's own Job makes them.

mod backup;
mod databases;
mod error;
mod finding;
mod kafka;
mod keycloak;
mod keys;
mod login;
mod object_store;
mod queues;
mod servers;
mod token;

pub use databases::settings::{PostgresSettings, PostgresSettingsError};
pub use error::PrepareError;
pub use finding::Finding;
pub use keys::KeyTable;
pub use servers::{Seen, Servers};
pub use token::TokenError;
