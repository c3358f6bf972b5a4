//! The steps: the only place where a plan meets the drivers.
//!
//! One file per action. Each can be done again: what is done already is seen and left, so a run that was killed at any
//! point is finished by the next one.

mod apply;
mod copy;
mod failure;
mod gate;
mod hands;
mod history;
mod hooks;
mod job;
mod ledger;
mod marks;
mod on_host;
mod release;
mod remedy;
mod remove;
mod secret;

pub use failure::Failure;
pub use hands::Steps;
pub use history::keep_run;
pub use hooks::HelmRunner;
pub use ledger::{Ledger, Note};
pub use on_host::{Arrival, Ground};
