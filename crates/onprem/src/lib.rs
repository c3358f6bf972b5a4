//! From bare hosts to a Kubernetes cluster.
//!
//! ```text
//! hosts file ─┐                    ┌─ plan::HostWork ── plan
//! files ──────┼─ Ground ── works ──┤
//! edge ───────┤                    └─ Site ── driver of hosts ── hosts
//! what hosts ─┘
//! told
//! ```
//! [`Ground`] is pure: it says which [`Work`] there is on which host, of which [`Item`]s it is made, and what it needs and makes. [`Site`]
//! looks how each stands, in one round trip for each host, and does it. The plan knows a work by its name and digest alone.

mod access;
mod addresses;
mod bring;
mod cluster;
mod distribution;
mod edge;
mod error;
mod etcd;
mod expiry;
mod family;
mod files;
mod ground;
mod item;
mod kubeadm;
mod manifest;
mod members;
mod mesh;
mod nfs;
mod node;
#[cfg(test)]
mod played;
mod reset;
mod site;
mod time;
mod traits;
mod work;

pub use distribution::unproven;
pub use edge::{Around, CertificateFiles, Edge, Gateways, Sides, Tunnel, tell_bastion};
pub use error::{OnpremError, Stays};
pub use expiry::{Expiry, expiry};
pub use files::{Files, FilesError};
pub use ground::Ground;
pub use item::{ImageOnHost, Item, Script};
pub use kubeadm::API;
pub use manifest::Manifest;
pub use members::{Drained, Eviction, Members, Removal, Snapshot};
pub use mesh::Mesh;
pub use nfs::NfsServer;
pub use reset::{Reset, reset};
pub use site::{FileDiff, Site, Told};
pub use traits::Traits;
pub use work::{Task, Work};
