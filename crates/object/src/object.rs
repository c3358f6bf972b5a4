//! One object as JSON, with the parts that everybody asks for.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::key::{Kind, ObjectKey};

/// A Kubernetes object: JSON that has `apiVersion`, `kind` and `metadata.name`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Value", into = "Value")]
pub struct Object(Value);

/// JSON that is no Kubernetes object.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a Kubernetes object: `{missing}` is missing")]
pub struct NotAnObject {
    missing: &'static str,
}

impl TryFrom<Value> for Object {
    type Error = NotAnObject;

    fn try_from(value: Value) -> Result<Self, NotAnObject> {
        for (missing, pointer) in [
            ("apiVersion", "/apiVersion"),
            ("kind", "/kind"),
            ("metadata.name", "/metadata/name"),
        ] {
            if value
                .pointer(pointer)
                .and_then(Value::as_str)
                .is_none_or(str::is_empty)
            {
                return Err(NotAnObject { missing });
            }
        }
        Ok(Self(value))
    }
}

impl From<Object> for Value {
    fn from(object: Object) -> Value {
        object.0
    }
}

impl Object {
    /// The JSON.
    pub fn value(&self) -> &Value {
        &self.0
    }

    /// The JSON, to change. `apiVersion`, `kind` and `metadata.name` must stay.
    pub fn value_mut(&mut self) -> &mut Value {
        &mut self.0
    }

    /// Which object it is.
    pub fn key(&self) -> ObjectKey {
        ObjectKey {
            kind: self.kind(),
            namespace: self.namespace().map(str::to_owned),
            name: self.name().to_owned(),
        }
    }

    /// What sort of object.
    pub fn kind(&self) -> Kind {
        let group = self
            .api_version()
            .split_once('/')
            .map_or("", |(group, _)| group);
        Kind::new(group, self.text("/kind"))
    }

    /// `GROUP/VERSION`, or `v1` for the core group.
    pub fn api_version(&self) -> &str {
        self.text("/apiVersion")
    }

    /// Name.
    pub fn name(&self) -> &str {
        self.text("/metadata/name")
    }

    /// Namespace, for namespaced objects that say it.
    pub fn namespace(&self) -> Option<&str> {
        self.0
            .pointer("/metadata/namespace")
            .and_then(Value::as_str)
    }

    /// Puts the object into a namespace.
    pub fn set_namespace(&mut self, namespace: &str) {
        self.0["metadata"]["namespace"] = Value::String(namespace.to_owned());
    }

    /// The uid that the API server gave it.
    pub fn uid(&self) -> Option<&str> {
        self.0.pointer("/metadata/uid").and_then(Value::as_str)
    }

    /// Labels.
    pub fn labels(&self) -> BTreeMap<&str, &str> {
        texts(self.0.pointer("/metadata/labels"))
    }

    /// Annotations.
    pub fn annotations(&self) -> BTreeMap<&str, &str> {
        texts(self.0.pointer("/metadata/annotations"))
    }

    /// Sets a label.
    pub fn set_label(&mut self, name: &str, value: &str) {
        self.0["metadata"]["labels"][name] = Value::String(value.to_owned());
    }

    /// Sets an annotation.
    pub fn set_annotation(&mut self, name: &str, value: &str) {
        self.0["metadata"]["annotations"][name] = Value::String(value.to_owned());
    }

    fn text(&self, pointer: &str) -> &str {
        self.0
            .pointer(pointer)
            .and_then(Value::as_str)
            .unwrap_or_default()
    }
}

fn texts(map: Option<&Value>) -> BTreeMap<&str, &str> {
    let entries = map
        .and_then(Value::as_object)
        .into_iter()
        .flat_map(Map::iter);
    entries
        .filter_map(|(name, value)| Some((name.as_str(), value.as_str()?)))
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_object_knows_its_key() {
        let value = json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "a", "namespace": "b"}});
        let object = Object::try_from(value).unwrap();
        assert_eq!(object.key().to_string(), "Deployment.apps b/a");
    }

    #[test]
    fn json_without_a_name_is_no_object() {
        let value = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {}});
        assert_eq!(
            Object::try_from(value).unwrap_err().to_string(),
            "not a Kubernetes object: `metadata.name` is missing"
        );
    }
}
