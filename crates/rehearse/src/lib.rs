//! Rehearsals: does an environment fit its nodes, and does it survive losing some.
//!
//! ```text
//! lab after `up` ─ Seen::of ─ judge ─ fits, or the scheduler's own words for each pod and the smallest change that helps
//!                      ↑
//! node drill: cordon, taint, wait until every pod is placed or judged, undo
//! ```
//! The real scheduler places the pods; what it did is looked at ([`Seen`]) and judged without a cluster ([`judge`]).

mod drill;
pub mod html;
pub mod judge;
mod quantity;
mod report;
pub mod screen;
mod seen;
mod settle;

pub use kube::Client;

pub use drill::{DrillError, lose, nodes};
pub use quantity::Amount;
pub use report::{DrillReport, NodeUse, Prediction, Report, Unplaced};
pub use seen::{Controller, Seen, SeenBudget, SeenNode, SeenPod};
pub use settle::{settled, until_stuck};
