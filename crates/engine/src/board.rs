//! Where each step stands.

use std::sync::Arc;
use std::time::Duration;

use mosipctl_journal::{Counts, Failure};

use crate::course::Course;
use crate::live::Live;

/// How a step ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum End {
    /// Done.
    Done {
        /// What a person should know about it.
        note: Option<String>,
    },
    /// There was nothing to do.
    Skipped {
        /// Why not.
        reason: String,
    },
    /// Failed for good.
    Failed {
        /// Why.
        failure: Failure,
        /// The try that failed last.
        attempt: u32,
    },
    /// Cancelled and taken back.
    Undone,
    /// Stopped unfinished.
    Stopped,
}

impl End {
    /// Whether what the step makes is true now.
    pub(crate) fn is_good(&self) -> bool {
        matches!(self, Self::Done { .. } | Self::Skipped { .. })
    }
}

/// Where a step stands.
pub(crate) enum Stand {
    /// Waits for so many other steps.
    Waiting(usize),
    /// Waits for nothing but a slot.
    Ready,
    /// Under way.
    Running(Arc<Live>),
    /// At its end.
    Ended(End),
}

/// Where each step stands. Knows nothing of time or tasks.
pub(crate) struct Board {
    course: Arc<Course>,
    stands: Vec<Stand>,
    took: Vec<Duration>,
}

impl Board {
    pub(crate) fn new(course: Arc<Course>) -> Self {
        let stands = course.after.iter().map(|after| match after.len() {
            0 => Stand::Ready,
            waits => Stand::Waiting(waits),
        });
        Self {
            stands: stands.collect(),
            took: vec![Duration::ZERO; course.len()],
            course,
        }
    }

    pub(crate) fn stand(&self, step: usize) -> &Stand {
        &self.stands[step]
    }

    /// How long a step took that has ended.
    pub(crate) fn took(&self, step: usize) -> Duration {
        self.took[step]
    }

    pub(crate) fn ready(&self) -> impl Iterator<Item = usize> {
        let stands = self.stands.iter().enumerate();
        stands
            .filter(|(_, stand)| matches!(stand, Stand::Ready))
            .map(|(step, _)| step)
    }

    pub(crate) fn running(&self) -> impl Iterator<Item = (usize, &Arc<Live>)> {
        let stands = self.stands.iter().enumerate();
        stands.filter_map(|(step, stand)| match stand {
            Stand::Running(live) => Some((step, live)),
            _ => None,
        })
    }

    pub(crate) fn ended(&self) -> impl Iterator<Item = (usize, &End)> {
        let stands = self.stands.iter().enumerate();
        stands.filter_map(|(step, stand)| match stand {
            Stand::Ended(end) => Some((step, end)),
            _ => None,
        })
    }

    /// A step starts.
    pub(crate) fn start(&mut self, step: usize, live: Arc<Live>) {
        self.stands[step] = Stand::Running(live);
    }

    /// A step ends; returns those that are ready now.
    pub(crate) fn end(&mut self, step: usize, end: End, took: Duration) -> Vec<usize> {
        let good = end.is_good();
        self.stands[step] = Stand::Ended(end);
        self.took[step] = took;
        let mut ready = Vec::new();
        for next in self.course.before[step].iter().filter(|_| good) {
            if let Stand::Waiting(waits) = &mut self.stands[*next] {
                *waits -= 1;
                if *waits == 0 {
                    self.stands[*next] = Stand::Ready;
                    ready.push(*next);
                }
            }
        }
        ready
    }

    /// A failed step is ready again; whether it had failed.
    pub(crate) fn reopen(&mut self, step: usize) -> bool {
        let failed = matches!(self.stands[step], Stand::Ended(End::Failed { .. }));
        if failed {
            self.stands[step] = Stand::Ready;
        }
        failed
    }

    /// For each step that cannot be tried, the first failed step that it waits for.
    pub(crate) fn blocked(&self) -> Vec<Option<usize>> {
        let mut blocked: Vec<Option<usize>> = vec![None; self.stands.len()];
        for step in 0..self.stands.len() {
            let Stand::Waiting(_) = self.stands[step] else {
                continue;
            };
            let mut after = self.course.after[step].iter();
            blocked[step] = after.find_map(|before| match &self.stands[*before] {
                Stand::Ended(End::Failed { .. }) => Some(*before),
                _ => blocked[*before],
            });
        }
        blocked
    }

    /// How many steps stand where.
    pub(crate) fn counts(&self) -> Counts {
        let mut counts = Counts {
            total: self.stands.len(),
            ..Counts::default()
        };
        for (stand, blocked) in self.stands.iter().zip(self.blocked()) {
            *match stand {
                Stand::Waiting(_) if blocked.is_some() => &mut counts.not_tried,
                Stand::Waiting(_) | Stand::Ready => &mut counts.waiting,
                Stand::Running(_) => &mut counts.running,
                Stand::Ended(End::Done { .. }) => &mut counts.done,
                Stand::Ended(End::Skipped { .. }) => &mut counts.skipped,
                Stand::Ended(End::Failed { .. }) => &mut counts.failed,
                Stand::Ended(End::Undone) => &mut counts.undone,
                Stand::Ended(End::Stopped) => &mut counts.stopped,
            } += 1;
        }
        counts
    }
}
