//! Laying one YAML document over another, and remembering which file each field came from.

use std::collections::BTreeMap;

use serde_json::Value;

/// Lists that grow when one document is laid over another; every other list is replaced.
const GROWING: [&str; 4] = ["needs", "makes", "uses", "corrects"];

/// The file that set each field last, by JSON pointer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origins(BTreeMap<String, String>);

impl Origins {
    /// The file that set the field at a JSON pointer, or the nearest field above it.
    pub fn of(&self, pointer: &str) -> Option<&str> {
        let mut pointer = pointer;
        loop {
            if let Some(file) = self.0.get(pointer) {
                return Some(file);
            }
            pointer = &pointer[..pointer.rfind('/')?];
        }
    }

    /// Every field with its file, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .map(|(pointer, file)| (pointer.as_str(), file.as_str()))
    }
}

/// A document that grows by layers.
#[derive(Debug, Default)]
pub(crate) struct Layers {
    value: Value,
    origins: Origins,
}

impl Layers {
    /// Lays a document over what is there: maps are merged, `null` removes, lists of facts and corrections grow,
    /// anything else replaces.
    pub(crate) fn lay(&mut self, document: Value, file: &str) {
        lay(
            &mut self.value,
            document,
            &mut String::new(),
            file,
            &mut self.origins.0,
        );
    }

    pub(crate) fn finish(self) -> (Value, Origins) {
        (self.value, self.origins)
    }
}

fn lay(
    under: &mut Value,
    over: Value,
    at: &mut String,
    file: &str,
    origins: &mut BTreeMap<String, String>,
) {
    match (under, over) {
        (Value::Object(under), Value::Object(over)) => {
            for (key, value) in over {
                let length = at.len();
                at.push('/');
                at.push_str(&key);
                if value.is_null() {
                    under.shift_remove(&key);
                    forget(origins, at);
                } else {
                    let slot = under.entry(key).or_insert(Value::Null);
                    lay(slot, value, at, file, origins);
                }
                at.truncate(length);
            }
        }
        (Value::Array(under), Value::Array(over)) if is_growing(at) => {
            under.extend(over);
            origins.insert(at.clone(), file.to_owned());
        }
        (under @ Value::Null, Value::Object(over)) => {
            *under = Value::Object(serde_json::Map::new());
            lay(under, Value::Object(over), at, file, origins);
        }
        (under, over) => {
            forget(origins, at);
            origins.insert(at.clone(), file.to_owned());
            *under = over;
        }
    }
}

fn is_growing(at: &str) -> bool {
    at.strip_prefix('/')
        .is_some_and(|name| GROWING.contains(&name))
}

fn forget(origins: &mut BTreeMap<String, String>, at: &str) {
    let below = format!("{at}/");
    origins.retain(|pointer, _| pointer != at && !pointer.starts_with(&below));
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn laid(documents: &[(&str, Value)]) -> (Value, Origins) {
        let mut layers = Layers::default();
        for (file, document) in documents {
            layers.lay(document.clone(), file);
        }
        layers.finish()
    }

    #[test]
    fn maps_merge_lists_replace_null_removes() {
        let (value, _) = laid(&[
            (
                "a",
                json!({"x": {"y": 1, "z": 2}, "list": [1, 2], "gone": true}),
            ),
            ("b", json!({"x": {"z": 3}, "list": [9], "gone": null})),
        ]);
        assert_eq!(value, json!({"x": {"y": 1, "z": 3}, "list": [9]}));
    }

    #[test]
    fn lists_of_facts_grow() {
        let (value, _) = laid(&[
            ("a", json!({"needs": ["namespace a"]})),
            ("b", json!({"needs": ["namespace b"]})),
        ]);
        assert_eq!(value, json!({"needs": ["namespace a", "namespace b"]}));
    }

    #[test]
    fn each_field_knows_its_file() {
        let (_, origins) = laid(&[
            (
                "like/spring.yaml",
                json!({"service": {"heap": "1G", "port": 80}}),
            ),
            ("kernel/auth.yaml", json!({"service": {"heap": "2G"}})),
        ]);
        assert_eq!(origins.of("/service/heap"), Some("kernel/auth.yaml"));
        assert_eq!(origins.of("/service/port"), Some("like/spring.yaml"));
        assert_eq!(origins.of("/service/heap/min"), Some("kernel/auth.yaml"));
    }
}
