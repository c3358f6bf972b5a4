//! Keeps secrets out of every text.
//!
//! Who learns a secret value registers it; from then on it is masked, plain, in base64 and percent-encoded, wherever it
//! turns up in a note, a reason, an error of somebody else's server or a cursor.

use std::fmt;
use std::sync::{PoisonError, RwLock};

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use zeroize::Zeroizing;

/// What stands in the place of a secret.
pub const MASK: &str = "******";

/// Values shorter than this are not masked: they turn up everywhere by chance. The shortest secret of a MOSIP is an HSM
/// PIN, and the catalogue draws longer ones.
const SHORTEST: usize = 4;

/// Fields that hold names from the plan and the program's own words, never what somebody else said. A weak password
/// such as `postgres` must not change the name of a step. What a step saves for itself is masked whole, see [`FREE`].
const STRUCTURE: &[&str] = &[
    "kind",
    "run",
    "step",
    "steps",
    "simulated",
    "failed",
    "plan",
    "time",
    "version",
];

/// The field whose content is a step's own, with field names of its own choice.
const FREE: &str = "cursor";

/// Knows secret values and masks them.
#[derive(Default)]
pub struct Redactor {
    /// Longest first, so that a secret that holds another is masked as a whole.
    secrets: RwLock<Vec<Zeroizing<String>>>,
}

impl Redactor {
    /// One that knows no secret yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// From now on, masks this value.
    pub fn register(&self, secret: &str) {
        if secret.chars().count() < SHORTEST {
            return;
        }
        let mut secrets = self.secrets.write().unwrap_or_else(PoisonError::into_inner);
        for form in forms(secret) {
            if !secrets.iter().any(|known| **known == *form) {
                secrets.push(form);
            }
        }
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
    }

    /// The text with every known secret masked.
    pub fn text(&self, text: &str) -> String {
        let secrets = self.secrets.read().unwrap_or_else(PoisonError::into_inner);
        let mut masked = text.to_owned();
        for secret in secrets.iter() {
            if masked.contains(secret.as_str()) {
                masked = masked.replace(secret.as_str(), MASK);
            }
        }
        masked
    }

    /// Masks every text in a JSON value, but for names from the plan.
    pub fn value(&self, value: &mut Value) {
        if !self.is_empty() {
            self.walk(value, STRUCTURE);
        }
    }

    /// Masks every text in something that can be JSON. What cannot be JSON and back is returned as it is.
    #[must_use]
    pub fn masked<T: Serialize + DeserializeOwned>(&self, thing: T) -> T {
        if self.is_empty() {
            return thing;
        }
        let Ok(before) = serde_json::to_value(&thing) else {
            return thing;
        };
        let mut after = before.clone();
        self.walk(&mut after, STRUCTURE);
        if after == before {
            return thing;
        }
        serde_json::from_value(after).unwrap_or(thing)
    }

    fn is_empty(&self) -> bool {
        let secrets = self.secrets.read().unwrap_or_else(PoisonError::into_inner);
        secrets.is_empty()
    }

    /// Masks every text but those in fields named in `kept`.
    fn walk(&self, value: &mut Value, kept: &[&str]) {
        match value {
            Value::String(text) => *text = self.text(text),
            Value::Array(items) => items.iter_mut().for_each(|item| self.walk(item, kept)),
            Value::Object(map) => {
                for (key, item) in map.iter_mut() {
                    match key.as_str() {
                        FREE => self.walk(item, &[]),
                        key if kept.contains(&key) => {}
                        _ => self.walk(item, kept),
                    }
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
}

impl fmt::Debug for Redactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let secrets = self.secrets.read().unwrap_or_else(PoisonError::into_inner);
        write!(f, "Redactor({} secrets)", secrets.len())
    }
}

/// The forms in which a secret turns up in messages.
fn forms(secret: &str) -> Vec<Zeroizing<String>> {
    let mut forms = vec![
        secret.to_owned(),
        STANDARD.encode(secret),
        STANDARD_NO_PAD.encode(secret),
        percent_encoded(secret),
    ];
    // What a program prints as JSON or YAML inside its message has its quotes and line ends escaped.
    let quoted = Value::from(secret).to_string();
    forms.push(quoted[1..quoted.len() - 1].to_owned());
    forms.into_iter().map(Zeroizing::new).collect()
}

fn percent_encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if plain(byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn knowing(secrets: &[&str]) -> Redactor {
        let redactor = Redactor::new();
        secrets.iter().for_each(|secret| redactor.register(secret));
        redactor
    }

    #[test]
    fn a_secret_is_masked_in_every_form() {
        let redactor = knowing(&["hunt@r \"2\""]);
        for text in [
            "login with hunt@r \"2\" refused",
            "data: aHVudEByICIyIg==",
            "data: aHVudEByICIyIg",
            "GET /?password=hunt%40r%20%222%22",
            r#"{"password": "hunt@r \"2\""}"#,
        ] {
            let masked = redactor.text(text);
            assert!(masked.contains(MASK), "{masked}");
            assert!(
                !masked.contains("hunt") && !masked.contains("aHV"),
                "{masked}"
            );
        }
    }

    #[test]
    fn a_secret_that_holds_another_is_masked_as_a_whole() {
        let redactor = knowing(&["hunter2", "hunter2-and-more"]);
        assert_eq!(redactor.text("is hunter2-and-more"), "is ******");
    }

    #[test]
    fn names_from_the_plan_stay_even_if_a_password_is_the_same_word() {
        let redactor = knowing(&["postgres"]);
        let mut value = json!({"step": "apply release postgres/postgres", "text": "user postgres"});
        redactor.value(&mut value);
        let expected = json!({"step": "apply release postgres/postgres", "text": "user ******"});
        assert_eq!(value, expected);
    }

    #[test]
    fn what_a_step_saves_for_itself_is_masked_whatever_its_fields_are_called() {
        let mut value = json!({"step": "a", "cursor": {"step": "with hunter2"}});
        knowing(&["hunter2"]).value(&mut value);
        assert_eq!(
            value,
            json!({"step": "a", "cursor": {"step": "with ******"}})
        );
    }

    #[test]
    fn debug_shows_no_secret() {
        assert!(!format!("{:?}", knowing(&["hunter2"])).contains("hunter2"));
    }

    #[test]
    fn a_very_short_value_is_left_because_it_is_everywhere() {
        assert_eq!(knowing(&["no"]).text("no node"), "no node");
    }
}
