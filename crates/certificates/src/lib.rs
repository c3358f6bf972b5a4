//! The certificate of an environment's hosts.
//!
//! ```text
//! spec.certificates ─ Maker ──┐  ACME (a proof by DNS or HTTP), an authority of our own, or what people bring
//! names of the hosts ─────────┴─ renew ─ prove ─ Store ─ status, files for the load balancer
//! ```
//! Whoever made it, a new certificate is proven before it counts: its key fits, it is for the names, the chain is one, and it holds now.
//! Until then the one before stays. Keys lie in the state folder for its owner alone, and are in no error and no log.

mod acme;
mod certificate;
mod client;
mod error;
mod files;
mod flaw;
mod listener;
mod maker;
mod names;
mod own;
mod pem;
mod proof;
mod prover;
mod renew;
mod store;
mod timer;

pub use acme::{Acme, AcmeError};
pub use certificate::{Certificate, Link, Pair};
pub use error::RenewError;
pub use files::{HostFile, balancer_files};
pub use flaw::Flaw;
pub use maker::{Maker, MakerError};
pub use names::{covers, uncovered, wanted_names};
pub use own::{OwnError, authority};
pub use proof::prove;
pub use prover::{Prover, ProverError};
pub use renew::{Outcome, Reason, Request, reason, renew};
pub use store::{Kept, Store, StoreError};
pub use timer::{Timer, UnitFile};
