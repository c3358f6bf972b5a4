//! How long it will take from here.

use std::time::Duration;

use tokio::time::Instant;

use crate::board::{Board, End, Stand};
use crate::course::Course;

/// How much the plan's own estimates weigh against what was measured: as much as half a minute of measured steps.
const PRIOR: Duration = Duration::from_secs(30);

/// Which part of the time it has run already a step is given when it is over its estimate. Services that are late are
/// usually late by a fraction, not by a constant.
const OVERTIME: f64 = 0.1;

/// How many times its estimate a step may take before it counts as slow.
const SLOW: f64 = 1.25;

/// How far it must also be over its estimate to count as slow, so that short steps do not for nothing.
const SLOW_BY: Duration = Duration::from_secs(5);

/// When each step will probably have ended, counted from now.
pub(crate) struct Outlook {
    /// Zero for those that have; nothing for those that will not be tried.
    pub(crate) until: Vec<Option<Duration>>,
}

impl Outlook {
    pub(crate) fn new(course: &Course, board: &Board, now: Instant) -> Self {
        let pace = pace(course, board);
        let blocked = board.blocked();
        let mut until: Vec<Option<Duration>> = Vec::with_capacity(course.len());
        for (step, blocked) in blocked.iter().enumerate() {
            let estimate = course.steps[step].estimate.mul_f64(pace);
            let after = course.after[step].iter();
            let before = after.filter_map(|before| until[*before]).max();
            until.push(match board.stand(step) {
                Stand::Ended(_) => Some(Duration::ZERO),
                Stand::Running(live) => Some(left(estimate, now - live.began)),
                Stand::Ready => Some(estimate),
                Stand::Waiting(_) if blocked.is_some() => None,
                Stand::Waiting(_) => Some(before.unwrap_or_default() + estimate),
            });
        }
        Self { until }
    }

    /// How long until everything that will be tried has ended.
    pub(crate) fn left(&self) -> Duration {
        self.until
            .iter()
            .flatten()
            .copied()
            .max()
            .unwrap_or_default()
    }
}

fn left(estimate: Duration, elapsed: Duration) -> Duration {
    estimate
        .saturating_sub(elapsed)
        .max(elapsed.mul_f64(OVERTIME).min(estimate))
}

/// Whether a step takes longer than it should.
pub(crate) fn is_slow(estimate: Duration, elapsed: Duration) -> bool {
    elapsed > estimate.mul_f64(SLOW).max(estimate + SLOW_BY)
}

/// How the steps that are done compare with their estimates: below one, things go faster here.
fn pace(course: &Course, board: &Board) -> f64 {
    let (mut estimated, mut taken) = (PRIOR, PRIOR);
    for (step, end) in board.ended() {
        if matches!(end, End::Done { .. }) && !course.steps[step].estimate.is_zero() {
            estimated += course.steps[step].estimate;
            taken += board.took(step);
        }
    }
    taken.as_secs_f64() / estimated.as_secs_f64()
}
