//! Numbers and times in words.

use std::time::Duration;

/// A time as people say it: `18 s`, `2 min 11 s`, `1 h 5 min`.
pub fn time(time: Duration) -> String {
    let seconds = time.as_secs();
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, 0) if !time.is_zero() => "under 1 s".to_owned(),
        (0, 0, s) => format!("{s} s"),
        (0, min, 0) => format!("{min} min"),
        (0, min, s) => format!("{min} min {s} s"),
        (h, 0, _) => format!("{h} h"),
        (h, min, _) => format!("{h} h {min} min"),
    }
}

/// A number with its noun: `1 job`, `13 jobs`.
pub fn count(number: usize, noun: &str) -> String {
    match number {
        1 => format!("1 {noun}"),
        _ => format!("{number} {}", plural(noun)),
    }
}

fn plural(noun: &str) -> String {
    match noun.strip_suffix('y') {
        Some(stem) if !stem.ends_with(['a', 'e', 'o', 'u']) => format!("{stem}ies"),
        _ if noun.ends_with('s') => format!("{noun}es"),
        _ => format!("{noun}s"),
    }
}

/// The first items of a list and how many more there are.
pub fn first(items: &[String], shown: usize) -> String {
    let head = items
        .iter()
        .take(shown)
        .cloned()
        .collect::<Vec<_>>()
        .join(", ");
    match items.len().saturating_sub(shown) {
        0 => head,
        more => format!("{head} and {more} more"),
    }
}

/// The first and last letters of a digest, enough to recognise it: `4f1c 9ab2`.
pub fn short_digest(digest: &str) -> String {
    match (digest.get(..4), digest.get(4..8)) {
        (Some(a), Some(b)) => format!("{a} {b}"),
        _ => digest.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_at_most_two_units() {
        let words = |seconds| time(Duration::from_secs(seconds));
        assert_eq!(
            [
                words(0),
                words(18),
                words(60),
                words(131),
                words(3600),
                words(3960)
            ],
            ["0 s", "18 s", "1 min", "2 min 11 s", "1 h", "1 h 6 min"]
        );
        assert_eq!(time(Duration::from_millis(300)), "under 1 s");
    }

    #[test]
    fn nouns_take_their_plural() {
        assert_eq!(
            [
                count(1, "job"),
                count(2, "job"),
                count(2, "registry"),
                count(2, "key")
            ],
            ["1 job", "2 jobs", "2 registries", "2 keys"]
        );
    }
}
