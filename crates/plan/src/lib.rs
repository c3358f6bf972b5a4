//! What to do, in which order and why.
//!
//! Pure: blueprint, rendered objects and what was observed go in; an immutable plan and a report come out. Same inputs,
//! same digest. Nothing is left to choose when the plan runs, so showing it is the dry run.
//!
//! The flow: blueprint and rendered releases are put together ([`desired`]), compared with the world ([`compare`]),
//! turned into steps (`planner`, `prune`), and put in order ([`graph`]).

mod backups;
pub mod compare;
pub mod desired;
mod error;
pub mod graph;
mod hosts;
pub mod inventory;
mod needs;
pub mod observed;
mod plan;
mod planner;
mod prune;
pub mod step;

pub use desired::Desired;
pub use error::PlanError;
pub use graph::{OrderError, Ordered, order};
pub use hosts::HostWork;
pub use inventory::Inventory;
pub use observed::Observed;
pub use plan::{Plan, PlanFile, PlanOptions, PlanReport, plan, plan_down};
pub use prune::{Data, Kept};
pub use step::{Action, Class, Risk, Step, StepId, Undo};
