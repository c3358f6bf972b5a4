//! Runs a plan.
//!
//! The flow: an [`Engine`] gets the ordered steps, the [`Hands`] that do them, and a record to write to. A step starts
//! the moment its needs hold; it acts while it holds a slot of its class, waits at its gate without one, and is settled.
//! Intent is journalled before the act, outcome after. A [`Handle`] takes commands and answers questions while the run
//! goes on; [`control`] does the same for other processes, over a socket. At the end stands a [`RunReport`].
//!
//! What it leaves out: it knows no driver and no kind of step, and it remembers nothing that it needs: after a kill, the
//! next plan is made from what is observed. docs/engine.md tells the promises and where each is tested.

mod attempt;
mod board;
mod context;
pub mod control;
mod course;
mod desk;
mod duration;
mod engine;
mod error;
mod estimate;
mod fence;
mod handle;
mod hands;
mod live;
mod options;
pub mod points;
pub mod progress;
mod queue;
mod report;
mod run;
mod stream;

pub use context::Context;
pub use duration::in_words;
pub use engine::Engine;
pub use error::{ErrorKind, StepError};
pub use fence::{Fence, Hold};
pub use handle::{Handle, Refusal};
pub use hands::{Hands, OnCancel, Outcome, Proof, Settled};
pub use options::{Header, Limits, Options, Retry, SystemClock, Waiver, WallClock};
pub use progress::Progress;
pub use report::{FailedStep, NotTried, RunReport, StepReport};
