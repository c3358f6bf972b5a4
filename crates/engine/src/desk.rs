//! Where everybody who is part of a run leaves messages for the engine.

use mosipctl_journal::RecordError;
use mosipctl_plan::Class;
use tokio::sync::{mpsc, oneshot};

use crate::handle::Request;

/// What the engine is told.
pub(crate) enum Message {
    /// A slot is free again.
    Freed(Class),
    /// A running step wants a slot.
    Wanted(Wanted),
    /// Somebody outside wants something.
    Asked(Request),
    /// A cursor could not be written.
    Broken(RecordError),
}

/// A running step's wish for a slot. Dropping it is a no.
pub(crate) struct Wanted {
    pub(crate) step: usize,
    pub(crate) purpose: Purpose,
    pub(crate) answer: oneshot::Sender<Permit>,
}

/// What a slot is wanted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// To try once more: not while paused or stopping.
    Again,
    /// To settle or to undo what has been begun.
    Finish,
}

/// Takes messages.
#[derive(Clone)]
pub(crate) struct Desk(mpsc::UnboundedSender<Message>);

impl Desk {
    pub(crate) fn open() -> (Self, mpsc::UnboundedReceiver<Message>) {
        let (sender, inbox) = mpsc::unbounded_channel();
        (Self(sender), inbox)
    }

    /// Leaves a message; gives it back if nobody will ever read it.
    pub(crate) fn leave(&self, message: Message) -> Result<(), Message> {
        self.0.send(message).map_err(|error| error.0)
    }

    /// Waits for a slot; nothing, if there will be none.
    pub(crate) async fn slot(&self, step: usize, purpose: Purpose) -> Option<Permit> {
        let (answer, permit) = oneshot::channel();
        let wanted = Wanted {
            step,
            purpose,
            answer,
        };
        self.leave(Message::Wanted(wanted)).ok()?;
        permit.await.ok()
    }

    /// A slot of that class, which the engine has counted.
    pub(crate) fn permit(&self, class: Class) -> Permit {
        Permit {
            class,
            desk: self.clone(),
        }
    }
}

/// The right to act. Dropping it frees the slot, also when a step panics or is stopped.
pub(crate) struct Permit {
    class: Class,
    desk: Desk,
}

impl Drop for Permit {
    fn drop(&mut self) {
        // Without an engine there are no slots to count.
        let _ = self.desk.leave(Message::Freed(self.class.clone()));
    }
}
