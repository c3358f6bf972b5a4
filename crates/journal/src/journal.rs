//! The journal file, open for writing.

use std::path::{Path, PathBuf};
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;
use std::time::Duration;

use rusqlite::Connection;

use crate::chain::Broken;
use crate::entry::Entry;
use crate::place::make_private;
use crate::reader::Reader;
use crate::record::{Receipt, Record, RecordError};
use crate::redact::Redactor;
use crate::schema;
use crate::writer::{Order, Writer};

/// How long to wait for another process that is just writing. Writes take milliseconds; only a stopped process holds
/// the file for longer.
const PATIENCE: Duration = Duration::from_secs(10);

/// Why a journal cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// There is none.
    #[error("there is no journal at `{path}`")]
    None {
        /// Where it would be.
        path: PathBuf,
    },
    /// Its folder or its thread cannot be made.
    #[error("failed to open the journal at `{path}`")]
    Open {
        /// The journal.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: std::io::Error,
    },
    /// A newer program wrote it.
    #[error(
        "the journal has version {version}, and this program knows versions up to {}",
        schema::VERSION
    )]
    Newer {
        /// Its version.
        version: usize,
    },
    /// The database says no.
    #[error("failed to use the journal")]
    Database(#[from] rusqlite::Error),
    /// Something was changed after it was written.
    #[error(transparent)]
    Broken(#[from] Broken),
    /// An entry cannot be read.
    #[error("entry {seq} of the journal cannot be read")]
    Entry {
        /// Its number.
        seq: u64,
        /// What is wrong with it.
        #[source]
        source: serde_json::Error,
    },
}

/// The journal of one environment, open for writing. One thread writes; entries that queue up while it does are written
/// together, with one sync to disk.
///
/// Dropping it writes what is left and closes the file.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    orders: Option<mpsc::Sender<Order>>,
    thread: Option<JoinHandle<()>>,
}

impl Journal {
    /// Opens the journal at `path`, making it if there is none. Secrets that `redactor` knows never enter it.
    ///
    /// # Errors
    /// The file cannot be made or used, or a newer program wrote it.
    pub fn open(path: &Path, redactor: Arc<Redactor>) -> Result<Self, JournalError> {
        if let Some(folder) = path.parent() {
            make_private(folder).map_err(|source| JournalError::Open {
                path: path.to_owned(),
                source,
            })?;
        }
        let connection = connect(path)?;
        let (orders, inbox) = mpsc::channel();
        let writer = Writer::new(connection, redactor, inbox);
        let thread = std::thread::Builder::new()
            .name("journal".to_owned())
            .spawn(move || writer.run())
            .map_err(|source| JournalError::Open {
                path: path.to_owned(),
                source,
            })?;
        Ok(Self {
            path: path.to_owned(),
            orders: Some(orders),
            thread: Some(thread),
        })
    }

    /// The same journal, open for reading.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn reader(&self) -> Result<Reader, JournalError> {
        Reader::open(&self.path)
    }

    fn send(&self, order: Order) {
        // A writer that has ended drops the order, and with it the sender of its receipt, which then says `Closed`.
        if let Some(orders) = &self.orders {
            let _ = orders.send(order);
        }
    }
}

/// Opens the file so that a commit returns when it is on the disk, and readers never wait for writers.
fn connect(path: &Path) -> Result<Connection, JournalError> {
    let mut connection = Connection::open(path)?;
    connection.busy_timeout(PATIENCE)?;
    connection.pragma_update_and_check(None, "journal_mode", "wal", |_| Ok(()))?;
    connection.pragma_update(None, "synchronous", "full")?;
    schema::migrate(&mut connection)?;
    Ok(connection)
}

impl Record for Journal {
    fn append(&self, entry: Entry) -> Receipt {
        let (sender, receipt) = Receipt::waiting();
        self.send(Order::Append(Box::new(entry), sender));
        receipt
    }

    fn note(&self, entry: Entry) {
        self.send(Order::Note(Box::new(entry)));
    }

    fn flush(&self) -> Receipt {
        let (sender, receipt) = Receipt::waiting();
        self.send(Order::Flush(sender));
        receipt
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        self.orders = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl From<rusqlite::Error> for RecordError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Write(error.to_string())
    }
}
