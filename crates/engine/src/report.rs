//! What a run came to.

use std::time::Duration;

use mosipctl_journal::{Counts, Failure, RunId, RunOutcome, millis};
use mosipctl_plan::StepId;
use serde::Serialize;

/// What a run came to.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RunReport {
    /// The run.
    pub run: RunId,
    /// How it ended.
    pub outcome: RunOutcome,
    /// Why it ended early, in words, if it did.
    pub reason: Option<String>,
    /// How long it took; in milliseconds.
    #[serde(with = "millis")]
    pub took: Duration,
    /// How many steps ended how.
    pub counts: Counts,
    /// What failed, in the order of the plan.
    pub failed: Vec<FailedStep>,
    /// What was not tried, by what failed before it.
    pub not_tried: Vec<NotTried>,
    /// What was begun and not finished; the next run goes on from there.
    pub stopped: Vec<StepId>,
    /// What was cancelled and taken back.
    pub undone: Vec<StepId>,
    /// What was never started because the run ended first.
    pub not_started: Vec<StepId>,
    /// Every step that is done or had nothing to do.
    pub done: Vec<StepReport>,
}

/// A step that went well.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StepReport {
    /// The step.
    pub step: StepId,
    /// How long it took; in milliseconds.
    #[serde(with = "millis")]
    pub took: Duration,
    /// What a person should know about it.
    pub note: Option<String>,
    /// Why there was nothing to do, if there was not.
    pub skipped: Option<String>,
}

/// A step that failed for good.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FailedStep {
    /// The step.
    pub step: StepId,
    /// What it was to do, in words.
    pub title: String,
    /// The component it belongs to.
    pub component: String,
    /// The try that failed last.
    pub attempt: u32,
    /// How often it could have been tried at most, with the tries that a person asked for.
    pub attempts: u32,
    /// How long it took; in milliseconds.
    #[serde(with = "millis")]
    pub took: Duration,
    /// Why.
    pub failure: Failure,
}

/// Steps that were not tried.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NotTried {
    /// The step that failed.
    pub failed: StepId,
    /// Those that come after it. One that comes after several stands with the first.
    pub steps: Vec<StepId>,
}

impl RunReport {
    /// The exit code of the program: 0 done, 1 failed, 4 locked by another run, 130 interrupted.
    pub fn exit_code(&self) -> u8 {
        match self.outcome {
            RunOutcome::Done => 0,
            RunOutcome::Failed | RunOutcome::Broken | RunOutcome::Unknown => 1,
            RunOutcome::Lost => 4,
            RunOutcome::Interrupted => 130,
        }
    }
}
