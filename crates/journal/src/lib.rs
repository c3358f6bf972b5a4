//! What was done, when and by whom.
//!
//! The journal is an append-only log of typed events, each bound to the one before it by a hash. A run writes it, intent
//! before the act and outcome after; everything else only reads it: progress, history, audit, console, also from other
//! processes while the run goes on. A lost journal loses history, never correctness: what is true is observed in the
//! world, not remembered here.

pub mod actor;
pub mod chain;
pub mod entry;
pub mod event;
pub mod export;
pub mod failpoint;
pub mod history;
pub mod journal;
pub mod millis;
pub mod place;
pub mod process;
pub mod reader;
pub mod record;
pub mod redact;
mod schema;
mod writer;

pub use actor::Actor;
pub use chain::{Broken, Hash, Head};
pub use entry::{Entry, Recorded, RunId};
pub use event::{Command, Counts, Event, Failure, FailureKind, PlannedStep, Reason, RunOutcome};
pub use export::{ExportError, Exported};
pub use failpoint::Failpoint;
pub use history::{RunHistory, RunState, RunSummary, StepHistory, StepState};
pub use journal::{Journal, JournalError};
pub use place::{Place, PlaceError};
pub use process::{Presence, Process};
pub use reader::{Cursor, Reader};
pub use record::{Memory, Receipt, Record, RecordError};
pub use redact::Redactor;
