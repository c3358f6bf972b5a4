//! What keymanager wrote, for people: each line of its log is a document with a page of Java's calls in it.

use serde_json::Value;

use crate::error::ServerError;

/// What shows of a line; more is repetition.
const LENGTH: usize = 300;
/// Where Java names the first cause last.
const CAUSE: &str = "Caused by: ";

/// The error with lines that a person can read.
pub(super) fn readable(mut error: ServerError) -> ServerError {
    if let ServerError::Ended { last_lines, .. } | ServerError::Silent { last_lines, .. } =
        &mut error
    {
        for line in last_lines.iter_mut() {
            *line = short(line);
        }
        last_lines.dedup();
    }
    error
}

fn short(line: &str) -> String {
    let text = serde_json::from_str::<Value>(line).ok();
    let text = text.and_then(|document| message(&document));
    let text = text.unwrap_or_else(|| line.to_owned());
    match text.char_indices().nth(LENGTH) {
        Some((end, _)) => format!("{} …", &text[..end]),
        None => text,
    }
}

/// Level, message and the first cause.
fn message(document: &Value) -> Option<String> {
    let field = |name: &str| document.get(name).and_then(Value::as_str);
    let message = field("message")?.trim();
    let head = match field("level") {
        Some(level) => format!("{level} {message}"),
        None => message.to_owned(),
    };
    let trace = field("stack_trace").unwrap_or_default();
    let cause = trace
        .rsplit(CAUSE)
        .next()
        .and_then(|text| text.lines().next());
    Some(match cause {
        // the cause first: a message may be longer than what shows
        Some(cause) => format!("{cause} ({head})"),
        None => head,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_cause_of_a_line_is_seen() {
        let line = r#"{"message":"no start","level":"ERROR","stack_trace":"A: b\n\tat c\nCaused by: D: e\n\tat f\n"}"#;
        assert_eq!(short(line), "D: e (ERROR no start)");
        assert_eq!(short(r#"{"message":"m"}"#), "m");
        assert_eq!(short("plain"), "plain");
        assert_eq!(short(&"ü".repeat(301)).chars().count(), 302);
    }
}
