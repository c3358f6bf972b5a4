//! The one ordered stream of events. The journal is its first reader; terminal, JSON and console are others.

use std::sync::{Arc, Mutex, PoisonError};

use mosipctl_journal::{Actor, Entry, Event, Receipt, Record, RecordError, Redactor, RunId};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::broadcast;
use tokio::time::Instant;

use crate::options::WallClock;
use crate::points;

/// How many events a slow reader may be behind before it misses some; it can look them up in the journal then.
const BACKLOG: usize = 4096;

/// Where events are told.
pub(crate) struct Stream {
    pub(crate) run: RunId,
    pub(crate) actor: Actor,
    pub(crate) began: Instant,
    clock: Arc<dyn WallClock>,
    record: Arc<dyn Record>,
    redactor: Arc<Redactor>,
    /// Locked while an event is handed to all readers, so that all see the same order.
    readers: Mutex<broadcast::Sender<Arc<Entry>>>,
}

impl Stream {
    pub(crate) fn new(
        (run, actor): (RunId, Actor),
        clock: Arc<dyn WallClock>,
        record: Arc<dyn Record>,
        redactor: Arc<Redactor>,
    ) -> Self {
        Self {
            run,
            actor,
            began: Instant::now(),
            clock,
            record,
            redactor,
            readers: Mutex::new(broadcast::channel(BACKLOG).0),
        }
    }

    /// From the next event on.
    pub(crate) fn subscribe(&self) -> broadcast::Receiver<Arc<Entry>> {
        let readers = self.readers.lock().unwrap_or_else(PoisonError::into_inner);
        readers.subscribe()
    }

    /// Tells an event and waits until it is durable.
    pub(crate) async fn write(&self, event: Event) -> Result<(), RecordError> {
        let (before, after) = points::around(&event);
        before.reach()?;
        let actor = self.actor.clone();
        self.hand_out(actor, event, |record, entry| record.append(entry))
            .await?;
        after.reach()?;
        Ok(())
    }

    /// Tells an event without waiting. It is durable before anything that is told later.
    pub(crate) fn announce(&self, event: Event) {
        self.announce_by(self.actor.clone(), event);
    }

    /// Announces what somebody else did.
    pub(crate) fn announce_by(&self, actor: Actor, event: Event) {
        drop(self.hand_out(actor, event, |record, entry| record.append(entry)));
    }

    /// Tells an event that nobody waits for.
    pub(crate) fn note(&self, event: Event) {
        let actor = self.actor.clone();
        self.hand_out(actor, event, |record, entry| record.note(entry));
    }

    /// The same thing with secrets masked, for what is shown in other ways than by events.
    pub(crate) fn masked<T: Serialize + DeserializeOwned>(&self, thing: T) -> T {
        self.redactor.masked(thing)
    }

    /// A receipt for everything told so far.
    pub(crate) fn flush(&self) -> Receipt {
        self.record.flush()
    }

    fn hand_out<T>(
        &self,
        actor: Actor,
        event: Event,
        record: impl FnOnce(&dyn Record, Entry) -> T,
    ) -> T {
        let event = self.redactor.masked(event);
        let readers = self.readers.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = Entry {
            time: self.clock.now(),
            elapsed: self.began.elapsed(),
            run: self.run.clone(),
            actor,
            event,
        };
        // Nobody listening is no fault.
        let _ = readers.send(Arc::new(entry.clone()));
        record(self.record.as_ref(), entry)
    }
}
