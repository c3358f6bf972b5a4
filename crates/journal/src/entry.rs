//! One line of the journal.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use crate::actor::Actor;
use crate::chain::Hash;
use crate::event::Event;
use crate::millis;

/// The longest name a run may have. Ours have 20 characters; the rest is room for names that others give.
const LONGEST: usize = 64;

/// The name of a run: when it started, and four characters that tell two of the same second apart. Names sort by time.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RunId(String);

/// A text that is no name of a run.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no name of a run: letters, digits and `-` only, at most {LONGEST}")]
pub struct BadRunId(String);

impl RunId {
    /// A new name for a run that starts now.
    pub fn new(now: Timestamp) -> Self {
        Self::at(now, rand::random())
    }

    /// The name of a run that starts at `time`; `salt` tells apart two of the same second.
    pub fn at(time: Timestamp, salt: u16) -> Self {
        let time = time.to_zoned(TimeZone::UTC).strftime("%Y%m%d-%H%M%S");
        Self(format!("{time}-{salt:04x}"))
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for RunId {
    type Err = BadRunId;

    fn from_str(text: &str) -> Result<Self, BadRunId> {
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '-';
        if text.is_empty() || text.len() > LONGEST || !text.chars().all(plain) {
            return Err(BadRunId(text.to_owned()));
        }
        Ok(Self(text.to_owned()))
    }
}

impl TryFrom<String> for RunId {
    type Error = BadRunId;

    fn try_from(text: String) -> Result<Self, BadRunId> {
        text.parse()
    }
}

impl From<RunId> for String {
    fn from(run: RunId) -> Self {
        run.0
    }
}

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One event, with when, in which run and by whom.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// The wall clock.
    pub time: Timestamp,
    /// Time since the run started, by a clock that never jumps; in milliseconds.
    #[serde(with = "millis")]
    pub elapsed: Duration,
    /// The run.
    pub run: RunId,
    /// Who did it.
    pub actor: Actor,
    /// What happened.
    pub event: Event,
}

/// An entry as it stands in the journal.
#[derive(Debug, Clone, PartialEq)]
pub struct Recorded {
    /// Its number, from 1, without gaps.
    pub seq: u64,
    /// The hash that binds it to everything before it.
    pub hash: Hash,
    /// The entry.
    pub entry: Entry,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_run_tells_when_it_started() {
        let time: Timestamp = "2026-11-22T14:30:05.123Z".parse().unwrap();
        let run = RunId::at(time, 0x4f1c);
        assert_eq!(run.as_str(), "20261122-143005-4f1c");
        assert_eq!(run.to_string().parse::<RunId>().unwrap(), run);
    }

    #[test]
    fn a_name_that_could_be_a_path_is_refused() {
        for text in ["", "../x", "a b", &"x".repeat(65)] {
            assert!(text.parse::<RunId>().is_err(), "{text}");
        }
    }
}
