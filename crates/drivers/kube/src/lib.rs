//! The driver of Kubernetes clusters.
//!
//! One trait, [`Kubernetes`], with what steps, gates and observers ask of a cluster; [`Cluster`] answers from an API
//! server, [`FakeCluster`] from memory, and one set of tests holds both to the same answers. Waiting is done on
//! [`Store`]s: one shared watch per kind, however many gates look at it. Nothing here knows the plan.

mod cluster;
mod conflict;
mod counts;
mod error;
mod evidence;
mod exec;
mod fake;
mod kubernetes;
mod late;
mod lease;
mod rights;
mod served;
mod store;

pub use cluster::{Access, Cluster, ConnectError};
pub use conflict::Conflict;
pub use counts::{RequestCounts, Verb};
pub use error::{KubeError, Refusal, TransientCause};
pub use evidence::{events_of, gather};
pub use exec::{ExecRequest, Execution, Exit};
pub use fake::{Controllers, FakeCluster, Fault};
pub use kubernetes::{
    Applied, Apply, ApplyForce, Created, Delete, Deleted, DryRun, Duplex, Kubernetes, LogRequest,
    Manager, Patch, Propagation, Selection, Server,
};
pub use late::LateCluster;
pub use lease::{Holder, Keeper, Lease, LeaseError, LeaseState};
pub use rights::{Rights, Rule};
pub use served::{Served, ServedKind};
pub use store::{Freshness, ResourceVersion, Store};
