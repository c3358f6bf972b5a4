//! A running step, as seen from outside.

use std::sync::{Mutex, MutexGuard, PoisonError};

use mosipctl_journal::Reason;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::sync::Notify;
use tokio::time::Instant;

/// What a running step is just doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Stage {
    /// Acting.
    Acting,
    /// Waiting at its gate.
    AtGate,
    /// Writing down how the gate ended.
    Settling,
    /// Waiting for its next try.
    Retrying,
    /// Being taken back.
    Undoing,
}

/// What the step's own task, the hands and the engine know of a running step.
pub(crate) struct Live {
    pub(crate) began: Instant,
    /// Ends the wait for the next try.
    pub(crate) wake: Notify,
    sight: Mutex<Sight>,
}

/// What is to be seen of a running step.
#[derive(Debug, Clone)]
pub(crate) struct Sight {
    pub(crate) stage: Stage,
    pub(crate) attempt: u32,
    pub(crate) note: Option<String>,
    pub(crate) reason: Option<Reason>,
    pub(crate) cursor: Option<Value>,
    /// Its last sign of life.
    pub(crate) sign: Instant,
    /// When its gate's time is up.
    pub(crate) deadline: Option<Instant>,
}

impl Live {
    /// A step that begins now, after so many tries that have failed.
    pub(crate) fn new(attempts: u32, cursor: Option<Value>) -> Self {
        let now = Instant::now();
        Self {
            began: now,
            wake: Notify::new(),
            sight: Mutex::new(Sight {
                stage: Stage::Acting,
                attempt: attempts,
                note: None,
                reason: None,
                cursor,
                sign: now,
                deadline: None,
            }),
        }
    }

    pub(crate) fn sight(&self) -> MutexGuard<'_, Sight> {
        self.sight.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Goes over to another stage, which begins with a sign of life.
    pub(crate) fn enter(&self, stage: Stage) {
        let mut sight = self.sight();
        sight.stage = stage;
        sight.sign = Instant::now();
    }

    /// Begins another try and returns its number.
    pub(crate) fn begin(&self) -> u32 {
        let mut sight = self.sight();
        sight.attempt += 1;
        sight.reason = None;
        drop(sight);
        self.enter(Stage::Acting);
        self.sight().attempt
    }

    /// Takes a note; whether it says anything new.
    pub(crate) fn note(&self, text: &str) -> bool {
        let mut sight = self.sight();
        sight.sign = Instant::now();
        let new = sight.note.as_deref() != Some(text);
        sight.note = Some(text.to_owned());
        new
    }

    /// Takes a reason for waiting; whether it says anything new.
    pub(crate) fn waits(&self, reason: &Reason) -> bool {
        let mut sight = self.sight();
        sight.sign = Instant::now();
        let new = sight.reason.as_ref() != Some(reason);
        sight.reason = Some(reason.clone());
        new
    }
}
