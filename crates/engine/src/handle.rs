//! How a run is told and asked from outside, while it goes on.

use std::sync::{Arc, Weak};

use mosipctl_journal::{Actor, Command, Entry};
use tokio::sync::{broadcast, oneshot};

use crate::desk::{Desk, Message};
use crate::progress::Progress;
use crate::stream::Stream;

/// Why a command was not carried out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The run is over.
    #[error("the run has ended")]
    Ended,
    /// The plan has no such step.
    #[error("the plan has no step `{step}`{}", .nearest.as_ref().map(|n| format!(" (did you mean `{n}`?)")).unwrap_or_default())]
    UnknownStep {
        /// What was asked for.
        step: String,
        /// The step whose name looks most like it.
        nearest: Option<String>,
    },
    /// Only a failed step can be tried again.
    #[error("`{step}` has not failed")]
    NotFailed {
        /// The step.
        step: String,
    },
    /// The run starts nothing any more.
    #[error("the run is stopping")]
    Stopping,
}

/// What the engine is asked, and where the answer goes.
pub(crate) enum Request {
    Tell(Command, Actor, oneshot::Sender<Result<(), Refusal>>),
    /// Ctrl-C: cancel, and the second time stop.
    Interrupt(Actor),
    Progress(oneshot::Sender<Progress>),
}

/// Tells and asks a run, and follows its events. Cheap to clone; outlives the run harmlessly.
#[derive(Clone)]
pub struct Handle {
    desk: Desk,
    stream: Weak<Stream>,
}

impl Handle {
    pub(crate) fn new(desk: Desk, stream: &Arc<Stream>) -> Self {
        Self {
            desk,
            stream: Arc::downgrade(stream),
        }
    }

    /// Carries out a command and journals it with its actor, also when it is refused.
    ///
    /// # Errors
    /// The run cannot do that now.
    pub async fn tell(&self, command: Command, actor: Actor) -> Result<(), Refusal> {
        let (sender, answer) = oneshot::channel();
        let request = Request::Tell(command, actor, sender);
        let left = self.desk.leave(Message::Asked(request));
        left.map_err(|_| Refusal::Ended)?;
        answer.await.unwrap_or(Err(Refusal::Ended))
    }

    /// What Ctrl-C means. The first time no new step starts, and those that run finish or are taken back; the second
    /// time everything stops at once. Both leave a journal from which the next run goes on.
    pub fn interrupt(&self, actor: Actor) {
        // A run that has ended has nothing left to interrupt.
        let _ = self.desk.leave(Message::Asked(Request::Interrupt(actor)));
    }

    /// Where the run stands.
    ///
    /// # Errors
    /// The run has ended; its report and the journal tell the rest.
    pub async fn progress(&self) -> Result<Progress, Refusal> {
        let (sender, answer) = oneshot::channel();
        let left = self.desk.leave(Message::Asked(Request::Progress(sender)));
        left.map_err(|_| Refusal::Ended)?;
        answer.await.map_err(|_| Refusal::Ended)
    }

    /// Every event from now on, in order. Closed when the run has ended; who is too slow misses some, and finds them in
    /// the journal.
    pub fn subscribe(&self) -> broadcast::Receiver<Arc<Entry>> {
        match self.stream.upgrade() {
            Some(stream) => stream.subscribe(),
            None => broadcast::channel(1).1,
        }
    }
}
