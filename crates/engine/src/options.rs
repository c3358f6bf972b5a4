//! How a run is to be done.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use mosipctl_journal::{Actor, Cursor, Redactor, RunId};
use mosipctl_plan::{Class, StepId};

use crate::fence::Fence;

/// What the journal says about a run as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// The name of the run.
    pub run: RunId,
    /// Who started it.
    pub actor: Actor,
    /// Digest of the plan.
    pub plan: String,
    /// Digest of the environment file.
    pub environment: String,
    /// Version of the program.
    pub version: String,
}

/// How a run is to be done. Everything has a sensible default.
pub struct Options {
    /// How many steps of each class may act at once.
    pub limits: Limits,
    /// How often and how soon a step is tried again.
    pub retry: Retry,
    /// How long an act may give no sign of life before it counts as failed. Ten minutes: the slowest single request
    /// that is known, a database restore of one table, answers within five.
    pub silence: Duration,
    /// The lock; none for a run that needs no lock.
    pub fence: Option<Arc<dyn Fence>>,
    /// What a person let pass before the run, to be journalled with it.
    pub waivers: Vec<Waiver>,
    /// Cursors that an earlier run left, see [`Reader::cursors`](mosipctl_journal::Reader::cursors).
    pub cursors: BTreeMap<StepId, Cursor>,
    /// Masks secrets in every event, for all readers.
    pub redactor: Arc<Redactor>,
    /// Where the time of an event comes from. Durations are measured by tokio's clock.
    pub clock: Arc<dyn WallClock>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            limits: Limits::default(),
            retry: Retry::default(),
            silence: Duration::from_secs(600),
            fence: None,
            waivers: Vec::new(),
            cursors: BTreeMap::new(),
            redactor: Arc::new(Redactor::new()),
            clock: Arc::new(SystemClock),
        }
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("limits", &self.limits)
            .field("retry", &self.retry)
            .field("silence", &self.silence)
            .field("locked", &self.fence.is_some())
            .finish_non_exhaustive()
    }
}

/// Something that is otherwise refused and that a person let pass, such as a destructive step without a backup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiver {
    /// What was let pass.
    pub what: String,
    /// The name they typed to confirm it.
    pub typed: String,
    /// Their reason.
    pub reason: Option<String>,
}

/// How many steps of each class may act at once. Gates take up nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Writers to the Kubernetes API. Sixteen: an API server of default size serves 200 writes at once
    /// (`--max-mutating-requests-inflight`), and other clients need most of them.
    pub api: usize,
    /// Workers in one server. Four: a database server creates databases one at a time anyway, others gain little more.
    pub server: usize,
    /// Workers on one host. One: package managers and service managers lock each other out.
    pub host: usize,
    /// Classes with a limit of their own.
    pub own: BTreeMap<Class, usize>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            api: 16,
            server: 4,
            host: 1,
            own: BTreeMap::new(),
        }
    }
}

impl Limits {
    /// The limit of a class; never nothing, or its steps would wait for ever.
    pub fn of(&self, class: &Class) -> usize {
        let general = || match class {
            Class::Free => usize::MAX,
            Class::Api => self.api,
            Class::Server(_) => self.server,
            Class::Host(_) => self.host,
        };
        self.own.get(class).copied().unwrap_or_else(general).max(1)
    }
}

/// How often and how soon a step is tried again after a failure that may pass.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Retry {
    /// How many tries in all.
    pub attempts: u32,
    /// The wait before the second try; it doubles with each further one.
    pub first: Duration,
    /// The longest wait.
    pub cap: Duration,
    /// Which part of a wait is left to chance, from 0 to 1, so that many who failed together do not come back together.
    pub jitter: f64,
}

impl Default for Retry {
    /// Six tries over about half a minute: an API server that restarts is back by then.
    fn default() -> Self {
        Self {
            attempts: 6,
            first: Duration::from_secs(1),
            cap: Duration::from_secs(30),
            jitter: 0.5,
        }
    }
}

impl Retry {
    /// The wait after the try number `attempt`, from 1; `chance` is between 0 and 1.
    pub(crate) fn delay(&self, attempt: u32, chance: f64) -> Duration {
        let doublings = attempt.saturating_sub(1).min(30);
        let full = self.first.saturating_mul(1 << doublings).min(self.cap);
        full.mul_f64(1.0 - self.jitter.clamp(0.0, 1.0) * chance.clamp(0.0, 1.0))
    }
}

/// Tells the time of day.
pub trait WallClock: Send + Sync + 'static {
    /// Now.
    fn now(&self) -> Timestamp;
}

/// The machine's clock, to the millisecond.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl WallClock for SystemClock {
    fn now(&self) -> Timestamp {
        let now = Timestamp::now();
        Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_cap() {
        let retry = Retry {
            attempts: 9,
            first: Duration::from_secs(1),
            cap: Duration::from_secs(5),
            jitter: 0.0,
        };
        let waits: Vec<u64> = (1..6).map(|n| retry.delay(n, 0.7).as_secs()).collect();
        assert_eq!(waits, [1, 2, 4, 5, 5]);
        assert_eq!(retry.delay(4_000_000, 0.0), retry.cap);
    }

    #[test]
    fn chance_only_shortens_a_wait() {
        let retry = Retry::default();
        assert_eq!(retry.delay(1, 0.0), retry.first);
        assert_eq!(retry.delay(1, 1.0), retry.first / 2);
    }

    #[test]
    fn a_class_may_have_a_limit_of_its_own_but_never_none() {
        let small = Class::Server("small".to_owned());
        let limits = Limits {
            own: BTreeMap::from([(small.clone(), 0)]),
            ..Limits::default()
        };
        assert_eq!(limits.of(&small), 1);
        assert_eq!(limits.of(&Class::Server("large".to_owned())), 4);
    }
}
