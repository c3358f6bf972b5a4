//! The clocks of the cluster and of this machine.

use jiff::{SignedDuration, Timestamp};

use crate::finding::{Check, Finding};

/// A `Date` header has whole seconds, and its answer travels: less than this means nothing.
const NOTICED: SignedDuration = SignedDuration::from_secs(5);
/// Signatures of S3 and tokens bear minutes; what is off by this will be off by those.
const TOO_MUCH: SignedDuration = SignedDuration::from_secs(30);
const WHAT: &str = "clock";

/// Judges the time of the API server against ours, both taken at one moment.
pub fn judge(theirs: Timestamp, ours: Timestamp) -> Finding {
    let ahead = theirs.duration_since(ours);
    let off = ahead.abs();
    let way = if ahead.is_negative() {
        "behind"
    } else {
        "ahead of"
    };
    let detail = format!(
        "the API server's is {} s {way} this machine's",
        off.as_secs()
    );
    let remedy =
        "set the clocks of both by NTP: certificates, tokens and signatures are judged by them";
    match off {
        off if off > TOO_MUCH => Finding::failed(Check::Clock, WHAT, detail, remedy),
        off if off > NOTICED => Finding::warning(Check::Clock, WHAT, detail, remedy),
        _ => Finding::passed(
            Check::Clock,
            WHAT,
            "the API server's agrees with this machine's",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Outcome;

    #[test]
    fn seconds_are_warned_of_and_half_a_minute_fails_in_both_directions() {
        let ours = Timestamp::UNIX_EPOCH;
        let outcome = |seconds: i64| judge(ours + SignedDuration::from_secs(seconds), ours).outcome;
        assert_eq!([outcome(0), outcome(5), outcome(-4)], [Outcome::Passed; 3]);
        assert_eq!([outcome(6), outcome(-30)], [Outcome::Warning; 2]);
        assert_eq!([outcome(31), outcome(-3600)], [Outcome::Failed; 2]);
    }

    #[test]
    fn the_direction_is_told() {
        let ours = Timestamp::UNIX_EPOCH;
        let finding = judge(ours - SignedDuration::from_secs(90), ours);
        assert!(finding.detail.contains("90 s behind"), "{}", finding.detail);
    }
}
