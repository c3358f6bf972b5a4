//! Realms in Keycloak, kept as wanted through its Admin REST API: settings, roles, scopes, clients, their service accounts.
//!
//! [`Keycloak`] reads what is there, compares the fields that are ours ([`Realm`], [`Client`]) and changes what differs, so
//! twice is as good as once; [`Keycloak::look`] only says what differs. What people added by hand, roles, clients, mappers,
//! descriptions, stays. [`Keycloak::verify`] takes a token for each client and looks into it.
//!
//! It is spoken to as 16.1.1, which MOSIP 1.2.0.1 comes with, and as 26: what one of them does not know is left out and said as
//! a [`Note`]. Not here: users, identity providers, authentication flows.

mod compare;
mod difference;
mod error;
mod export;
mod keycloak;
mod live;
mod make;
mod requests;
mod secret;
mod server;
mod session;
mod verify;
mod versions;
mod wanted;

pub use difference::{Difference, Look, Note, RoleName};
pub use error::KeycloakError;
pub use keycloak::{Administrator, Keycloak};
pub use make::Made;
pub use requests::RequestCounts;
pub use server::Version;
pub use verify::Finding;
pub use wanted::{Client, Liberty, Realm, Scope};
