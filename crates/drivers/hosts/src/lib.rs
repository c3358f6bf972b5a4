//! Driver of hosts over SSH: commands, files, uploads and facts.
//!
//! [`Hosts`] keeps one connection per host and opens it when it is first needed, through jump hosts where need be. Keys of hosts are
//! pinned in a [`KnownHosts`] of ours: nothing is sent to a host whose key is unknown or changed. On a [`Connection`] runs a
//! [`Command`]; files, uploads and facts are commands too, each a small POSIX script, so a host needs `sh`, coreutils and, for files
//! of root, `sudo` without a password; it needs no SFTP and no program of ours. What is secret goes over standard input, never into an argument.
//!
//! The library that speaks SSH is not seen from outside. Nothing here knows roles or clusters.

mod command;
mod connect;
mod connection;
mod door;
mod error;
mod exec;
pub mod facts;
pub mod files;
mod guard;
mod hosts;
mod key;
mod known;
mod lock;
mod login;
pub mod modules;
pub mod nftables;
mod output;
pub mod packages;
mod shell;
pub mod sshd;
pub mod sysctls;
mod target;
mod tunnel;
pub mod units;
mod upload;
pub mod users;
mod way;

pub use command::{Command, quoted};
pub use connection::Connection;
pub use error::HostError;
pub use facts::Facts;
pub use files::{FileOnHost, Written};
pub use guard::{Change, GUARD_UNIT, Guarded, guarded};
pub use hosts::{Hosts, Settings};
pub use key::HostKey;
pub use known::{KnownError, KnownHosts, Verdict};
pub use lock::{HostHold, HostLock};
pub use output::{Ended, Output, Stream};
pub use shell::Shell;
pub use target::{Keys, Target};
pub use upload::{Artefact, Uploaded};
pub use way::{Way, way_in};
