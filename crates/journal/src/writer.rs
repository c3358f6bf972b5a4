//! The one thread that writes the journal.

use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use mosipctl_object::canonical;
use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};
use serde_json::Value;
use tokio::sync::oneshot;

use crate::chain::{Hash, Head};
use crate::entry::Entry;
use crate::failpoint;
use crate::record::RecordError;
use crate::redact::Redactor;

/// How long a note may wait for company. Long enough to save syncs, short enough that who follows the journal sees
/// progress as it happens.
const LINGER: Duration = Duration::from_millis(200);

/// The most entries in one commit, so that nobody waits long behind a flood of notes.
const LARGEST: usize = 1000;

pub(crate) type Answer = oneshot::Sender<Result<u64, RecordError>>;

/// What the writer is asked to do.
pub(crate) enum Order {
    Append(Box<Entry>, Answer),
    Note(Box<Entry>),
    Flush(Answer),
}

pub(crate) struct Writer {
    connection: Connection,
    redactor: Arc<Redactor>,
    inbox: Receiver<Order>,
}

/// Orders that are carried out with one commit.
#[derive(Default)]
struct Batch {
    entries: Vec<Entry>,
    /// Who waits, and for how many of the entries.
    answers: Vec<(Answer, usize)>,
}

impl Batch {
    fn take(&mut self, order: Order) {
        match order {
            Order::Append(entry, answer) => {
                self.entries.push(*entry);
                self.answers.push((answer, self.entries.len()));
            }
            Order::Note(entry) => self.entries.push(*entry),
            Order::Flush(answer) => self.answers.push((answer, self.entries.len())),
        }
    }
}

impl Writer {
    pub(crate) fn new(
        connection: Connection,
        redactor: Arc<Redactor>,
        inbox: Receiver<Order>,
    ) -> Self {
        Self {
            connection,
            redactor,
            inbox,
        }
    }

    /// Writes until everybody who could give orders is gone.
    pub(crate) fn run(mut self) {
        while let Some(batch) = self.collect() {
            self.carry_out(batch);
        }
    }

    /// Waits for an order, then takes what else is there. Notes alone wait a moment for company.
    fn collect(&self) -> Option<Batch> {
        let mut batch = Batch::default();
        batch.take(self.inbox.recv().ok()?);
        let due = Instant::now() + LINGER;
        while batch.entries.len() < LARGEST {
            let wait = match batch.answers.is_empty() {
                true => due.saturating_duration_since(Instant::now()),
                false => Duration::ZERO,
            };
            match self.receive(wait) {
                Ok(order) => batch.take(order),
                Err(_) => break,
            }
        }
        Some(batch)
    }

    fn receive(&self, wait: Duration) -> Result<Order, RecvTimeoutError> {
        if wait.is_zero() {
            return self.inbox.try_recv().map_err(|error| match error {
                mpsc::TryRecvError::Empty => RecvTimeoutError::Timeout,
                mpsc::TryRecvError::Disconnected => RecvTimeoutError::Disconnected,
            });
        }
        self.inbox.recv_timeout(wait)
    }

    /// Notes whose commit fails are gone; intents and outcomes that fail stop whoever waits for them.
    fn carry_out(&mut self, batch: Batch) {
        let written = self.commit(&batch.entries);
        for (answer, count) in batch.answers {
            let _ = answer.send(written.clone().map(|before| before + count as u64));
        }
    }

    /// Writes entries in one transaction; returns the number of the last entry before them.
    fn commit(&mut self, entries: &[Entry]) -> Result<u64, RecordError> {
        // Immediate: another process may write between our transactions, never within one.
        let transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
        let head = head(&transaction)?;
        if entries.is_empty() {
            return Ok(head.seq);
        }
        failpoint::BEFORE_COMMIT.reach()?;
        insert(&transaction, head, entries, &self.redactor)?;
        transaction.commit()?;
        failpoint::AFTER_COMMIT.reach()?;
        Ok(head.seq)
    }
}

fn insert(
    transaction: &Transaction<'_>,
    mut head: Head,
    entries: &[Entry],
    redactor: &Redactor,
) -> Result<(), RecordError> {
    let mut statement = transaction.prepare_cached(
        "INSERT INTO event (seq, run, kind, step, body, hash) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?;
    for entry in entries {
        let body = body(entry, redactor)?;
        head = Head {
            seq: head.seq + 1,
            hash: head.hash.then(&body),
        };
        let step = entry.event.step().map(|step| step.as_str());
        statement.execute(params![
            head.seq,
            entry.run.as_str(),
            entry.event.kind(),
            step,
            body,
            head.hash.as_bytes(),
        ])?;
    }
    Ok(())
}

/// The canonical JSON of an entry, with secrets masked.
fn body(entry: &Entry, redactor: &Redactor) -> Result<String, RecordError> {
    let value = serde_json::to_value(entry);
    let mut value: Value = value.map_err(|error| RecordError::Write(error.to_string()))?;
    redactor.value(&mut value);
    Ok(canonical(&value))
}

/// The last entry of the journal.
pub(crate) fn head(connection: &Connection) -> Result<Head, rusqlite::Error> {
    let mut statement =
        connection.prepare_cached("SELECT seq, hash FROM event ORDER BY seq DESC LIMIT 1")?;
    let head = statement.query_row([], |row| {
        Ok(Head {
            seq: row.get(0)?,
            hash: Hash::from(row.get::<_, [u8; 32]>(1)?),
        })
    });
    Ok(head.optional()?.unwrap_or(Head::EMPTY))
}
