//! What a store leaves out of an object.

use mosipctl_object::Object;
use serde_json::{Map, Value};

/// The annotation in which `kubectl apply` keeps a second copy of the object.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// The object without what no gate looks at: who owns which field, pod templates, values of config maps and Secrets.
pub(crate) fn trimmed(mut object: Object) -> Object {
    let kind = object.kind();
    let value = object.value_mut();
    remove(&mut value["metadata"], "managedFields");
    if let Some(annotations) = value.pointer_mut("/metadata/annotations") {
        remove(annotations, LAST_APPLIED);
    }
    match (kind.group.as_str(), kind.kind.as_str()) {
        ("", "ConfigMap" | "Secret") => {
            for map in ["data", "binaryData", "stringData"] {
                blank(value.get_mut(map));
            }
        }
        ("apps", _) | ("batch", "Job") => {
            if let Some(spec) = value.get_mut("spec") {
                remove(spec, "template");
            }
        }
        ("batch", "CronJob") => {
            if let Some(spec) = value.get_mut("spec") {
                remove(spec, "jobTemplate");
            }
        }
        ("", "Pod") => trim_pod(value),
        ("apiextensions.k8s.io", "CustomResourceDefinition") => trim_definition(value),
        _ => {}
    }
    object
}

/// Of a pod's containers the name and image stay: the rest is the workload's and read from there when it is needed.
fn trim_pod(pod: &mut Value) {
    for list in ["initContainers", "containers"] {
        let containers = pod.pointer_mut(&format!("/spec/{list}"));
        for container in containers
            .and_then(Value::as_array_mut)
            .into_iter()
            .flatten()
        {
            if let Some(container) = container.as_object_mut() {
                container.retain(|field, _| matches!(field.as_str(), "name" | "image"));
            }
        }
    }
}

/// Schemas are most of a definition.
fn trim_definition(definition: &mut Value) {
    let versions = definition.pointer_mut("/spec/versions");
    for version in versions.and_then(Value::as_array_mut).into_iter().flatten() {
        remove(version, "schema");
    }
}

fn remove(value: &mut Value, field: &str) {
    if let Some(map) = value.as_object_mut() {
        map.remove(field);
    }
}

/// Keeps the keys and drops the values.
fn blank(map: Option<&mut Value>) {
    for value in map
        .and_then(Value::as_object_mut)
        .into_iter()
        .flat_map(Map::values_mut)
    {
        *value = Value::Null;
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn trim(value: Value) -> Value {
        trimmed(Object::try_from(value).unwrap()).into()
    }

    #[test]
    fn secrets_keep_their_keys_and_lose_their_values() {
        let secret = trim(
            json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "a", "managedFields": [1]},
            "data": {"password": "c2VjcmV0"}}),
        );
        assert_eq!(secret["data"], json!({"password": null}));
        assert_eq!(secret["metadata"], json!({"name": "a"}));
    }

    #[test]
    fn workloads_keep_what_readiness_needs() {
        let deployment = trim(
            json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "a"},
            "spec": {"replicas": 2, "template": {"spec": {}}}, "status": {"replicas": 1}}),
        );
        assert_eq!(deployment["spec"], json!({"replicas": 2}));
        assert_eq!(deployment["status"], json!({"replicas": 1}));
        let pod = trim(
            json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"},
            "spec": {"containers": [{"name": "main", "image": "i", "env": [{"name": "A", "value": "b"}]}]}}),
        );
        assert_eq!(
            pod["spec"],
            json!({"containers": [{"name": "main", "image": "i"}]})
        );
    }
}
