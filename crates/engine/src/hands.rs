//! Who does the steps: the only side of the engine that touches the world.

use async_trait::async_trait;
use mosipctl_journal::Reason;
use mosipctl_plan::Step;

use crate::context::Context;
use crate::error::StepError;

/// Does steps, waits for what they make, and takes them back.
///
/// Every method may be called again for the same step after a kill: doing a step twice must end as doing it once.
/// A future may be dropped at any await, when a person stops the run at once or the lock is lost.
#[async_trait]
pub trait Hands: Send + Sync + 'static {
    /// Acts. Holds a slot of the step's class, so it must not wait for what another step or a pod will do.
    ///
    /// An act that gives no sign of life (a note, a cursor) for [`Options::silence`](crate::Options::silence) counts
    /// as failed.
    async fn run(&self, step: &Step, context: &Context) -> Result<Outcome, StepError>;

    /// Waits until what the step makes is proven. Holds no slot; is dropped at the step's deadline, so it says with
    /// [`Context::waits`] what it waits for. A transient error means asking again, until the deadline.
    async fn gate(&self, step: &Step, context: &Context) -> Result<Proof, StepError>;

    /// Writes down how the gate ended, such as the final state of a release's record. Holds a slot again.
    async fn settle(
        &self,
        _step: &Step,
        _settled: Settled<'_>,
        _context: &Context,
    ) -> Result<(), StepError> {
        Ok(())
    }

    /// Takes a cancelled step back, as its [`Undo`](mosipctl_plan::Undo) says. Holds a slot.
    async fn undo(&self, step: &Step, _context: &Context) -> Result<(), StepError> {
        let message = format!(
            "`{}` says it can be taken back, and nothing does it",
            step.id
        );
        Err(StepError::bug(message))
    }

    /// Looks up, when a gate has missed its deadline, the reason a person would find by hand: the scheduler's words,
    /// the last log lines. Without an answer, what the gate said last is the reason.
    async fn why(&self, _step: &Step, _context: &Context) -> Option<Reason> {
        None
    }

    /// What to do with a running step when the run is cancelled. Steps that cannot be taken back always finish.
    fn on_cancel(&self, _step: &Step) -> OnCancel {
        OnCancel::Finish
    }
}

/// How an act ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Done.
    Done,
    /// Done, and a person should know something about it.
    DoneWith(String),
    /// There was nothing to do, because of this. The gate is asked all the same.
    Skipped(String),
}

/// What a gate saw that proves its step, in words: `answers /config/kernel/default`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof(pub String);

impl Proof {
    /// That proof.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }
}

/// How a gate ended.
#[derive(Debug, Clone, Copy)]
pub enum Settled<'a> {
    /// It passed.
    Proven(&'a Proof),
    /// It did not, within its deadline or ever.
    Missed(&'a StepError),
}

/// What to do with a running step when the run is cancelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnCancel {
    /// Let it finish.
    Finish,
    /// Tell it, by [`Context::cancelled`], and take it back when it returns; at its gate, at once.
    Undo,
}
