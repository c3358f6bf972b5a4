//! Which fields an object has and who owns them, in the form of `managedFields`.
//!
//! Lists whose items all have a `name` are keyed by it, as containers, volumes and variables are; every other list is one
//! field. That is enough for what the product applies.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

/// One step on the way to a field.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Step {
    /// A field of a map.
    Field(String),
    /// The item of a keyed list.
    Item(String),
}

/// The way to a field.
pub(super) type Path = Vec<Step>;

/// The name in the API server's messages: `.spec.containers[name="a"].image`.
pub(super) fn text(path: &Path) -> String {
    let mut text = String::new();
    for step in path {
        match step {
            Step::Field(name) => text.push_str(&format!(".{name}")),
            Step::Item(name) => text.push_str(&format!("[name=\"{name}\"]")),
        }
    }
    text
}

/// Every field that holds a value, but for what nobody owns: identity and bookkeeping.
pub(super) fn leaves(object: &Value) -> BTreeSet<Path> {
    let mut found = BTreeSet::new();
    let mut path = Vec::new();
    for (name, value) in object.as_object().into_iter().flatten() {
        match name.as_str() {
            "apiVersion" | "kind" => {}
            "metadata" => {
                for (name, value) in value.as_object().into_iter().flatten() {
                    if matches!(
                        name.as_str(),
                        "labels" | "annotations" | "finalizers" | "ownerReferences"
                    ) {
                        path.push(Step::Field("metadata".to_owned()));
                        descend(Step::Field(name.clone()), value, &mut path, &mut found);
                        path.pop();
                    }
                }
            }
            _ => descend(Step::Field(name.clone()), value, &mut path, &mut found),
        }
    }
    found
}

fn descend(step: Step, value: &Value, path: &mut Path, found: &mut BTreeSet<Path>) {
    path.push(step);
    match value {
        Value::Object(map) if !map.is_empty() => {
            for (name, value) in map {
                descend(Step::Field(name.clone()), value, path, found);
            }
        }
        Value::Array(items) if is_keyed(items) => {
            for item in items {
                let name = item["name"].as_str().unwrap_or_default().to_owned();
                descend(Step::Item(name), item, path, found);
            }
        }
        _ => {
            found.insert(path.clone());
        }
    }
    path.pop();
}

fn is_keyed(items: &[Value]) -> bool {
    !items.is_empty() && items.iter().all(|item| item["name"].is_string())
}

/// The value of a field.
pub(super) fn value<'a>(object: &'a Value, path: &[Step]) -> Option<&'a Value> {
    path.iter().try_fold(object, |value, step| match step {
        Step::Field(name) => value.get(name),
        Step::Item(name) => {
            let mut items = value.as_array()?.iter();
            items.find(|item| item["name"] == name.as_str())
        }
    })
}

/// Sets a field, making the way to it.
pub(super) fn set(object: &mut Value, path: &[Step], new: Value) {
    let Some((step, rest)) = path.split_first() else {
        *object = new;
        return;
    };
    match step {
        Step::Field(name) => {
            if !object.is_object() {
                *object = json!({});
            }
            set(&mut object[name], rest, new);
        }
        Step::Item(name) => {
            if !object.is_array() {
                *object = json!([]);
            }
            if let Value::Array(items) = object {
                let index = items.iter().position(|item| item["name"] == name.as_str());
                let index = index.unwrap_or_else(|| {
                    items.push(json!({"name": name}));
                    items.len() - 1
                });
                set(&mut items[index], rest, new);
            }
        }
    }
}

/// Removes a field, and what is empty after that.
pub(super) fn remove(object: &mut Value, path: &[Step]) {
    let Some((step, rest)) = path.split_first() else {
        return;
    };
    match (step, object) {
        (Step::Field(name), Value::Object(map)) => {
            let Some(inner) = map.get_mut(name) else {
                return;
            };
            remove(inner, rest);
            if rest.is_empty() || is_empty(inner) {
                map.remove(name);
            }
        }
        (Step::Item(name), Value::Array(items)) => {
            for item in items
                .iter_mut()
                .filter(|item| item["name"] == name.as_str())
            {
                remove(item, rest);
            }
            items.retain(|item| !is_empty(item));
        }
        _ => {}
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Object(map) => map.is_empty(),
        Value::Array(items) => items.is_empty(),
        _ => false,
    }
}

/// Fields as `fieldsV1`.
pub(super) fn encode(fields: &BTreeSet<Path>) -> Value {
    let mut tree = json!({});
    for path in fields {
        let mut node = &mut tree;
        for step in path {
            let key = match step {
                Step::Field(name) => format!("f:{name}"),
                Step::Item(name) => format!("k:{}", json!({"name": name})),
            };
            node = &mut node[key];
            if node.is_null() {
                *node = json!({});
            }
        }
    }
    tree
}

/// `fieldsV1` as fields.
pub(super) fn decode(tree: &Value) -> BTreeSet<Path> {
    let mut found = BTreeSet::new();
    walk(tree, &mut Vec::new(), &mut found);
    found
}

fn walk(tree: &Value, path: &mut Path, found: &mut BTreeSet<Path>) {
    let empty = Map::new();
    let map = tree.as_object().unwrap_or(&empty);
    let inner: BTreeMap<Step, &Value> = map
        .iter()
        .filter_map(|(key, value)| Some((step(key)?, value)))
        .collect();
    if inner.is_empty() && !path.is_empty() {
        found.insert(path.clone());
    }
    for (step, value) in inner {
        path.push(step);
        walk(value, path, found);
        path.pop();
    }
}

fn step(key: &str) -> Option<Step> {
    if let Some(name) = key.strip_prefix("f:") {
        return Some(Step::Field(name.to_owned()));
    }
    let key: Value = serde_json::from_str(key.strip_prefix("k:")?).ok()?;
    Some(Step::Item(key["name"].as_str()?.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_survive_a_round_trip() {
        let object = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a", "labels": {"x": "y"}},
            "spec": {"containers": [{"name": "main", "image": "i", "args": ["a", "b"]}], "hostNetwork": true}});
        let fields = leaves(&object);
        let texts: Vec<String> = fields.iter().map(text).collect();
        assert_eq!(
            texts,
            [
                ".metadata.labels.x",
                ".spec.containers[name=\"main\"].args",
                ".spec.containers[name=\"main\"].image",
                ".spec.containers[name=\"main\"].name",
                ".spec.hostNetwork",
            ]
        );
        assert_eq!(decode(&encode(&fields)), fields);
    }

    #[test]
    fn what_is_set_can_be_read_and_removed_without_a_trace() {
        let mut object = json!({"spec": {"a": 1}});
        let path = vec![
            Step::Field("data".to_owned()),
            Step::Item("n".to_owned()),
            Step::Field("v".to_owned()),
        ];
        set(&mut object, &path, json!("x"));
        assert_eq!(value(&object, &path), Some(&json!("x")));
        let name = vec![
            Step::Field("data".to_owned()),
            Step::Item("n".to_owned()),
            Step::Field("name".to_owned()),
        ];
        remove(&mut object, &path);
        remove(&mut object, &name);
        assert_eq!(object, json!({"spec": {"a": 1}}));
    }
}
