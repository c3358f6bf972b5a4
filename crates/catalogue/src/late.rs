//! Late values: what is known only at run time, named by the fact it comes from.
//!
//! `secret softhsm/softhsm-kernel#revision` is the output `revision` of the fact `secret softhsm/softhsm-kernel`. Plans,
//! digests and render caches hold the reference; the step that uses the value resolves it.

use std::fmt;
use std::str::FromStr;

use crate::fact::{Fact, FactError};

/// A reference to a named output of a fact.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LateValue {
    /// The fact that has the output.
    pub fact: Fact,
    /// Which output, such as `revision` or `address`.
    pub output: String,
}

/// What starts and ends a late value inside a longer text.
const OPEN: &str = "late<";
const CLOSE: char = '>';

impl LateValue {
    /// The output of a fact.
    pub fn new(fact: Fact, output: impl Into<String>) -> Self {
        Self {
            fact,
            output: output.into(),
        }
    }

    /// The text that stands for the value until it is resolved: `late<secret a/b#revision>`.
    pub fn placeholder(&self) -> String {
        format!("{OPEN}{self}{CLOSE}")
    }

    /// Every late value that a text holds, in order of appearance.
    ///
    /// # Errors
    /// A placeholder that names no fact.
    pub fn all_in(text: &str) -> Result<Vec<LateValue>, FactError> {
        let mut found = Vec::new();
        replace(text, |reference| {
            found.push(reference.parse()?);
            Ok(String::new())
        })?;
        Ok(found)
    }

    /// The text with every late value replaced by what `resolve` says.
    ///
    /// # Errors
    /// Whatever `resolve` fails with, or a placeholder that names no fact.
    pub fn resolve_all<E: From<FactError>>(
        text: &str,
        mut resolve: impl FnMut(&LateValue) -> Result<String, E>,
    ) -> Result<String, E> {
        replace(text, |reference| resolve(&reference.parse()?))
    }
}

fn replace<E>(text: &str, mut by: impl FnMut(&str) -> Result<String, E>) -> Result<String, E> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(OPEN) {
        let Some((reference, behind)) = after.split_once(CLOSE) else {
            break;
        };
        out.push_str(before);
        out.push_str(&by(reference)?);
        rest = behind;
    }
    out.push_str(rest);
    Ok(out)
}

impl fmt::Display for LateValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}#{}", self.fact, self.output)
    }
}

impl FromStr for LateValue {
    type Err = FactError;

    fn from_str(text: &str) -> Result<Self, FactError> {
        let (fact, output) = text.rsplit_once('#').unwrap_or((text, "value"));
        Ok(Self::new(fact.parse()?, output))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_found_and_resolved_in_longer_text() {
        let text = "a=late<secret a/b#revision>,late<service c/d#address>;";
        let found = LateValue::all_in(text).unwrap();
        assert_eq!(found[0].output, "revision");
        assert_eq!(found[1].fact.to_string(), "service c/d");
        let resolved = LateValue::resolve_all::<FactError>(text, |late| Ok(late.output.clone()));
        assert_eq!(resolved.unwrap(), "a=revision,address;");
    }

    #[test]
    fn text_without_placeholders_stays_as_it_is() {
        assert_eq!(LateValue::all_in("a late< b").unwrap(), []);
    }
}
