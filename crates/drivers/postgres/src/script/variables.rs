//! Variables of a script.

use std::collections::BTreeMap;
use std::fmt;

/// Values by name, as `psql -v NAME=VALUE` sets them. They print without their values: one may be a password.
#[derive(Clone, Default)]
pub struct Variables(BTreeMap<String, String>);

impl Variables {
    /// Sets one.
    pub fn set(&mut self, name: impl Into<String>, value: impl Into<String>) {
        self.0.insert(name.into(), value.into());
    }

    /// Forgets one.
    pub(crate) fn unset(&mut self, name: &str) {
        self.0.remove(name);
    }

    /// What a piece such as `:name`, `:'name'`, `:"name"` or `:{?name}` stands for; the piece itself when the name is not set,
    /// as with psql.
    pub(crate) fn expand(&self, piece: &str) -> String {
        let inner = piece.trim_start_matches(':');
        let name = inner.trim_matches(['\'', '"', '{', '}', '?']);
        let value = self.0.get(name);
        match (inner.chars().next(), value) {
            (Some('{'), value) => if value.is_some() { "TRUE" } else { "FALSE" }.to_owned(),
            (_, None) => piece.to_owned(),
            (Some('\''), Some(value)) => literal(value),
            (Some('"'), Some(value)) => identifier(value),
            (_, Some(value)) => value.clone(),
        }
    }
}

impl fmt::Debug for Variables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// A text as a string of SQL.
pub(crate) fn literal(text: &str) -> String {
    let doubled = text.replace('\'', "''");
    match doubled.contains('\\') {
        true => format!(" E'{}'", doubled.replace('\\', "\\\\")),
        false => format!("'{doubled}'"),
    }
}

/// A text as a name in SQL.
pub(crate) fn identifier(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}
