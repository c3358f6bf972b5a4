//! Durations as people say them.

use std::time::Duration;

/// A duration in at most two units: `18 s`, `1 min 50 s`, `3 h 5 min`.
pub fn in_words(duration: Duration) -> String {
    let (seconds, millis) = (duration.as_secs(), duration.subsec_millis());
    let (large, small) = match seconds {
        0 if millis > 0 => return format!("{millis} ms"),
        0..60 => return format!("{seconds} s"),
        60..3600 => ((seconds / 60, "min"), (seconds % 60, "s")),
        3600..86400 => ((seconds / 3600, "h"), (seconds % 3600 / 60, "min")),
        _ => ((seconds / 86400, "d"), (seconds % 86400 / 3600, "h")),
    };
    match small.0 {
        0 => format!("{} {}", large.0, large.1),
        _ => format!("{} {} {} {}", large.0, large.1, small.0, small.1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_said_in_at_most_two_units() {
        let said = |millis| in_words(Duration::from_millis(millis));
        assert_eq!(said(0), "0 s");
        assert_eq!(said(250), "250 ms");
        assert_eq!(said(18_900), "18 s");
        assert_eq!(said(110_000), "1 min 50 s");
        assert_eq!(said(480_000), "8 min");
        assert_eq!(said(11_100_000), "3 h 5 min");
        assert_eq!(said(180_000_000), "2 d 2 h");
    }
}
