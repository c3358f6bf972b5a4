//! From client-side to server-side ownership.

use serde_json::{Map, Value, json};

/// `managedFields` with the `Update` entries of these writers joined into one `Apply` entry of `to`; none when there is
/// nothing to migrate. Entries of subresources and of everybody else stay.
pub fn migrated(entries: &[Value], from: &[&str], to: &str) -> Option<Vec<Value>> {
    let is_old = |entry: &Value| {
        let manager = entry["manager"].as_str().unwrap_or_default();
        entry["operation"] == "Update" && entry["subresource"].is_null() && from.contains(&manager)
    };
    let is_new = |entry: &Value| {
        entry["operation"] == "Apply" && entry["subresource"].is_null() && entry["manager"] == to
    };
    let first_old = entries.iter().position(is_old)?;
    let target = entries.iter().position(is_new).unwrap_or(first_old);
    let mut joined = entries[target].clone();
    joined["manager"] = json!(to);
    joined["operation"] = json!("Apply");
    // entries of another version of the kind may name fields that this one does not have
    let same_version = |entry: &&Value| entry["apiVersion"] == joined["apiVersion"];
    let olds: Vec<&Value> = entries.iter().filter(|entry| is_old(entry)).collect();
    let fields: Vec<Value> = olds
        .into_iter()
        .filter(same_version)
        .map(|old| old["fieldsV1"].clone())
        .collect();
    for fields in fields {
        join(&mut joined["fieldsV1"], fields);
    }
    let mut result = Vec::with_capacity(entries.len());
    for (index, entry) in entries.iter().enumerate() {
        if index == target {
            result.push(joined.clone());
        } else if !is_old(entry) {
            result.push(entry.clone());
        }
    }
    Some(result)
}

/// Fields are a tree: joining two sets of fields is joining their trees.
fn join(into: &mut Value, other: Value) {
    match (into, other) {
        (Value::Object(into), Value::Object(other)) => join_maps(into, other),
        (into, other) if into.is_null() => *into = other,
        _ => {}
    }
}

fn join_maps(into: &mut Map<String, Value>, other: Map<String, Value>) {
    for (name, value) in other {
        join(into.entry(name).or_insert(Value::Null), value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(manager: &str, operation: &str, fields: Value) -> Value {
        json!({"manager": manager, "operation": operation, "apiVersion": "v1", "time": "2026-01-01T00:00:00Z", "fieldsType": "FieldsV1", "fieldsV1": fields})
    }

    fn helm(entries: &[Value]) -> Option<Vec<Value>> {
        migrated(entries, &["helm"], "helm")
    }

    #[test]
    fn an_update_entry_becomes_the_apply_entry() {
        let before = [
            entry("helm", "Update", json!({"f:data": {"f:a": {}}})),
            entry("kubectl", "Update", json!({"f:data": {"f:b": {}}})),
        ];
        let after = helm(&before).unwrap();
        assert_eq!(
            after[0],
            entry("helm", "Apply", json!({"f:data": {"f:a": {}}}))
        );
        assert_eq!(after[1], before[1]);
    }

    #[test]
    fn both_kinds_of_entries_are_joined() {
        let before = [
            entry("helm", "Apply", json!({"f:data": {"f:a": {}}})),
            entry(
                "helm",
                "Update",
                json!({"f:data": {".": {}, "f:b": {}}, "f:metadata": {"f:labels": {}}}),
            ),
        ];
        let after = helm(&before).unwrap();
        let joined =
            json!({"f:data": {".": {}, "f:a": {}, "f:b": {}}, "f:metadata": {"f:labels": {}}});
        assert_eq!(after, [entry("helm", "Apply", joined)]);
    }

    #[test]
    fn nothing_to_migrate_is_said() {
        assert_eq!(helm(&[entry("helm", "Apply", json!({}))]), None);
        let mut status = entry("helm", "Update", json!({}));
        status["subresource"] = json!("status");
        assert_eq!(helm(&[status]), None);
    }
}
