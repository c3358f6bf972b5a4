//! Reading YAML documents with errors that point at the place.
//!
//! Every YAML file a person writes (environment, hosts, catalogue) comes in through [`read`]. A wrong file gives a
//! [`Complaint`]: one message, the line it is about, and what to do.

use miette::{Diagnostic, LabeledSpan, NamedSource, SourceSpan};
use serde::de::DeserializeOwned;

use crate::nearest::nearest;
use crate::place::{self, Place};

/// One thing wrong with a document, shown with the line it stands on.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct Complaint {
    message: String,
    help: Option<String>,
    label: String,
    span: Option<SourceSpan>,
    document: NamedSource<String>,
}

impl Complaint {
    /// Complains about the node at `path` of a document, such as `["spec", "components", "keymanger"]`.
    ///
    /// A path that is not in the document is shown at its nearest ancestor, so that "missing" has a place too.
    pub fn at(document: &Document<'_>, path: &[&str], message: impl Into<String>) -> Self {
        let span = place::find(document.text, path).map(span_of);
        Self {
            message: message.into(),
            help: None,
            label: String::new(),
            span,
            document: document.named(),
        }
    }

    /// The same complaint with a word at the marked place.
    #[must_use]
    pub fn with_label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    /// The same complaint with the next thing to do.
    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// What the place says about itself, if anything, such as a near match.
    pub fn hint(&self) -> Option<&str> {
        self.help
            .as_deref()
            .or((!self.label.is_empty()).then_some(self.label.as_str()))
    }

    /// `FILE:LINE:COLUMN`, as far as known; lines and columns count from 1.
    pub fn position(&self) -> String {
        let name = self.document.name();
        let Some(span) = self.span else {
            return name.to_owned();
        };
        let before = self
            .document
            .inner()
            .get(..span.offset())
            .unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().map_or(0, |l| l.chars().count()) + 1;
        format!("{name}:{line}:{column}")
    }
}

impl Diagnostic for Complaint {
    fn help<'a>(&'a self) -> Option<Box<dyn std::fmt::Display + 'a>> {
        self.help
            .as_ref()
            .map(|help| Box::new(help) as Box<dyn std::fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn miette::SourceCode> {
        self.span.map(|_| &self.document as &dyn miette::SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let span = self.span?;
        let label = (!self.label.is_empty()).then(|| self.label.clone());
        Some(Box::new(std::iter::once(LabeledSpan::new_with_span(
            label, span,
        ))))
    }
}

/// A document with the name people know it by.
#[derive(Debug, Clone, Copy)]
pub struct Document<'a> {
    /// File name, as the user gave it.
    pub name: &'a str,
    /// The whole text.
    pub text: &'a str,
}

impl Document<'_> {
    fn named(&self) -> NamedSource<String> {
        NamedSource::new(self.name, self.text.to_owned())
    }
}

/// Reads a document into a type that denies unknown fields.
///
/// # Errors
/// One [`Complaint`] for the first thing that is wrong, with near matches for unknown fields and values.
pub fn read<T: DeserializeOwned>(document: &Document<'_>) -> Result<T, Box<Complaint>> {
    serde_saphyr::from_str(document.text).map_err(|error| Box::new(explain(&error, document)))
}

fn explain(error: &serde_saphyr::Error, document: &Document<'_>) -> Complaint {
    use serde_saphyr::Error as E;
    let error = error.without_snippet();
    let span = error.location().and_then(|location| {
        let (offset, len) = (
            location.span().byte_offset()?,
            location.span().byte_len().unwrap_or(1),
        );
        Some(SourceSpan::new(
            usize::try_from(offset).ok()?.into(),
            usize::try_from(len).ok()?,
        ))
    });
    let (message, label, help) = match error {
        E::SerdeUnknownField {
            field, expected, ..
        } => (
            format!("unknown field `{field}`"),
            suggest(field, expected),
            known("fields here", expected),
        ),
        E::SerdeUnknownVariant {
            variant, expected, ..
        } => (
            format!("unknown value `{variant}`"),
            suggest(variant, expected),
            known("values", expected),
        ),
        E::SerdeMissingField { field, .. } => {
            (format!("field `{field}` is missing"), String::new(), None)
        }
        E::SerdeInvalidType {
            unexpected,
            expected,
            ..
        }
        | E::SerdeInvalidValue {
            unexpected,
            expected,
            ..
        } => (
            format!("expected {expected}, found {unexpected}"),
            String::new(),
            None,
        ),
        E::DuplicateMappingKey { key: Some(key), .. } => {
            (format!("`{key}` stands here twice"), String::new(), None)
        }
        E::Message { msg, .. } => (msg.clone(), String::new(), None),
        other => {
            let message = first_line(&other.to_string());
            let number = no_number(&message, document, span);
            (number.unwrap_or(message), String::new(), None)
        }
    };
    Complaint {
        message,
        help,
        label,
        span,
        document: document.named(),
    }
}

/// The library ends some messages with ` at line L, column C`; the complaint shows the place itself.
fn first_line(message: &str) -> String {
    let line = message.lines().next().unwrap_or_default();
    line.split(" at line ").next().unwrap_or(line).to_owned()
}

/// Of a text that is no number, the library says `invalid u64` and no more; people get the field and what may stand there.
fn no_number(message: &str, document: &Document<'_>, span: Option<SourceSpan>) -> Option<String> {
    let wanted = match message.strip_prefix("invalid ")? {
        "u8" => format!("whole number from 0 to {}", u8::MAX),
        "u16" => format!("whole number from 0 to {}", u16::MAX),
        "u32" => format!("whole number from 0 to {}", u32::MAX),
        "u64" => format!("whole number from 0 to {}", u64::MAX),
        "f32" | "f64" => "number".to_owned(),
        _ => return None,
    };
    let before = document.text.get(..span?.offset())?;
    let key = before.trim_end().strip_suffix(':')?;
    let is_of_a_name = |c: char| c.is_alphanumeric() || c == '-' || c == '_';
    let field = key.rsplit(|c| !is_of_a_name(c)).next()?;
    Some(format!("`{field}` is no {wanted}"))
}

fn suggest(text: &str, expected: &[&'static str]) -> String {
    match nearest(text, expected.iter().copied()) {
        Some(name) => format!("did you mean `{name}`?"),
        None => String::new(),
    }
}

fn known(what: &str, expected: &[&'static str]) -> Option<String> {
    (!expected.is_empty()).then(|| format!("known {what}: {}", expected.join(", ")))
}

fn span_of(place: Place) -> SourceSpan {
    SourceSpan::new(place.offset.into(), place.length)
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields, rename_all = "camelCase")]
    #[expect(dead_code, reason = "only its reading is tested")]
    struct Workload {
        registrations_per_day: u64,
    }

    fn complain(text: &str) -> Complaint {
        *read::<Workload>(&Document {
            name: "x.yaml",
            text,
        })
        .unwrap_err()
    }

    #[test]
    fn an_unknown_field_is_shown_in_place_with_the_nearest_name() {
        let complaint = complain("# comment\nregistrationPerDay: 5\n");
        assert_eq!(complaint.to_string(), "unknown field `registrationPerDay`");
        assert_eq!(complaint.position(), "x.yaml:2:1");
        assert_eq!(complaint.label, "did you mean `registrationsPerDay`?");
    }

    #[test]
    fn a_wrong_type_is_shown_in_place() {
        let complaint = complain("registrationsPerDay: many\n");
        assert_eq!(complaint.position(), "x.yaml:1:22");
    }

    #[test]
    fn what_is_no_number_is_told_with_its_field_and_its_bounds() {
        for value in ["many", "-5", "1.5", "99999999999999999999"] {
            let complaint = complain(&format!("registrationsPerDay: {value}\n"));
            assert_eq!(
                complaint.to_string(),
                "`registrationsPerDay` is no whole number from 0 to 18446744073709551615"
            );
        }
    }

    #[test]
    fn broken_yaml_is_a_complaint_and_no_panic() {
        assert!(complain("a: [1\n").position().starts_with("x.yaml"));
    }
}
