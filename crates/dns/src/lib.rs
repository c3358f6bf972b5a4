//! The names of an environment's hosts in DNS.
//!
//! ```text
//! hosts that gateways answer for ─┐                ┌─ zone file, lines of a hosts file (text)
//! spec.dns: where they lead ──────┴─ Records ──────┼─ Updater: dynamic update (RFC 2136), signed (TSIG)
//!                                                  └─ verify: what each resolver says
//! ```
//! [`Records`] and the texts are pure. Messages are those of `hickory-proto`; they go over sockets of our own, so that every way in
//! which a server can fail to answer has a name.

mod error;
mod key;
mod message;
mod records;
mod secret;
mod snippet;
mod updater;
mod verify;
mod wire;
mod zone;

pub use error::{DnsError, Refusal};
pub use key::Key;
pub use message::texts;
pub use records::{Origin, Record, Records, RecordsError, Target};
pub use secret::{SecretError, read_secret};
pub use snippet::hosts_snippet;
pub use updater::Updater;
pub use verify::{Found, Look, Verdict, machine_resolvers, verify};
pub use zone::{Authority, zone_file};
