//! Kubernetes objects as plain data.
//!
//! Pure and small, because everybody uses it: render makes objects, the plan compares them, drivers send them, the lab
//! checks what their pods name. Nothing here talks to a cluster.

mod canonical;
mod key;
pub mod manifest;
pub mod mark;
mod object;
mod quantity;
mod readiness;
mod references;
mod release;
mod why;

pub use canonical::{canonical, digest};
pub use key::{Kind, ObjectKey, ParseKeyError};
pub use mark::Mark;
pub use object::{NotAnObject, Object};
pub use quantity::{Quantity, QuantityError};
pub use readiness::{
    ClaimBinding, Condition, Readiness, StatusSubresource, claim_readiness, readiness,
};
pub use references::{
    IMAGES_ANNOTATION, Reference, Referent, containers, images, pod_specs, references,
};
pub use release::ReleaseName;
pub use why::{Cause, Evidence, Reason, why};
