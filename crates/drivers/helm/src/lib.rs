//! The driver of Helm.
//!
//! Rendering is left to Helm's binary ([`Helm`]); applying is ours, because that is where the time and the safety are.
//! What we installed must stay Helm's own nevertheless: [`Releases`] writes its records in its storage format, so that
//! `helm list`, `history`, `get`, `rollback`, `upgrade` and `uninstall` work on them, and [`adopt()`] takes over what the
//! real helm installed without touching a pod. A [`scan`] finds what would render otherwise each time.

mod adopt;
mod binary;
mod chart;
mod manifest;
mod own;
mod release;
pub mod scan;

pub use adopt::{AdoptError, Adopted, adopt, migrated};
pub use binary::{Finding, Helm, HelmError, Level, Place, TemplateRequest, Tests, UpgradeRequest};
pub use chart::{Chart, ChartError};
pub use manifest::{Rendering, to_yaml};
pub use own::{first_and_rest, is_kept, owned};
pub use release::{
    ApplyMethod, Begun, Draft, HISTORY_MAX, History, Hook, Info, Outcome, RecordError, Release,
    ReleaseError, ReleaseHead, Releases, Status,
};
