//! Checks of a target, read only, and what they found.
//!
//! Each check has two halves. A *look* gathers facts from a cluster, a name server or a server outside; a *judge* is pure and
//! makes [`Finding`]s of facts. Nothing here prints, and nothing that was not looked at counts as well: it is a finding that
//! says why it was skipped. [`preflight()`] runs what matters before `up`; [`bind_test`](storage::bind_test) alone makes something, in a namespace of its own, and only
//! when it is asked for.

pub mod admission;
pub mod api;
pub mod certificates;
pub mod clashes;
pub mod clock;
mod finding;
pub mod hosts;
pub mod names;
pub mod outside;
mod preflight;
pub mod rights;
pub mod sources;
pub mod storage;
pub mod version;

pub use finding::{Area, Check, Counts, Finding, Outcome};
pub use preflight::{Target, preflight};
