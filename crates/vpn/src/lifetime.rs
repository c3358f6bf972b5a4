//! How long a peer may come in.

use std::str::FromStr;

use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};

/// A time that begins now: `90d`, `12h`, `1y 6mo`.
#[derive(Debug, Clone, Copy)]
pub struct Lifetime(Span);

/// A text is no time that begins now.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no time such as `90d`, `12h` or `1y`")]
pub struct LifetimeError(String);

impl Lifetime {
    /// When it ends; none when that is beyond what calendars know.
    pub fn end(self, now: Timestamp) -> Option<Timestamp> {
        // days, months and years need a calendar
        let end = now.to_zoned(TimeZone::UTC).checked_add(self.0).ok()?;
        Some(end.timestamp())
    }
}

impl FromStr for Lifetime {
    type Err = LifetimeError;
    fn from_str(text: &str) -> Result<Self, LifetimeError> {
        let span = text.parse::<Span>().ok().filter(|span| span.is_positive());
        span.map(Self).ok_or_else(|| LifetimeError(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lifetime_ends_by_the_calendar() {
        let now: Timestamp = "2026-11-27T12:00:00Z".parse().unwrap();
        let end = |text: &str| {
            text.parse::<Lifetime>()
                .unwrap()
                .end(now)
                .unwrap()
                .to_string()
        };
        assert_eq!(end("90d"), "2027-02-25T12:00:00Z");
        assert_eq!(end("12h"), "2026-11-28T00:00:00Z");
        assert_eq!(end("1y"), "2027-11-27T12:00:00Z");
    }

    #[test]
    fn a_lifetime_that_is_none_is_refused() {
        for text in ["", "90", "soon", "-3d", "0d", "tomorrow"] {
            assert!(text.parse::<Lifetime>().is_err(), "{text}");
        }
    }
}
