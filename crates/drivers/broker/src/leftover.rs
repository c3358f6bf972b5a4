//! Names of what a proof makes, which tell when it was made: what was cut off is removed by whoever proves next.

use std::time::{SystemTime, UNIX_EPOCH};

use rand::Rng;

/// What the names begin with. Then come the second of the making, and a number that nobody else has.
const NAME: &str = "mosipctl.probe.";
/// What is older is in nobody's hands, in seconds.
const OLD: u64 = 600;

/// A name that nobody else has.
pub(crate) fn new_name() -> String {
    format!("{NAME}{}.{:032x}", now(), rand::rng().random::<u128>())
}

/// Whether it is a name of ours, of something that was cut off.
pub(crate) fn is_left_over(name: &str) -> bool {
    is_old(name, now())
}

fn is_old(name: &str, now: u64) -> bool {
    let made = name
        .strip_prefix(NAME)
        .and_then(|rest| rest.split_once('.'));
    let made = made.and_then(|(made, _)| made.parse::<u64>().ok());
    made.is_some_and(|made| made.saturating_add(OLD) < now)
}

/// Seconds since 1970, by the clock of this machine.
fn now() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.unwrap_or_default().as_secs()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_our_own_grow_old() {
        assert!(is_old("mosipctl.probe.1000.abc", 2000));
        for name in [
            "mosipctl.probe.1900.abc",
            "mosipctl.probe.abc",
            "mosip-to-abis",
            "mosipctl.answers.1000.abc",
        ] {
            assert!(!is_old(name, 2000), "{name}");
        }
        assert!(!is_left_over(&new_name()));
    }
}
