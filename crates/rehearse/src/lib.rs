//! Rehearsals: does an environment fit its nodes, and does it survive losing some.
//!
//! ```text
//! lab after `up` ─ Seen::of ─ judge ─ fits, or the scheduler's own words for each pod and the smallest change that helps
//!                      ↑
//! node drill: cordon, taint, wait until every pod is placed or judged, undo
//! ```
//! A cluster that is there has a [likeness](Likeness): nodes, storage classes and the pods of others, for a lab.
//! The real scheduler places the pods; what it did is looked at ([`Seen`]) and judged without a cluster ([`judge`]).

mod drill;
pub mod html;
pub mod judge;
mod likeness;
mod quantity;
mod report;
pub mod screen;
mod seen;
mod settle;
mod slow;

pub use kube::Client;

pub use drill::{DrillError, evict_largest, lose, nodes};
pub use likeness::{IMAGE as NEIGHBOUR_IMAGE, Likeness, Neighbour};
pub use quantity::Amount;
pub use report::{DrillReport, LikenessReport, NodeUse, Prediction, Report, Unplaced};
pub use seen::{Controller, Seen, SeenBudget, SeenNode, SeenPod, pod_release};
pub use settle::{settled, until, until_stuck};
pub use slow::SlowWay;
