//! What a step knows about the run it is part of.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use mosipctl_journal::{Actor, Event, Reason, Record, RunId};
use mosipctl_plan::{Step, StepId};
use serde_json::Value;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::desk::{Desk, Message};
use crate::error::{ErrorKind, StepError};
use crate::fence::Guard;
use crate::hands::{Hands, Outcome, Proof};
use crate::live::Live;
use crate::options::Options;
use crate::run::Run;
use crate::stream::Stream;

/// What a step knows about the run it is part of, and how it speaks while it acts. Cheap to clone.
#[derive(Clone)]
pub struct Context {
    pub(crate) run: Arc<Run>,
    pub(crate) step: StepId,
    pub(crate) live: Arc<Live>,
}

impl Context {
    /// A context outside of any run, for tests of hands: the first try of a step, told to `record`.
    pub fn alone(step: &StepId, record: Arc<dyn Record>, cursor: Option<Value>) -> Self {
        let options = Options::default();
        let (desk, _) = Desk::open();
        let run = RunId::at(Timestamp::UNIX_EPOCH, 0);
        let stream = Stream::new(
            (run, Actor::current()),
            options.clock,
            record,
            options.redactor,
        );
        let run = Run {
            hands: Arc::new(Idle),
            stream: Arc::new(stream),
            desk,
            guard: Guard::new(None),
            retry: options.retry,
            silence: options.silence,
            winding_down: CancellationToken::new(),
        };
        let live = Live::new(0, cursor);
        live.begin();
        Self {
            run: Arc::new(run),
            step: step.clone(),
            live: Arc::new(live),
        }
    }

    /// The run.
    pub fn run(&self) -> &RunId {
        &self.run.stream.run
    }

    /// Which try this is, from 1.
    pub fn attempt(&self) -> u32 {
        self.live.sight().attempt
    }

    /// The lock's transition number, to be written beside what is written and checked there; none without a lock.
    pub fn fence(&self) -> Option<u64> {
        self.run.guard.fence()
    }

    /// When the gate's time is up; none while acting.
    pub fn deadline(&self) -> Option<Instant> {
        self.live.sight().deadline
    }

    /// Cancelled when the run is to end: who works for long returns [`StepError::stopped`] at the next cursor.
    pub fn cancelled(&self) -> &CancellationToken {
        &self.run.winding_down
    }

    /// Says how far the step is. A sign of life; saying the same again costs nothing.
    pub fn note(&self, text: impl Into<String>) {
        let text = self.run.stream.masked(text.into());
        if self.live.note(&text) {
            let step = self.step.clone();
            self.run.stream.note(Event::StepNote { step, text });
        }
    }

    /// Says what a gate waits for. Said at the deadline, it is the reason for the failure.
    pub fn waits(&self, reason: impl Into<Reason>) {
        let reason = self.run.stream.masked(reason.into());
        if self.live.waits(&reason) {
            let step = self.step.clone();
            self.run.stream.note(Event::StepWaits { step, reason });
        }
    }

    /// Where the step is to go on: what it saved last, in this run or in one that ended before the step was done.
    pub fn cursor(&self) -> Option<Value> {
        self.live.sight().cursor.clone()
    }

    /// Saves where to go on after a stop. Durable when it returns, so everything before the cursor must be so too.
    ///
    /// # Errors
    /// The journal cannot be written: the run stops, and the step should return the error.
    pub async fn save_cursor(&self, cursor: Value) -> Result<(), StepError> {
        let event = Event::CursorSaved {
            step: self.step.clone(),
            cursor: cursor.clone(),
        };
        if let Err(error) = self.run.stream.write(event).await {
            let stop = StepError::new(ErrorKind::Stopped, "a cursor was not saved").because(&error);
            let _ = self.run.desk.leave(Message::Broken(error));
            return Err(stop);
        }
        let mut sight = self.live.sight();
        sight.cursor = Some(cursor);
        sight.sign = Instant::now();
        Ok(())
    }
}

/// The hands of a context outside of any run: nobody calls them.
struct Idle;

#[async_trait]
impl Hands for Idle {
    async fn run(&self, _: &Step, _: &Context) -> Result<Outcome, StepError> {
        Ok(Outcome::Done)
    }

    async fn gate(&self, _: &Step, _: &Context) -> Result<Proof, StepError> {
        Ok(Proof::new("nothing was done"))
    }
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context")
            .field("step", &self.step)
            .field("attempt", &self.attempt())
            .finish_non_exhaustive()
    }
}
