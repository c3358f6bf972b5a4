//! Wanted against what is there: the fields that are ours, and nothing else. Pure.

use serde_json::Value;

pub(crate) mod client;
pub(crate) mod realm;

/// Whether a value of Keycloak is what is wanted. It keeps most numbers and truth values of maps as texts, and reads texts where
/// it has numbers and truth values.
pub(crate) fn same(wanted: &Value, found: &Value) -> bool {
    match (wanted, found) {
        (Value::String(wanted), found) | (found, Value::String(wanted)) => {
            !found.is_null() && text(found) == *wanted
        }
        (wanted, found) => wanted == found,
    }
}

/// A value as Keycloak keeps it in a map.
pub(crate) fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        value => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn numbers_and_truth_values_are_the_same_as_their_texts() {
        assert!(same(&json!(25), &json!("25")));
        assert!(same(&json!(false), &json!("false")));
        assert!(same(&json!(false), &json!(false)));
        assert!(same(&json!("300"), &json!(300)));
        assert!(!same(&json!("null"), &json!(null)));
        assert!(!same(&json!("false"), &json!(null)));
        assert!(!same(&json!(25), &json!(26)));
    }
}
