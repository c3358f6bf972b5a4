//! YAML that every reader takes for the same: block style for maps and lists, quotes wherever a reader of YAML 1.1 or 1.2
//! could see anything but a text, literal blocks for texts of several lines.

use serde_json::{Map, Value};

/// Writes a document.
pub(super) fn write(value: &Value, out: &mut String) {
    block(value, 0, out);
}

/// A value on lines of its own.
fn block(value: &Value, indent: usize, out: &mut String) {
    match value {
        Value::Object(map) if !map.is_empty() => fields(map, indent, out),
        Value::Array(items) if !items.is_empty() => list(items, indent, out),
        scalar => {
            pad(indent, out);
            inline(scalar, indent, out);
        }
    }
}

fn fields(map: &Map<String, Value>, indent: usize, out: &mut String) {
    for (name, value) in map {
        pad(indent, out);
        text(name, out);
        out.push(':');
        after_colon(value, indent, out);
    }
}

/// What stands behind `name:`.
fn after_colon(value: &Value, indent: usize, out: &mut String) {
    match value {
        Value::Object(map) if !map.is_empty() => {
            out.push('\n');
            fields(map, indent + 2, out);
        }
        Value::Array(items) if !items.is_empty() => {
            out.push('\n');
            list(items, indent, out);
        }
        scalar => {
            out.push(' ');
            inline(scalar, indent + 2, out);
        }
    }
}

fn list(items: &[Value], indent: usize, out: &mut String) {
    for item in items {
        pad(indent, out);
        out.push_str("- ");
        match item {
            Value::Object(_) | Value::Array(_) if !is_empty(item) => {
                // the first line of the item stands behind its dash
                let mut inner = String::new();
                block(item, indent + 2, &mut inner);
                out.push_str(inner.trim_start_matches(' '));
            }
            scalar => inline(scalar, indent + 2, out),
        }
    }
}

/// A scalar or an empty collection, to the end of its line (or of its block).
fn inline(value: &Value, indent: usize, out: &mut String) {
    match value {
        Value::Object(_) => out.push_str("{}\n"),
        Value::Array(_) => out.push_str("[]\n"),
        Value::String(string) if is_literal(string) => literal(string, indent, out),
        Value::String(string) => {
            text(string, out);
            out.push('\n');
        }
        other => {
            out.push_str(&other.to_string());
            out.push('\n');
        }
    }
}

/// Texts of several lines that a literal block keeps as they are.
fn is_literal(string: &str) -> bool {
    let printable =
        |character: char| character == '\n' || (!character.is_control() && character != '\u{feff}');
    string.trim_end_matches('\n').contains('\n')
        && !string.starts_with([' ', '\n', '\t'])
        && string.chars().all(printable)
        && !string.lines().any(|line| line.ends_with(' '))
}

fn literal(string: &str, indent: usize, out: &mut String) {
    let body = string.trim_end_matches('\n');
    out.push_str(match string.len() - body.len() {
        0 => "|-\n",
        1 => "|\n",
        _ => "|+\n",
    });
    for line in string.strip_suffix('\n').unwrap_or(string).split('\n') {
        if !line.is_empty() {
            pad(indent, out);
        }
        out.push_str(line);
        out.push('\n');
    }
}

/// A text, plain where that is safe, else in JSON's quotes, which are YAML's too.
fn text(string: &str, out: &mut String) {
    match is_plain(string) {
        true => out.push_str(string),
        false => out.push_str(&Value::String(string.to_owned()).to_string()),
    }
}

/// Letters first, then letters, digits and a few signs that mean nothing there; and no word that some YAML takes for a
/// value.
fn is_plain(string: &str) -> bool {
    const WORDS: [&str; 12] = [
        "y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf", "infinity",
    ];
    let mut characters = string.chars();
    characters
        .next()
        .is_some_and(|first| first.is_ascii_alphabetic())
        && characters.all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/'))
        && !WORDS.contains(&string.to_ascii_lowercase().as_str())
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Object(map) => map.is_empty(),
        Value::Array(items) => items.is_empty(),
        _ => false,
    }
}

fn pad(indent: usize, out: &mut String) {
    out.extend(std::iter::repeat_n(' ', indent));
}
