//! A finished run as one compressed file, to be kept where the journal is not.
//!
//! zstd over lines of JSON: a head, then for each stretch of entries that stand together in the journal the hash before
//! it, the entries as they stand there, and the hash after it. Whoever reads it back checks the same chain.

use std::io::{self, BufRead, BufReader, Read};

use serde::{Deserialize, Serialize};

use crate::chain::{Broken, Head};
use crate::entry::{Entry, Recorded, RunId};
use crate::history::RunHistory;
use crate::journal::JournalError;
use crate::reader::Reader;

/// Names the format in its first line.
const FORMAT: &str = "mosipctl run 1";

/// zstd's own default is 3; a run is a few megabytes and is packed once, so some more work pays off.
const LEVEL: i32 = 10;

/// What a run can be at most when unpacked: a hundred times the largest seen, and small enough to hold in memory.
const LARGEST: u64 = 256 * 1024 * 1024;

/// Why a run could not be packed or unpacked.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The journal cannot be read.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// There is no such run.
    #[error("there is no run `{0}` in the journal")]
    UnknownRun(RunId),
    /// The compression failed.
    #[error("failed to pack or unpack a run")]
    Packing(#[from] io::Error),
    /// A line is not what it should be.
    #[error("line {line} of a packed run makes no sense")]
    Line {
        /// Its number.
        line: usize,
    },
    /// Something was changed.
    #[error(transparent)]
    Broken(#[from] Broken),
}

/// A run that was read back.
#[derive(Debug, Clone, PartialEq)]
pub struct Exported {
    /// The run.
    pub run: RunId,
    /// Its entries.
    pub entries: Vec<Recorded>,
}

/// A line that is no entry.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Mark {
    Format { name: String, run: RunId },
    Before(Head),
    After(Head),
}

impl Reader {
    /// Packs a run.
    ///
    /// # Errors
    /// The journal cannot be read, or has no such run.
    pub fn export(&self, run: &RunId) -> Result<Vec<u8>, ExportError> {
        let bodies = self.bodies(run)?;
        if bodies.is_empty() {
            return Err(ExportError::UnknownRun(run.clone()));
        }
        let mut lines = vec![mark(&Mark::Format {
            name: FORMAT.to_owned(),
            run: run.clone(),
        })?];
        let mut last: Option<Head> = None;
        for (head, body) in bodies {
            if last.is_none_or(|last| last.seq + 1 != head.seq) {
                if let Some(last) = last {
                    lines.push(mark(&Mark::After(last))?);
                }
                lines.push(mark(&Mark::Before(self.head_at(head.seq - 1)?))?);
            }
            lines.push(body);
            last = Some(head);
        }
        if let Some(last) = last {
            lines.push(mark(&Mark::After(last))?);
        }
        Ok(zstd::encode_all(lines.join("\n").as_bytes(), LEVEL)?)
    }
}

fn mark(mark: &Mark) -> Result<String, ExportError> {
    serde_json::to_string(mark).map_err(|error| ExportError::Packing(error.into()))
}

impl Exported {
    /// Unpacks a run and checks its chain.
    ///
    /// # Errors
    /// It cannot be unpacked, or was changed since it was packed.
    pub fn read(packed: &[u8]) -> Result<Self, ExportError> {
        let text = BufReader::new(zstd::Decoder::new(packed)?.take(LARGEST));
        let mut unpacking = Unpacking::default();
        for (index, line) in text.lines().enumerate() {
            let line_number = index + 1;
            unpacking.line(&line?, line_number)?;
        }
        unpacking.end()
    }

    /// What happened in it, step by step.
    pub fn history(&self) -> Option<RunHistory> {
        RunHistory::of(self.entries.iter().map(|recorded| &recorded.entry))
    }
}

/// What has been read so far.
#[derive(Default)]
struct Unpacking {
    run: Option<RunId>,
    head: Option<Head>,
    entries: Vec<Recorded>,
    lines: usize,
}

impl Unpacking {
    fn line(&mut self, text: &str, line: usize) -> Result<(), ExportError> {
        let bad = || ExportError::Line { line };
        self.lines = line;
        match serde_json::from_str(text) {
            Ok(Mark::Format { name, run }) if name == FORMAT && line == 1 => self.run = Some(run),
            Ok(Mark::Format { .. }) => return Err(bad()),
            Ok(Mark::Before(head)) if self.head.is_none() => self.head = Some(head),
            Ok(Mark::Before(_)) => return Err(bad()),
            Ok(Mark::After(head)) => {
                if self.head.take() != Some(head) {
                    return Err(Broken::Changed { seq: head.seq }.into());
                }
            }
            Err(_) => self.entry(text).ok_or_else(bad)?,
        }
        Ok(())
    }

    fn entry(&mut self, body: &str) -> Option<()> {
        let entry: Entry = serde_json::from_str(body).ok()?;
        let head = self.head.as_mut()?;
        if self.run.as_ref() != Some(&entry.run) {
            return None;
        }
        let (seq, hash) = (head.seq + 1, head.hash.then(body));
        *head = Head { seq, hash };
        self.entries.push(Recorded { seq, hash, entry });
        Some(())
    }

    /// A stretch that was begun must have ended, or the file was cut off.
    fn end(self) -> Result<Exported, ExportError> {
        match (self.run, self.head) {
            (Some(run), None) if !self.entries.is_empty() => Ok(Exported {
                run,
                entries: self.entries,
            }),
            _ => Err(ExportError::Line {
                line: self.lines + 1,
            }),
        }
    }
}
