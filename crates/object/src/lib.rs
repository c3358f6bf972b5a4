//! Kubernetes objects as plain data.
//!
//! Pure and small, because everybody uses it: render makes objects, the plan compares them, drivers send them, the lab
//! checks what their pods name. Nothing here talks to a cluster.

mod canonical;
mod key;
pub mod manifest;
mod object;
mod references;
mod release;

pub use canonical::{canonical, digest};
pub use key::{Kind, ObjectKey, ParseKeyError};
pub use object::{NotAnObject, Object};
pub use references::{Reference, Referent, pod_specs, references};
pub use release::ReleaseName;
