//! Runs as they appear from their entries: derived, never stored.

use std::time::Duration;

use indexmap::IndexMap;
use jiff::Timestamp;
use mosipctl_plan::StepId;
use serde::Serialize;

use crate::actor::Actor;
use crate::entry::{Entry, RunId};
use crate::event::{Counts, Event, Failure, PlannedStep, Reason, RunOutcome};
use crate::millis;
use crate::process::{Presence, Process};

/// A run in short.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RunSummary {
    /// Its name.
    pub run: RunId,
    /// When it began.
    pub started: Timestamp,
    /// Who started it.
    pub actor: Actor,
    /// Digest of the plan.
    pub plan: String,
    /// Digest of the environment file.
    pub environment: String,
    /// Version of the program.
    pub version: String,
    /// How many steps the plan has.
    pub steps: usize,
    /// The time it was to take at least; in milliseconds.
    #[serde(with = "millis")]
    pub shortest: Duration,
    /// Steps that only pretended.
    pub simulated: Vec<StepId>,
    /// The process that runs or ran it.
    pub process: Process,
    /// How it ended, if it did.
    pub end: Option<RunEnd>,
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RunEnd {
    /// When.
    pub time: Timestamp,
    /// How long it took; in milliseconds.
    #[serde(with = "millis")]
    pub took: Duration,
    /// How.
    pub outcome: RunOutcome,
    /// Why, in words, if it ended before every step had.
    pub reason: Option<String>,
    /// How many steps ended how.
    pub counts: Counts,
}

/// Whether a run goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum RunState {
    /// Its process lives.
    Running,
    /// It said how it ended.
    Ended(RunOutcome),
    /// Its process is gone without a word: killed, or the machine was.
    Interrupted,
    /// It has not ended, and its process is on another machine.
    Elsewhere,
}

impl RunSummary {
    /// Whether it goes on. Looks at the processes of this machine.
    pub fn state(&self) -> RunState {
        match (&self.end, self.process.presence()) {
            (Some(end), _) => RunState::Ended(end.outcome),
            (None, Presence::Alive) => RunState::Running,
            (None, Presence::Gone) => RunState::Interrupted,
            (None, Presence::Elsewhere) => RunState::Elsewhere,
        }
    }

    fn begin(entry: &Entry) -> Option<Self> {
        let Event::RunStarted {
            plan,
            environment,
            version,
            steps,
            shortest,
            process,
            simulated,
        } = entry.event.clone()
        else {
            return None;
        };
        Some(Self {
            run: entry.run.clone(),
            started: entry.time,
            actor: entry.actor.clone(),
            plan,
            environment,
            version,
            steps,
            shortest,
            simulated,
            process,
            end: None,
        })
    }

    fn finish(&mut self, entry: &Entry) {
        let (outcome, reason, counts) = match &entry.event {
            Event::RunFinished { outcome, counts } => (*outcome, None, *counts),
            Event::RunInterrupted {
                outcome,
                reason,
                counts,
            } => (*outcome, Some(reason.clone()), *counts),
            _ => return,
        };
        self.end = Some(RunEnd {
            time: entry.time,
            took: entry.elapsed,
            outcome,
            reason,
            counts,
        });
    }
}

/// The runs that entries tell of, in the order in which they started.
pub(crate) fn summaries<'a>(entries: impl Iterator<Item = &'a Entry>) -> Vec<RunSummary> {
    let mut runs: IndexMap<RunId, RunSummary> = IndexMap::new();
    for entry in entries {
        if let Some(summary) = RunSummary::begin(entry) {
            runs.insert(entry.run.clone(), summary);
        } else if let Some(summary) = runs.get_mut(&entry.run) {
            summary.finish(entry);
        }
    }
    runs.into_values().collect()
}

/// Where a step stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", tag = "is")]
pub enum StepState {
    /// Not started yet.
    Waiting,
    /// Acting.
    Acting,
    /// Has acted; its gate waits.
    AtGate,
    /// Its gate has ended, one way or the other, and that is being written down.
    Settling,
    /// Being taken back.
    Undoing,
    /// Failed in a way that may pass; will be tried again.
    Retrying {
        /// Why it failed.
        failure: Failure,
    },
    /// Done.
    Done {
        /// What a person should know about it.
        note: Option<String>,
    },
    /// Had nothing to do.
    Skipped {
        /// Why not.
        reason: String,
    },
    /// Failed for good.
    Failed {
        /// Why.
        failure: Failure,
    },
    /// Not tried, because another failed.
    NotTried {
        /// The one that failed.
        failed: StepId,
    },
    /// Cancelled and taken back.
    Undone,
    /// Stopped unfinished.
    Stopped,
}

impl StepState {
    /// Whether it has begun and not come to an end.
    pub fn is_under_way(&self) -> bool {
        matches!(
            self,
            Self::Acting | Self::AtGate | Self::Settling | Self::Undoing | Self::Retrying { .. }
        )
    }
}

/// What happened to a step.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StepHistory {
    /// What was planned.
    pub planned: Option<PlannedStep>,
    /// Where it stands.
    pub state: StepState,
    /// Its last try.
    pub attempt: u32,
    /// When it first acted.
    pub began: Option<Timestamp>,
    /// When it came to an end.
    pub ended: Option<Timestamp>,
    /// The last thing it said.
    pub note: Option<String>,
    /// What its gate waits for, or waited for last.
    pub waits: Option<Reason>,
}

impl StepHistory {
    fn new(planned: Option<PlannedStep>) -> Self {
        Self {
            planned,
            state: StepState::Waiting,
            attempt: 0,
            began: None,
            ended: None,
            note: None,
            waits: None,
        }
    }

    fn tell(&mut self, entry: &Entry) {
        let ends = |state| (state, Some(entry.time));
        (self.state, self.ended) = match &entry.event {
            Event::StepIntent { attempt, .. } => {
                self.attempt = *attempt;
                self.began.get_or_insert(entry.time);
                (StepState::Acting, None)
            }
            Event::StepActed { .. } => (StepState::AtGate, None),
            Event::GatePassed { .. } | Event::GateMissed { .. } => (StepState::Settling, None),
            Event::UndoIntent { .. } => (StepState::Undoing, None),
            Event::RetryScheduled { failure, .. } => {
                let failure = failure.clone();
                (StepState::Retrying { failure }, None)
            }
            Event::StepDone { note, .. } => ends(StepState::Done { note: note.clone() }),
            Event::StepSkipped { reason, .. } => ends(StepState::Skipped {
                reason: reason.clone(),
            }),
            Event::StepFailed { failure, .. } => ends(StepState::Failed {
                failure: failure.clone(),
            }),
            Event::StepUndone { .. } => ends(StepState::Undone),
            Event::StepStopped { .. } => ends(StepState::Stopped),
            Event::StepNote { text, .. } => {
                self.note = Some(text.clone());
                return;
            }
            Event::StepWaits { reason, .. } => {
                self.waits = Some(reason.clone());
                return;
            }
            _ => return,
        };
    }
}

/// A run, step by step.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RunHistory {
    /// The run in short.
    pub summary: RunSummary,
    /// Its steps, in the order of the plan.
    pub steps: IndexMap<StepId, StepHistory>,
    /// Whether it is paused.
    pub paused: bool,
}

impl RunHistory {
    /// What the entries of one run tell; nothing, if the first does not begin one.
    pub fn of<'a>(entries: impl IntoIterator<Item = &'a Entry>) -> Option<Self> {
        let mut entries = entries.into_iter();
        let mut history = Self {
            summary: RunSummary::begin(entries.next()?)?,
            steps: IndexMap::new(),
            paused: false,
        };
        entries.for_each(|entry| history.tell(entry));
        Some(history)
    }

    /// Takes in one more entry of the same run.
    pub fn tell(&mut self, entry: &Entry) {
        self.summary.finish(entry);
        if let Some(step) = entry.event.step() {
            let step = self.steps.entry(step.clone());
            step.or_insert_with(|| StepHistory::new(None)).tell(entry);
        }
        match &entry.event {
            Event::Planned { steps } => self.plan(steps),
            Event::Paused => self.paused = true,
            Event::Resumed => self.paused = false,
            Event::StepsNotTried { failed, steps } => self.not_tried(failed, steps),
            _ => {}
        }
    }

    /// How many steps are in which state.
    pub fn counts(&self) -> Counts {
        let mut counts = Counts {
            total: self.steps.len(),
            ..Counts::default()
        };
        for step in self.steps.values() {
            *match &step.state {
                StepState::Waiting => &mut counts.waiting,
                StepState::Done { .. } => &mut counts.done,
                StepState::Skipped { .. } => &mut counts.skipped,
                StepState::Failed { .. } => &mut counts.failed,
                StepState::NotTried { .. } => &mut counts.not_tried,
                StepState::Undone => &mut counts.undone,
                StepState::Stopped => &mut counts.stopped,
                StepState::Acting
                | StepState::AtGate
                | StepState::Settling
                | StepState::Undoing
                | StepState::Retrying { .. } => &mut counts.running,
            } += 1;
        }
        counts
    }

    fn plan(&mut self, steps: &[PlannedStep]) {
        for step in steps {
            let history = StepHistory::new(Some(step.clone()));
            self.steps.insert(step.id.clone(), history);
        }
    }

    fn not_tried(&mut self, failed: &StepId, steps: &[StepId]) {
        for step in steps {
            if let Some(history) = self.steps.get_mut(step) {
                let failed = failed.clone();
                history.state = StepState::NotTried { failed };
            }
        }
    }
}
