//! A real Kubernetes control plane on this machine, with simulated nodes.
//!
//! ```text
//! Lab::start ─ programs (artefact) ─ supervisor process ┬─ etcd, kube-apiserver, kube-controller-manager, kube-scheduler, kwok
//!                                                       └─ strict kubelet, volumes, load balancer addresses
//! Lab::expect ─ config map and kwok stages, through the API server
//! ```
//! A lab is a kubeconfig; whatever runs on a cluster runs on it unchanged. Only [`expect`] knows more: how long each workload
//! takes to start, which images there are, what is to go wrong. See `docs/lab.md` for what is real in it and what is not.

mod addresses;
mod child;
mod container_logs;
mod control_plane;
mod error;
mod expect;
mod expectations;
mod folder;
mod furnish;
mod hold;
mod kubeconfig;
mod kubelet;
mod lab;
mod nudge;
mod pki;
mod ports;
mod real;
mod settings;
mod stages;
mod status;
mod supervise;
mod volumes;

pub use error::{Failure, LabError};
pub use expect::{ExpectError, expect};
pub use expectations::{Drill, Expectations, Others, Startup, Subject, Work};
pub use folder::{LabFolder, STATE_VARIABLE};
pub use furnish::is_ready as is_node_ready;
pub use lab::{Lab, LabReport};
pub use mosipctl_servers::ServerKind;
pub use real::{
    RealDatabase, RealIssuer, RealKeyJob, RealKeymanager, RealKeys, RealKind, RealLogin, RealSalts,
    RealServer, RealToken,
};
pub use settings::{
    Access, Cluster, Kubelet, LabSettings, Launcher, Lifetime, Node, NodeGroup, StorageClass, Taint,
};
pub use status::{Phase, ProgramStatus, Status};
pub use supervise::supervise;
