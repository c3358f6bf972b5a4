//! Named points at which a test can kill or fail the program.
//!
//! They are compiled in always, so that what is tested is what is shipped; an unarmed one costs one comparison.
//! `MOSIPCTL_FAILPOINT=NAME[:NTH]=abort|error` arms one: the NTH time it is reached (the first, if not said), the program
//! ends as if killed, or the operation fails.

use std::str::FromStr;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

/// Arms a failpoint.
pub const FAILPOINT_VARIABLE: &str = "MOSIPCTL_FAILPOINT";

/// A point at which a test can kill or fail the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Failpoint(&'static str);

/// A failpoint that is armed with `error` was reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("failpoint `{0}` was reached")]
pub struct Reached(pub &'static str);

/// A value of [`FAILPOINT_VARIABLE`] that says nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` arms no failpoint: write NAME[:NTH]=abort or NAME[:NTH]=error")]
pub struct BadFailpoint(pub String);

/// Before a group of entries is committed.
pub const BEFORE_COMMIT: Failpoint = Failpoint::new("before-commit");
/// After a group of entries is committed, before anybody is told.
pub const AFTER_COMMIT: Failpoint = Failpoint::new("after-commit");

impl Failpoint {
    /// A point with that name.
    pub const fn new(name: &'static str) -> Self {
        Self(name)
    }

    /// Its name.
    pub const fn name(self) -> &'static str {
        self.0
    }

    /// Does what the point is armed for: usually nothing.
    ///
    /// # Errors
    /// It is armed with `error`, and it is its turn.
    pub fn reach(self) -> Result<(), Reached> {
        static ARMED: OnceLock<Option<Armed>> = OnceLock::new();
        match ARMED.get_or_init(from_environment) {
            None => Ok(()),
            Some(armed) => armed.reached(self),
        }
    }
}

/// Whether [`FAILPOINT_VARIABLE`] says something that can be armed, if it says anything.
///
/// # Errors
/// It does not.
pub fn check() -> Result<(), BadFailpoint> {
    match std::env::var(FAILPOINT_VARIABLE) {
        Ok(text) if !text.is_empty() => text.parse::<Armed>().map(|_| ()),
        _ => Ok(()),
    }
}

fn from_environment() -> Option<Armed> {
    std::env::var(FAILPOINT_VARIABLE).ok()?.parse().ok()
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Effect {
    Abort,
    Error,
}

#[derive(Debug)]
struct Armed {
    name: String,
    nth: u32,
    effect: Effect,
    reached: AtomicU32,
}

impl Armed {
    fn reached(&self, point: Failpoint) -> Result<(), Reached> {
        if self.name != point.0 || self.reached.fetch_add(1, Ordering::SeqCst) + 1 != self.nth {
            return Ok(());
        }
        match self.effect {
            Effect::Abort => std::process::abort(),
            Effect::Error => Err(Reached(point.0)),
        }
    }
}

impl FromStr for Armed {
    type Err = BadFailpoint;

    fn from_str(text: &str) -> Result<Self, BadFailpoint> {
        let bad = || BadFailpoint(text.to_owned());
        let (point, effect) = text.split_once('=').ok_or_else(bad)?;
        let effect = match effect {
            "abort" => Effect::Abort,
            "error" => Effect::Error,
            _ => return Err(bad()),
        };
        let (name, nth) = match point.split_once(':') {
            Some((name, nth)) => (name, nth.parse().map_err(|_| bad())?),
            None => (point, 1),
        };
        if name.is_empty() || nth == 0 {
            return Err(bad());
        }
        Ok(Self {
            name: name.to_owned(),
            nth,
            effect,
            reached: AtomicU32::new(0),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: Failpoint = Failpoint::new("here");
    const THERE: Failpoint = Failpoint::new("there");

    #[test]
    fn an_armed_point_fails_the_nth_time_and_only_then() {
        let armed: Armed = "here:2=error".parse().unwrap();
        assert_eq!(armed.reached(THERE), Ok(()));
        assert_eq!(armed.reached(HERE), Ok(()));
        assert_eq!(armed.reached(HERE), Err(Reached("here")));
        assert_eq!(armed.reached(HERE), Ok(()));
    }

    #[test]
    fn a_value_that_arms_nothing_is_an_error() {
        for text in [
            "here",
            "here=explode",
            "here:0=abort",
            "=abort",
            "here:x=abort",
        ] {
            assert!(text.parse::<Armed>().is_err(), "{text}");
        }
    }
}
