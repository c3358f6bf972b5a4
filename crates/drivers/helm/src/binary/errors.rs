//! What Helm says when it fails, taken apart: which file and line, which value.

use std::fmt;
use std::path::PathBuf;

/// A failure of Helm's binary. Reads after "failed to".
#[derive(Debug, thiserror::Error)]
pub enum HelmError {
    /// It cannot be started.
    #[error("start helm at {}", .binary.display())]
    Start {
        /// Where it was looked for.
        binary: PathBuf,
        /// What happened.
        source: std::io::Error,
    },
    /// A template is at fault.
    #[error("render {place}: {message}")]
    Template {
        /// Which, and where in it.
        place: Place,
        /// What Helm says.
        message: String,
    },
    /// Values do not fit the chart's schema.
    #[error("accept the values: {}", .violations.join("; "))]
    Values {
        /// Each violation, such as `at '/replicas': got string, want integer`.
        violations: Vec<String>,
    },
    /// Anything else: the chart itself, or the cluster.
    #[error("helm {command}: {message}")]
    Other {
        /// What Helm was to do.
        command: String,
        /// What Helm says.
        message: String,
    },
}

/// A place in a chart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// File, from the chart's name on.
    pub file: String,
    /// Line, where Helm says it.
    pub line: Option<u32>,
    /// Column, where Helm says it.
    pub column: Option<u32>,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        for number in [self.line, self.column].into_iter().flatten() {
            write!(f, ":{number}")?;
        }
        Ok(())
    }
}

impl HelmError {
    /// From standard error.
    pub(super) fn of(command: &str, stderr: &str) -> Self {
        let text = without_advice(stderr);
        if let Some(violations) = violations(&text) {
            return Self::Values { violations };
        }
        if let Some((place, message)) = in_template(&text) {
            return Self::Template { place, message };
        }
        Self::Other {
            command: command.to_owned(),
            message: text.replace('\n', " "),
        }
    }
}

/// Without `Error: ` and the closing advice, which is about a flag that nobody gave.
fn without_advice(stderr: &str) -> String {
    let lines = stderr.lines().map(str::trim_end).filter(|line| {
        !line.starts_with("Use --debug flag") && !line.starts_with("level=") && !line.is_empty()
    });
    let text: Vec<&str> = lines.collect();
    let text = text.join("\n");
    match text.split_once("Error: ") {
        Some((_, message)) => message.to_owned(),
        None => text,
    }
}

/// `values don't meet the specifications of the schema(s) …`, one violation per line.
fn violations(text: &str) -> Option<Vec<String>> {
    let (_, list) = text.split_once("values don't meet the specifications of the schema(s)")?;
    let lines = list
        .lines()
        .filter_map(|line| line.trim().strip_prefix("- "));
    Some(lines.map(str::to_owned).collect())
}

/// The ways in which Helm names a template: `execution error at (FILE:3:4): …`, `parse error at (FILE:2): …`, `YAML parse
/// error on FILE: …`, and `FILE:1:13` with the cause on the lines below.
fn in_template(text: &str) -> Option<(Place, String)> {
    for head in ["execution error at (", "parse error at ("] {
        if let Some((_, rest)) = text.split_once(head) {
            let (place, message) = rest.split_once("): ")?;
            return Some((Place::of(place), one_line(message)));
        }
    }
    if let Some((_, rest)) = text.split_once("parse error on ") {
        let (file, message) = rest.split_once(": ")?;
        let line = message
            .split_once("line ")
            .and_then(|(_, rest)| rest.split(':').next()?.parse().ok());
        let place = Place {
            line,
            ..Place::of(file)
        };
        return Some((place, one_line(message)));
    }
    let (first, causes) = text.split_once('\n')?;
    let place = Place::of(first.trim());
    place.line?;
    // the last place is where it went wrong, those before are the includes on the way there
    let last = causes
        .lines()
        .map(|line| Place::of(line.trim()))
        .rfind(|place| place.line.is_some());
    Some((last.unwrap_or(place), one_line(causes)))
}

fn one_line(text: &str) -> String {
    let parts: Vec<&str> = text.lines().map(str::trim).collect();
    parts.join(" ")
}

impl Place {
    /// `FILE`, `FILE:LINE` or `FILE:LINE:COLUMN`.
    fn of(text: &str) -> Self {
        let mut parts = text.rsplitn(3, ':');
        let numbers: Vec<u32> = parts
            .by_ref()
            .take(2)
            .map_while(|part| part.parse().ok())
            .collect();
        let length = numbers.iter().map(|number| number.to_string().len() + 1);
        let file = &text[..text.len() - length.sum::<usize>()];
        let file = file.to_owned();
        match numbers[..] {
            [column, line] => Self {
                file,
                line: Some(line),
                column: Some(column),
            },
            [line] => Self {
                file,
                line: Some(line),
                column: None,
            },
            _ => Self {
                file,
                line: None,
                column: None,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(stderr: &str) -> String {
        HelmError::of("template", stderr).to_string()
    }

    #[test]
    fn each_of_helms_sentences_names_file_and_line() {
        let nil = "Error: demo/templates/bad.yaml:1:13\n  executing \"demo/templates/bad.yaml\" at <.Values.x.y.z>:\n    nil pointer evaluating interface {}.y\n\nUse --debug flag to render out invalid YAML\n";
        assert_eq!(
            said(nil),
            "render demo/templates/bad.yaml:1:13: executing \"demo/templates/bad.yaml\" at <.Values.x.y.z>: nil pointer evaluating interface {}.y"
        );
        let required =
            "Error: execution error at (demo/templates/bad.yaml:1:6): image is required\n";
        assert_eq!(
            said(required),
            "render demo/templates/bad.yaml:1:6: image is required"
        );
        let unknown =
            "Error: parse error at (demo/templates/bad.yaml:2): function \"nofunc\" not defined\n";
        assert_eq!(
            said(unknown),
            "render demo/templates/bad.yaml:2: function \"nofunc\" not defined"
        );
        let yaml = "Error: YAML parse error on demo/templates/bad.yaml: error converting YAML to JSON: yaml: line 2: mapping values are not allowed\n";
        assert!(
            said(yaml).starts_with("render demo/templates/bad.yaml:2: error converting"),
            "{}",
            said(yaml)
        );
    }

    #[test]
    fn violations_of_the_schema_are_listed() {
        let text = "Error: values don't meet the specifications of the schema(s) in the following chart(s):\ndemo:\n- at '/service/port': minimum: got 80, want 1,000\n- at '/replicaCount': got string, want integer\n\n";
        assert_eq!(
            said(text),
            "accept the values: at '/service/port': minimum: got 80, want 1,000; at '/replicaCount': got string, want integer"
        );
    }

    #[test]
    fn anything_else_is_quoted() {
        let text = "Error: chart requires kubeVersion: >=1.99.0 which is incompatible with Kubernetes v1.36.0\n\nUse --debug flag to render out invalid YAML";
        assert_eq!(
            said(text),
            "helm template: chart requires kubeVersion: >=1.99.0 which is incompatible with Kubernetes v1.36.0"
        );
    }
}
