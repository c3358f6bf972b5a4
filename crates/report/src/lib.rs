//! What people see: plans, progress and errors, as terminal text, plain lines or JSON.
//!
//! Everything here is a reader: it is given data and makes text of it. Data goes to stdout, talk to stderr; nothing
//! means something by colour alone.

pub mod exit;
pub mod history;
pub mod paint;
mod plan;
pub mod run;
mod trouble;
pub mod words;

pub use exit::Exit;
pub use paint::Paint;
pub use plan::{PlanScreen, explain_step, plan_json};
pub use trouble::Trouble;
