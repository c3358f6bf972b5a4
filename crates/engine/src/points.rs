//! The points at which a test can kill or fail a run: before and after every entry that somebody waits for, and on both
//! sides of its commit.

use mosipctl_journal::{Event, Failpoint, failpoint};

macro_rules! points {
    ($($kind:literal)*) => {
        /// For each kind of event: the point before it is written, and the one after it is durable.
        const EVENTS: &[(&str, Failpoint, Failpoint)] = &[
            $(($kind, Failpoint::new(concat!("before-", $kind)), Failpoint::new(concat!("after-", $kind)))),*
        ];
        /// Every point there is.
        pub const ALL: &[Failpoint] = &[
            failpoint::BEFORE_COMMIT,
            failpoint::AFTER_COMMIT,
            $(Failpoint::new(concat!("before-", $kind)), Failpoint::new(concat!("after-", $kind)),)*
        ];
    };
}

points!(
    "runStarted" "planned" "stepIntent" "stepActed" "cursorSaved" "gatePassed" "gateMissed" "stepDone" "stepSkipped"
    "stepFailed" "retryScheduled" "undoIntent" "stepUndone" "stepStopped" "stepsNotTried" "runFinished" "runInterrupted"
);

/// The points before and after an event of that kind.
pub(crate) fn around(event: &Event) -> (Failpoint, Failpoint) {
    const NOWHERE: Failpoint = Failpoint::new("");
    let kind = event.kind();
    EVENTS
        .iter()
        .find(|(name, _, _)| *name == kind)
        .map_or((NOWHERE, NOWHERE), |(_, before, after)| (*before, *after))
}
