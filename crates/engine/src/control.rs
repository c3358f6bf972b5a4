//! Telling and asking a run from another process.
//!
//! A Unix socket beside the journal, for its owner alone: lines of JSON, a request and its answer by turns. The user of
//! the other side is asked from the system, not from the request, and journalled with the command.

mod client;
mod server;
mod socket;

use mosipctl_journal::{Command, Entry};
use serde::{Deserialize, Serialize};

use crate::progress::Progress;

pub use client::{Client, ClientError, Followed, Following};
pub use server::{Control, ControlError};

/// The longest request: a command with the name of a step. More is somebody else's protocol.
const LONGEST_REQUEST: u64 = 64 * 1024;

/// What is asked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Request {
    /// Carry out a command.
    Tell {
        /// The command.
        command: Command,
        /// The name by which the cluster knows who asks.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        cluster: Option<String>,
    },
    /// Where does the run stand?
    Status,
    /// Every event from now on, one answer each, until the run has ended.
    Follow,
}

/// What is answered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Response {
    /// The command was accepted.
    Accepted,
    /// It was not.
    Refused {
        /// Why.
        reason: String,
    },
    /// Where the run stands.
    Progress(Box<Progress>),
    /// An event.
    Entry(Box<Entry>),
    /// Whoever follows was too slow; the journal has what is missing.
    Missed {
        /// How many events.
        events: u64,
    },
    /// The run has ended.
    Ended,
}
