//! Real servers as child processes: PostgreSQL, Keycloak, an S3 store, Artemis, a registry, SoftHSM, sshd, named,
//! Pebble and services of MOSIP.
//!
//! A lab that runs parts `real` starts them beside its control plane, and tests of the drivers start them for themselves. Each
//! module knows one server: where its program comes from, how it is set up in an empty folder, when it answers. They listen on
//! 127.0.0.1, on free ports, and end with whoever started them. None of this runs in production.

mod artemis;
mod error;
mod java;
mod kafka;
mod keycloak;
mod keymanager;
mod named;
mod pebble;
mod postgres;
mod private;
mod process;
mod registry;
mod seaweedfs;
mod server;
mod shared;
mod softhsm;
mod sshd;

pub use artemis::{Artemis, ArtemisSettings};
pub use error::ServerError;
pub use kafka::{Kafka, KafkaSettings};
pub use keycloak::{Keycloak, KeycloakSettings, KeycloakVersion};
pub use keymanager::{
    Health, Issuer, Keymanager, KeymanagerDatabase, KeymanagerSettings, OwnClient, Salts, Tables,
    TokenHealth, WantedKeys,
};
pub use named::{Named, NamedSettings};
pub use pebble::{Pebble, PebbleSettings};
pub use postgres::{Postgres, PostgresOptions};
pub use process::{Process, free_port};
pub use registry::{Registry, RegistrySettings};
pub use seaweedfs::{Guest, Keys, Seaweedfs, SeaweedfsSettings};
pub use server::{Login, Server, ServerKind};
pub use softhsm::{ObjectKind, SoftHsm, SoftHsmSettings, TokenObject};
pub use sshd::{Sshd, SshdSettings, make_key};
