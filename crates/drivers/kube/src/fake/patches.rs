//! JSON merge patch (RFC 7386) and the operations of JSON patch (RFC 6902) that the product uses.

use serde_json::{Value, json};

/// Merges a patch into a value.
pub(super) fn merge(target: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = json!({});
    }
    let Some(map) = target.as_object_mut() else {
        return;
    };
    for (name, value) in patch {
        match value {
            Value::Null => {
                map.remove(name);
            }
            value => merge(map.entry(name.clone()).or_insert(Value::Null), value),
        }
    }
}

/// Applies operations one after another; the error names the first that does not fit.
pub(super) fn json(target: &mut Value, operations: &Value) -> Result<(), String> {
    for operation in operations.as_array().into_iter().flatten() {
        one(target, operation).ok_or_else(|| format!("the operation does not fit: {operation}"))?;
    }
    Ok(())
}

fn one(target: &mut Value, operation: &Value) -> Option<()> {
    let path = operation["path"].as_str()?;
    let value = &operation["value"];
    let (parent, name) = path.rsplit_once('/')?;
    let name = name.replace("~1", "/").replace("~0", "~");
    let parent = target.pointer_mut(parent)?;
    match (operation["op"].as_str()?, parent) {
        ("add", Value::Array(items)) if name == "-" => items.push(value.clone()),
        ("add" | "replace", Value::Object(map)) => {
            map.insert(name, value.clone());
        }
        ("replace", Value::Array(items)) => {
            *items.get_mut(name.parse::<usize>().ok()?)? = value.clone()
        }
        ("remove", Value::Object(map)) => {
            map.remove(&name)?;
        }
        ("test", parent) => (parent.get(&name)? == value).then_some(())?,
        _ => return None,
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn merging_replaces_adds_and_removes() {
        let mut value = json!({"a": {"b": 1, "c": 2}, "d": [1]});
        merge(&mut value, &json!({"a": {"b": null, "e": 3}, "d": [2]}));
        assert_eq!(value, json!({"a": {"c": 2, "e": 3}, "d": [2]}));
    }

    #[test]
    fn operations_are_applied_in_order_until_one_does_not_fit() {
        let mut value = json!({"metadata": {"labels": {"a/b": "1"}}});
        let operations = json!([
            {"op": "test", "path": "/metadata/labels/a~1b", "value": "1"},
            {"op": "replace", "path": "/metadata/labels", "value": {}},
        ]);
        json(&mut value, &operations).unwrap();
        assert_eq!(value, json!({"metadata": {"labels": {}}}));
        assert!(json(&mut value, &json!([{"op": "remove", "path": "/x/y"}])).is_err());
    }
}
