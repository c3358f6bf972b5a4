//! What can happen, as types.
//!
//! The JSON of an event is stable: kinds and fields are added, never renamed. A kind that a newer program wrote is read
//! as [`Event::Unknown`].

use std::fmt;
use std::time::Duration;

use mosipctl_plan::{Risk, StepId};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::millis;
use crate::process::Process;

/// Something that happened in a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(
    tag = "kind",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub enum Event {
    /// A run began.
    RunStarted {
        /// Digest of the plan.
        plan: String,
        /// Digest of the environment file.
        environment: String,
        /// Version of the program.
        version: String,
        /// How many steps the plan has.
        steps: usize,
        /// The time it takes at least: the estimates along the longest path; in milliseconds.
        #[serde(with = "millis")]
        shortest: Duration,
        /// The process that runs it.
        process: Process,
        /// Steps that only pretend.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        simulated: Vec<StepId>,
    },
    /// The plan's steps, in an order in which they could run one after another.
    Planned {
        /// The steps.
        steps: Vec<PlannedStep>,
    },
    /// The lock of the environment is ours.
    LockTaken {
        /// How often it has changed hands; written beside what we write.
        fence: u64,
    },
    /// The lock was not renewed in time: no new step starts until it is.
    LockStale,
    /// The lock was renewed after all.
    LockRenewed,
    /// Another run has the lock now.
    LockLost {
        /// Who has it, as far as is known.
        holder: Option<String>,
    },
    /// A step is about to act.
    StepIntent {
        /// The step.
        step: StepId,
        /// Which try this is, from 1.
        attempt: u32,
        /// The lock's transition number at that time, where there is a lock.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        fence: Option<u64>,
    },
    /// A step has acted; its gate comes next.
    StepActed {
        /// The step.
        step: StepId,
        /// The try.
        attempt: u32,
        /// How long the act took; in milliseconds.
        #[serde(with = "millis")]
        took: Duration,
    },
    /// A step says how far it is.
    StepNote {
        /// The step.
        step: StepId,
        /// What it says.
        text: String,
    },
    /// A gate says what it waits for.
    StepWaits {
        /// The step.
        step: StepId,
        /// What for.
        reason: Reason,
    },
    /// A step saved how far it is, to go on from there after a stop.
    CursorSaved {
        /// The step.
        step: StepId,
        /// Whatever it needs to go on.
        cursor: Value,
    },
    /// A gate proved what its step makes.
    GatePassed {
        /// The step.
        step: StepId,
        /// How long the gate waited; in milliseconds.
        #[serde(with = "millis")]
        took: Duration,
        /// What it saw.
        proof: String,
    },
    /// A gate did not pass; that is about to be written down where the step acted.
    GateMissed {
        /// The step.
        step: StepId,
        /// How long the gate waited; in milliseconds.
        #[serde(with = "millis")]
        took: Duration,
        /// Why.
        failure: Failure,
    },
    /// A step is done.
    StepDone {
        /// The step.
        step: StepId,
        /// How long it took from first intent to here; in milliseconds.
        #[serde(with = "millis")]
        took: Duration,
        /// What a person should know about it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    },
    /// A step found nothing to do.
    StepSkipped {
        /// The step.
        step: StepId,
        /// Why not.
        reason: String,
        /// How long it took to see that; in milliseconds.
        #[serde(with = "millis")]
        took: Duration,
    },
    /// A step failed for good.
    StepFailed {
        /// The step.
        step: StepId,
        /// The try that failed last.
        attempt: u32,
        /// How long it took from first intent to here; in milliseconds.
        #[serde(with = "millis")]
        took: Duration,
        /// Why.
        failure: Failure,
    },
    /// A step failed in a way that may pass, and will be tried again.
    RetryScheduled {
        /// The step.
        step: StepId,
        /// The try that failed.
        attempt: u32,
        /// How long it waits before the next one; in milliseconds.
        #[serde(with = "millis")]
        after: Duration,
        /// Why it failed.
        failure: Failure,
    },
    /// A step that was cancelled is about to be taken back.
    UndoIntent {
        /// The step.
        step: StepId,
        /// The lock's transition number at that time, where there is a lock.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        fence: Option<u64>,
    },
    /// A step was cancelled and taken back.
    StepUndone {
        /// The step.
        step: StepId,
    },
    /// A step was stopped unfinished. The next run observes how far it came.
    StepStopped {
        /// The step.
        step: StepId,
    },
    /// Steps were not tried, because one that they wait for failed.
    StepsNotTried {
        /// The step that failed.
        failed: StepId,
        /// Those that wait for it.
        steps: Vec<StepId>,
    },
    /// Somebody told the run to do something; the actor of the entry is who.
    CommandReceived {
        /// What.
        command: Command,
        /// Why it was not done, if it was not.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        refused: Option<String>,
    },
    /// No new step starts until resumed.
    Paused,
    /// Steps start again.
    Resumed,
    /// A person let something pass that is otherwise refused, such as a destructive step without a backup.
    Waived {
        /// What was let pass.
        what: String,
        /// The name they typed to confirm it.
        typed: String,
        /// Their reason.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    /// Every step has come to an end.
    RunFinished {
        /// How.
        outcome: RunOutcome,
        /// How many steps ended how.
        counts: Counts,
    },
    /// The run ended before every step had come to an end.
    RunInterrupted {
        /// How.
        outcome: RunOutcome,
        /// Why, in words.
        reason: String,
        /// How many steps ended how.
        counts: Counts,
    },
    /// Written by a newer program.
    #[serde(other)]
    Unknown,
}

impl Event {
    /// The step it is about, if it is about one.
    pub fn step(&self) -> Option<&StepId> {
        match self {
            Self::StepIntent { step, .. }
            | Self::StepActed { step, .. }
            | Self::StepNote { step, .. }
            | Self::StepWaits { step, .. }
            | Self::CursorSaved { step, .. }
            | Self::GatePassed { step, .. }
            | Self::GateMissed { step, .. }
            | Self::StepDone { step, .. }
            | Self::StepSkipped { step, .. }
            | Self::StepFailed { step, .. }
            | Self::RetryScheduled { step, .. }
            | Self::UndoIntent { step, .. }
            | Self::StepUndone { step }
            | Self::StepStopped { step } => Some(step),
            _ => None,
        }
    }

    /// The name of its kind, as in the JSON.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::RunStarted { .. } => "runStarted",
            Self::Planned { .. } => "planned",
            Self::LockTaken { .. } => "lockTaken",
            Self::LockStale => "lockStale",
            Self::LockRenewed => "lockRenewed",
            Self::LockLost { .. } => "lockLost",
            Self::StepIntent { .. } => "stepIntent",
            Self::StepActed { .. } => "stepActed",
            Self::StepNote { .. } => "stepNote",
            Self::StepWaits { .. } => "stepWaits",
            Self::CursorSaved { .. } => "cursorSaved",
            Self::GatePassed { .. } => "gatePassed",
            Self::GateMissed { .. } => "gateMissed",
            Self::StepDone { .. } => "stepDone",
            Self::StepSkipped { .. } => "stepSkipped",
            Self::StepFailed { .. } => "stepFailed",
            Self::RetryScheduled { .. } => "retryScheduled",
            Self::UndoIntent { .. } => "undoIntent",
            Self::StepUndone { .. } => "stepUndone",
            Self::StepStopped { .. } => "stepStopped",
            Self::StepsNotTried { .. } => "stepsNotTried",
            Self::CommandReceived { .. } => "commandReceived",
            Self::Paused => "paused",
            Self::Resumed => "resumed",
            Self::Waived { .. } => "waived",
            Self::RunFinished { .. } => "runFinished",
            Self::RunInterrupted { .. } => "runInterrupted",
            Self::Unknown => "unknown",
        }
    }
}

/// What a reader of the journal must know about a step without having the plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PlannedStep {
    /// Its name.
    pub id: StepId,
    /// What it does, in words.
    pub title: String,
    /// The component it belongs to.
    pub component: String,
    /// How long it will probably take; in milliseconds.
    #[serde(with = "millis")]
    pub estimate: Duration,
    /// What it puts at risk.
    pub risk: Risk,
    /// Positions, in the list of steps, of those it waits for.
    pub after: Vec<usize>,
}

/// What something waits for, as a person would find it by hand.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Reason {
    /// The fact: `0 of 1 pods ready`.
    pub text: String,
    /// What is behind it, outermost first: `pod x cannot start: key y is not in config map z`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub causes: Vec<String>,
    /// What to do about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
}

impl From<&str> for Reason {
    fn from(text: &str) -> Self {
        Self::from(text.to_owned())
    }
}

impl From<String> for Reason {
    fn from(text: String) -> Self {
        Self {
            text,
            ..Self::default()
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)?;
        self.causes
            .iter()
            .try_for_each(|cause| write!(f, ": {cause}"))
    }
}

/// Why a step failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// What kind of failure it is.
    pub kind: FailureKind,
    /// The fact.
    pub message: String,
    /// What is behind it, outermost first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub causes: Vec<String>,
    /// What to do about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
}

/// What kind of failure it is; decides whether trying again can help.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum FailureKind {
    /// It may pass by itself.
    Transient,
    /// The other side said no; asking again gives the same answer.
    Refused,
    /// A deadline was missed.
    Missed,
    /// Another run has the lock.
    Lost,
    /// A fault of this program.
    Bug,
    /// Written by a newer program.
    #[serde(other)]
    Unknown,
}

/// What a person can tell a run to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Command {
    /// Start no new step; those that run go on.
    Pause,
    /// Start steps again.
    Resume,
    /// Start no new step, end when those that run have finished or are taken back.
    Cancel,
    /// Stop at once.
    Stop,
    /// Try a failed step again, and what waited for it.
    Retry {
        /// The step.
        step: StepId,
    },
}

impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pause => f.write_str("pause"),
            Self::Resume => f.write_str("resume"),
            Self::Cancel => f.write_str("cancel"),
            Self::Stop => f.write_str("stop"),
            Self::Retry { step } => write!(f, "retry `{step}`"),
        }
    }
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum RunOutcome {
    /// Every step is done.
    Done,
    /// Every step has ended; some failed.
    Failed,
    /// A person stopped it.
    Interrupted,
    /// Another run took the lock.
    Lost,
    /// The journal could not be written.
    Broken,
    /// Written by a newer program.
    #[serde(other)]
    Unknown,
}

/// How many steps are in which state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Counts {
    /// All steps.
    pub total: usize,
    /// Done.
    pub done: usize,
    /// With nothing to do.
    pub skipped: usize,
    /// Running: acting, at the gate, or between two tries.
    pub running: usize,
    /// Not started yet.
    pub waiting: usize,
    /// Failed for good.
    pub failed: usize,
    /// Not tried, because one that they wait for failed.
    pub not_tried: usize,
    /// Cancelled and taken back.
    pub undone: usize,
    /// Stopped unfinished.
    pub stopped: usize,
}
