//! The journal file, open for reading, also while another process writes it.

use std::collections::BTreeMap;
use std::path::Path;

use jiff::Timestamp;
use mosipctl_plan::StepId;
use rusqlite::types::FromSql;
use rusqlite::{Connection, OpenFlags, OptionalExtension, Row, params};
use serde_json::Value;

use crate::chain::{Broken, Hash, Head};
use crate::entry::{Entry, Recorded, RunId};
use crate::event::Event;
use crate::history::{RunHistory, RunSummary, summaries};
use crate::journal::JournalError;
use crate::schema;
use crate::writer;

/// The journal, open for reading. Never waits for a writer and never holds one up.
#[derive(Debug)]
pub struct Reader {
    connection: Connection,
}

/// How far a step came before it was stopped.
#[derive(Debug, Clone, PartialEq)]
pub struct Cursor {
    /// The run in which it was saved.
    pub run: RunId,
    /// When.
    pub time: Timestamp,
    /// What the step saved.
    pub value: Value,
}

impl Reader {
    /// Opens the journal at `path`.
    ///
    /// # Errors
    /// There is none, it cannot be read, or a newer program wrote it.
    pub fn open(path: &Path) -> Result<Self, JournalError> {
        if !path.exists() {
            return Err(JournalError::None {
                path: path.to_owned(),
            });
        }
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags)?;
        match schema::version(&connection)? {
            version if version > schema::VERSION => Err(JournalError::Newer { version }),
            // The file was made a moment ago, and its maker has not come to the tables yet.
            0 => Err(JournalError::None {
                path: path.to_owned(),
            }),
            _ => Ok(Self { connection }),
        }
    }

    /// Up to `limit` entries after number `after`, in order.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn tail(&self, after: u64, limit: usize) -> Result<Vec<Recorded>, JournalError> {
        self.recorded(
            "SELECT seq, body, hash FROM event WHERE seq > ?1 ORDER BY seq LIMIT ?2",
            params![after, limit],
        )
    }

    /// Every run, in the order in which they started.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn runs(&self) -> Result<Vec<RunSummary>, JournalError> {
        let entries = self.recorded(
            "SELECT seq, body, hash FROM event
             WHERE kind IN ('runStarted', 'runFinished', 'runInterrupted') ORDER BY seq",
            [],
        )?;
        Ok(summaries(entries.iter().map(|recorded| &recorded.entry)))
    }

    /// The run that started last.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn last_run(&self) -> Result<Option<RunSummary>, JournalError> {
        let last = self.recorded(
            "SELECT seq, body, hash FROM event WHERE kind = 'runStarted'
             ORDER BY seq DESC LIMIT 1",
            [],
        )?;
        let Some(last) = last.into_iter().next() else {
            return Ok(None);
        };
        let entries = self.recorded(
            "SELECT seq, body, hash FROM event WHERE run = ?1
             AND kind IN ('runStarted', 'runFinished', 'runInterrupted') ORDER BY seq",
            [last.entry.run.as_str()],
        )?;
        Ok(summaries(entries.iter().map(|recorded| &recorded.entry)).pop())
    }

    /// Every entry of a run, in order; none, if there is no such run.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn entries(&self, run: &RunId) -> Result<Vec<Recorded>, JournalError> {
        self.recorded(
            "SELECT seq, body, hash FROM event WHERE run = ?1 ORDER BY seq",
            [run.as_str()],
        )
    }

    /// What happened in a run, step by step.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn run(&self, run: &RunId) -> Result<Option<RunHistory>, JournalError> {
        let entries = self.entries(run)?;
        Ok(RunHistory::of(entries.iter().map(|r| &r.entry)))
    }

    /// The last cursor of each step that saved one and has not been done, skipped or undone since.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn cursors(&self) -> Result<BTreeMap<StepId, Cursor>, JournalError> {
        let entries = self.recorded(
            "SELECT seq, body, hash FROM event AS saved WHERE kind = 'cursorSaved'
             AND NOT EXISTS (SELECT 1 FROM event AS later WHERE later.step = saved.step
                AND later.seq > saved.seq
                AND later.kind IN ('cursorSaved', 'stepDone', 'stepSkipped', 'stepUndone'))
             ORDER BY seq",
            [],
        )?;
        let cursors = entries.into_iter().filter_map(|recorded| {
            let Entry {
                run, time, event, ..
            } = recorded.entry;
            match event {
                Event::CursorSaved { step, cursor } => {
                    let value = cursor;
                    Some((step, Cursor { run, time, value }))
                }
                _ => None,
            }
        });
        Ok(cursors.collect())
    }

    /// The last entry. Kept elsewhere, it proves later that the journal still leads to it.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn head(&self) -> Result<Head, JournalError> {
        Ok(writer::head(&self.connection)?)
    }

    /// Reads the whole journal and checks that nothing was changed, taken out or put in; where heads are `known` from
    /// elsewhere, also that it still leads to them, so that its end was not cut off. Returns the last entry.
    ///
    /// # Errors
    /// [`JournalError::Broken`] names the first entry that is not as it was written.
    pub fn verify(&self, known: &[Head]) -> Result<Head, JournalError> {
        let mut statement = self
            .connection
            .prepare("SELECT seq, body, hash, run, kind, step FROM event ORDER BY seq")?;
        let mut rows = statement.query([])?;
        let mut head = Head::EMPTY;
        while let Some(row) = rows.next()? {
            head = check(row, head)?;
            if let Some(other) = known.iter().find(|k| k.seq == head.seq && **k != head) {
                return Err(Broken::OtherHead { seq: other.seq }.into());
            }
        }
        match known.iter().find(|known| known.seq > head.seq) {
            Some(beyond) => Err(Broken::OtherHead { seq: beyond.seq }.into()),
            None => Ok(head),
        }
    }

    /// Numbers, bodies and hashes of a run's entries as they stand in the file.
    pub(crate) fn bodies(&self, run: &RunId) -> Result<Vec<(Head, String)>, JournalError> {
        let mut statement = self
            .connection
            .prepare("SELECT seq, body, hash FROM event WHERE run = ?1 ORDER BY seq")?;
        let rows = statement.query_map([run.as_str()], |row| {
            let (seq, hash) = (row.get(0)?, row.get::<_, [u8; 32]>(2)?.into());
            Ok((Head { seq, hash }, row.get(1)?))
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The head of the journal as it was when it had `seq` entries.
    pub(crate) fn head_at(&self, seq: u64) -> Result<Head, JournalError> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT hash FROM event WHERE seq = ?1")?;
        let hash = statement.query_row([seq], |row| row.get::<_, [u8; 32]>(0));
        Ok(match hash.optional()? {
            Some(hash) => Head {
                seq,
                hash: hash.into(),
            },
            None => Head::EMPTY,
        })
    }

    fn recorded(
        &self,
        query: &str,
        params: impl rusqlite::Params,
    ) -> Result<Vec<Recorded>, JournalError> {
        let mut statement = self.connection.prepare_cached(query)?;
        let mut rows = statement.query(params)?;
        let mut all = Vec::new();
        while let Some(row) = rows.next()? {
            let (seq, hash) = (row.get(0)?, row.get::<_, [u8; 32]>(2)?.into());
            let entry = serde_json::from_str(row.get_ref(1)?.as_str().map_err(wrong)?)
                .map_err(|source| JournalError::Entry { seq, source })?;
            all.push(Recorded { seq, hash, entry });
        }
        Ok(all)
    }
}

fn wrong(error: rusqlite::types::FromSqlError) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(1, rusqlite::types::Type::Text, Box::new(error))
}

/// Checks one row against the one before it.
fn check(row: &Row<'_>, before: Head) -> Result<Head, JournalError> {
    let seq: u64 = row.get(0)?;
    if seq != before.seq + 1 {
        let seq = before.seq + 1;
        return Err(Broken::Missing { seq }.into());
    }
    // A row whose columns have been given other types is a changed row, not a fault of the database.
    let changed = || JournalError::from(Broken::Changed { seq });
    let body: String = column(row, 1).ok_or_else(changed)?;
    let stored: [u8; 32] = column(row, 2).ok_or_else(changed)?;
    let hash = before.hash.then(&body);
    if hash != Hash::from(stored) {
        return Err(changed());
    }
    let filed = [column(row, 3), column(row, 4), column::<String>(row, 5)];
    if filed != filing(&body) {
        return Err(Broken::Misfiled { seq }.into());
    }
    Ok(Head { seq, hash })
}

fn column<T: FromSql>(row: &Row<'_>, index: usize) -> Option<T> {
    row.get(index).ok()
}

/// Run, kind and step, as the body has them.
fn filing(body: &str) -> [Option<String>; 3] {
    let value: Value = serde_json::from_str(body).unwrap_or_default();
    let text = |pointer| Some(value.pointer(pointer)?.as_str()?.to_owned());
    [text("/run"), text("/event/kind"), text("/event/step")]
}
