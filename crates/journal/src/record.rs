//! What a run writes to: the journal, or memory in tests.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use tokio::sync::oneshot;

use crate::entry::Entry;
use crate::failpoint::Reached;

/// Takes entries, in the order in which it is called.
///
/// Whoever needs an entry to be durable awaits the [`Receipt`]; since the order is kept, everything given before it is
/// durable then too.
pub trait Record: Send + Sync + 'static {
    /// Takes an entry that somebody waits for: an intent or an outcome. It is written at once, together with whatever
    /// else has queued up.
    fn append(&self, entry: Entry) -> Receipt;

    /// Takes an entry that nobody waits for: a note. It is written with the next one that somebody waits for, or a
    /// moment later.
    fn note(&self, entry: Entry);

    /// A receipt for everything given so far.
    fn flush(&self) -> Receipt;
}

/// Why an entry was not recorded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// The journal could not be written.
    #[error("failed to write the journal: {0}")]
    Write(String),
    /// The writer has ended.
    #[error("the journal is closed")]
    Closed,
    /// A test wanted it so.
    #[error(transparent)]
    Failpoint(#[from] Reached),
}

/// Resolves when an entry is durable, to its number. Dropping it is not waiting; the entry is written all the same.
#[derive(Debug)]
pub struct Receipt(State);

#[derive(Debug)]
enum State {
    Ready(Option<Result<u64, RecordError>>),
    Waiting(oneshot::Receiver<Result<u64, RecordError>>),
}

impl Receipt {
    /// One that has resolved already.
    pub fn ready(result: Result<u64, RecordError>) -> Self {
        Self(State::Ready(Some(result)))
    }

    /// One that resolves when the sender is used. A dropped sender means [`RecordError::Closed`].
    pub fn waiting() -> (oneshot::Sender<Result<u64, RecordError>>, Self) {
        let (sender, receiver) = oneshot::channel();
        (sender, Self(State::Waiting(receiver)))
    }
}

impl Future for Receipt {
    type Output = Result<u64, RecordError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match &mut self.0 {
            State::Ready(result) => Poll::Ready(result.take().unwrap_or(Err(RecordError::Closed))),
            State::Waiting(receiver) => Pin::new(receiver)
                .poll(context)
                .map(|answer| answer.unwrap_or(Err(RecordError::Closed))),
        }
    }
}

/// A record in memory, for tests and for runs that leave no trace.
#[derive(Debug, Clone, Default)]
pub struct Memory {
    entries: Arc<Mutex<Vec<Entry>>>,
}

impl Memory {
    /// An empty one.
    pub fn new() -> Self {
        Self::default()
    }

    /// Everything taken so far.
    pub fn entries(&self) -> Vec<Entry> {
        self.lock().clone()
    }

    fn push(&self, entry: Entry) -> u64 {
        let mut entries = self.lock();
        entries.push(entry);
        entries.len() as u64
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Entry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Record for Memory {
    fn append(&self, entry: Entry) -> Receipt {
        Receipt::ready(Ok(self.push(entry)))
    }

    fn note(&self, entry: Entry) {
        self.push(entry);
    }

    fn flush(&self) -> Receipt {
        Receipt::ready(Ok(self.lock().len() as u64))
    }
}
