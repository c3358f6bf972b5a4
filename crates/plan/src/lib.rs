//! What to do, in which order and why.
//!
//! Pure: environment, catalogue, rendered objects and what was observed go in; an immutable plan and a report come out.
//! Same inputs, same digest. Nothing is left to choose when the plan runs, so showing it is the dry run.

pub mod graph;
pub mod step;

pub use graph::{OrderError, Ordered, order};
pub use step::{Action, Class, Risk, Step, StepId, Undo};
