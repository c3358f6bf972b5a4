//! Where a run stands: for the terminal, the console, and `status` from another process.

use std::collections::HashMap;
use std::time::Duration;

use mosipctl_journal::{Counts, Failure, Reason, RunId, millis};
use mosipctl_plan::StepId;
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use crate::board::{Board, End, Stand};
use crate::course::Course;
use crate::estimate::{Outlook, is_slow};
use crate::queue::{Obstacle, Queue};

pub use crate::live::Stage;

/// Where a run stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Progress {
    /// The run.
    pub run: RunId,
    /// What it is doing as a whole.
    pub phase: Phase,
    /// How long it has been going on; in milliseconds.
    #[serde(with = "millis")]
    pub elapsed: Duration,
    /// The time the plan was to take at least; in milliseconds.
    #[serde(with = "millis")]
    pub shortest: Duration,
    /// How long it will probably still take, by the longest way from here, with what was measured so far taken into
    /// account; in milliseconds.
    #[serde(with = "millis")]
    pub left: Duration,
    /// How many steps stand where.
    pub counts: Counts,
    /// Steps under way, those with the longest way to the end first.
    pub running: Vec<RunningStep>,
    /// Steps that have not started, by what they wait for; the largest group first.
    pub waiting: Vec<WaitingGroup>,
    /// Steps that failed.
    pub failed: Vec<FailedNow>,
}

/// What a run is doing as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Phase {
    /// Starting steps as they get ready.
    Running,
    /// Starting none until resumed.
    Paused,
    /// Starting none until the lock is renewed.
    LockStale,
    /// Starting none any more.
    Stopping,
}

/// A step under way.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RunningStep {
    /// The step.
    pub step: StepId,
    /// What it does, in words.
    pub title: String,
    /// The component it belongs to.
    pub component: String,
    /// What it is just doing.
    pub stage: Stage,
    /// How long it has been under way; in milliseconds.
    #[serde(with = "millis")]
    pub elapsed: Duration,
    /// How long it was to take; in milliseconds.
    #[serde(with = "millis")]
    pub estimate: Duration,
    /// Whether it takes longer than it should.
    pub slow: bool,
    /// Which try this is.
    pub attempt: u32,
    /// The last thing it said.
    pub note: Option<String>,
    /// What its gate waits for.
    pub reason: Option<Reason>,
}

/// Steps that wait for the same thing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WaitingGroup {
    /// What they wait for.
    pub waits_for: WaitsFor,
    /// How long that will probably take, where it can be told; in milliseconds.
    pub about: Option<u64>,
    /// The steps.
    pub steps: Vec<StepId>,
}

/// What a step waits for that has not started.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum WaitsFor {
    /// A step: of all it needs, the one that will end last.
    Step {
        /// The step.
        step: StepId,
        /// What that step does, in words.
        title: String,
        /// Its component.
        component: String,
    },
    /// A step that failed.
    Failed {
        /// The step.
        step: StepId,
    },
    /// A free slot.
    Slot {
        /// Of what: `api`, `server postgres`, `host node1`.
        of: String,
    },
    /// A lock that another step holds.
    Lock {
        /// The lock.
        name: String,
        /// Who holds it.
        holder: StepId,
    },
    /// Somebody to resume the run.
    Resume,
    /// The renewal of the environment's lock.
    Renewal,
}

/// A step that failed while the run goes on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FailedNow {
    /// The step.
    pub step: StepId,
    /// What it was to do, in words.
    pub title: String,
    /// The component it belongs to.
    pub component: String,
    /// Why it failed.
    pub failure: Failure,
}

/// What a snapshot is taken of.
pub(crate) struct View<'a> {
    pub(crate) run: &'a RunId,
    pub(crate) phase: Phase,
    pub(crate) began: Instant,
    pub(crate) course: &'a Course,
    pub(crate) board: &'a Board,
    pub(crate) queue: &'a Queue,
}

impl View<'_> {
    pub(crate) fn progress(&self) -> Progress {
        let now = Instant::now();
        let outlook = Outlook::new(self.course, self.board, now);
        Progress {
            run: self.run.clone(),
            phase: self.phase,
            elapsed: now - self.began,
            shortest: self.course.shortest(),
            left: outlook.left(),
            counts: self.board.counts(),
            running: self.running(now),
            waiting: self.waiting(&outlook),
            failed: self.failed(),
        }
    }

    fn running(&self, now: Instant) -> Vec<RunningStep> {
        let mut running: Vec<_> = self.board.running().collect();
        running.sort_by_key(|(step, _)| std::cmp::Reverse(self.course.remaining[*step]));
        let running = running.into_iter().map(|(number, live)| {
            let step = &self.course.steps[number];
            let sight = live.sight().clone();
            let elapsed = now - live.began;
            RunningStep {
                step: step.id.clone(),
                title: step.title.clone(),
                component: step.component.clone(),
                stage: sight.stage,
                elapsed,
                estimate: step.estimate,
                slow: is_slow(step.estimate, elapsed),
                attempt: sight.attempt,
                note: sight.note,
                reason: sight.reason,
            }
        });
        running.collect()
    }

    fn waiting(&self, outlook: &Outlook) -> Vec<WaitingGroup> {
        let mut groups: Vec<WaitingGroup> = Vec::new();
        let mut known: HashMap<WaitsFor, usize> = HashMap::new();
        let blocked = self.board.blocked();
        for (step, blocked) in blocked.iter().enumerate() {
            let Some((waits_for, about)) = self.waits_for(step, *blocked, outlook) else {
                continue;
            };
            let group = *known.entry(waits_for.clone()).or_insert(groups.len());
            if group == groups.len() {
                groups.push(WaitingGroup {
                    waits_for,
                    about: about.map(|about| about.as_millis().try_into().unwrap_or(u64::MAX)),
                    steps: Vec::new(),
                });
            }
            groups[group].steps.push(self.course.id(step).clone());
        }
        groups.sort_by_key(|group| std::cmp::Reverse(group.steps.len()));
        groups
    }

    fn waits_for(
        &self,
        step: usize,
        blocked: Option<usize>,
        outlook: &Outlook,
    ) -> Option<(WaitsFor, Option<Duration>)> {
        match self.board.stand(step) {
            Stand::Running(_) | Stand::Ended(_) => None,
            Stand::Ready => Some((self.held_up_by(step), None)),
            Stand::Waiting(_) => {
                if let Some(failed) = blocked {
                    let step = self.course.id(failed).clone();
                    return Some((WaitsFor::Failed { step }, None));
                }
                let needs = self.course.after[step].iter();
                let open = needs.filter(|need| !self.is_good(**need));
                let slowest = *open.max_by_key(|need| outlook.until[**need])?;
                Some((self.for_step(slowest), outlook.until[slowest]))
            }
        }
    }

    fn held_up_by(&self, step: usize) -> WaitsFor {
        match (self.phase, self.queue.obstacle(step)) {
            (Phase::Paused, _) => WaitsFor::Resume,
            (Phase::LockStale, _) => WaitsFor::Renewal,
            (_, Obstacle::Slot(class)) => WaitsFor::Slot {
                of: class_in_words(&class),
            },
            (_, Obstacle::Lock { name, holder }) => WaitsFor::Lock {
                name,
                holder: self.course.id(holder).clone(),
            },
        }
    }

    fn for_step(&self, number: usize) -> WaitsFor {
        let step = &self.course.steps[number];
        WaitsFor::Step {
            step: step.id.clone(),
            title: step.title.clone(),
            component: step.component.clone(),
        }
    }

    fn is_good(&self, step: usize) -> bool {
        matches!(self.board.stand(step), Stand::Ended(end) if end.is_good())
    }

    fn failed(&self) -> Vec<FailedNow> {
        let failed = self.board.ended().filter_map(|(number, end)| match end {
            End::Failed { failure, .. } => Some((&self.course.steps[number], failure)),
            _ => None,
        });
        let failed = failed.map(|(step, failure)| FailedNow {
            step: step.id.clone(),
            title: step.title.clone(),
            component: step.component.clone(),
            failure: failure.clone(),
        });
        failed.collect()
    }
}

fn class_in_words(class: &mosipctl_plan::Class) -> String {
    use mosipctl_plan::Class;
    match class {
        Class::Free => "nothing".to_owned(),
        Class::Api => "api".to_owned(),
        Class::Server(name) => format!("server {name}"),
        Class::Host(name) => format!("host {name}"),
    }
}
