//! Driver of PostgreSQL: databases as they are wanted, made from scripts that were written for psql.
//!
//! [`read`] turns scripts into statements without a server. A [`Server`] looks at databases, makes them in one transaction each,
//! with a bookkeeping of its own in them, adopts those that were made elsewhere, proves that they serve, backs them up and, for
//! a typed name alone, drops them. Upgrades from one version to another are not done here: such a database is an error that says
//! so.

mod backup;
mod beside;
mod bookkeeping;
mod columns;
mod copying;
mod discard;
mod error;
mod expired;
mod keys;
mod lock;
mod look;
mod make;
mod role;
mod script;
mod seed;
mod server;
mod session;
mod tls;
mod verify;
mod wanted;
mod wire;
mod work;

pub use backup::{Backup, Tools};
pub use error::PostgresError;
pub use expired::Expired;
pub use keys::KeyAlias;
pub use script::{
    Action, Copy, Files, Folder, Place, Rows, ScriptError, Statement, Variables, read,
};
pub use server::Server;
pub use tls::Tls;
pub use wanted::{Made, Outcome, Role, Standing, Wanted};
