//! What is done to rendered objects before anybody sees them. Pure.
//!
//! Charts render what a component is; this adds what the environment says about all of them: where images come from,
//! which pull secrets pods get, which share of requests is kept, which fields are left to somebody else. Last, each pod
//! template is told what it [reads](crate::reads), so that a change of it restarts exactly its readers.

use mosipctl_blueprint::{Blueprint, Part};
use mosipctl_object::{Object, Quantity, ReleaseName};
use serde_json::{Value, json};

/// Where the pod template's spec stands in each kind that has one.
const POD_TEMPLATES: [(&str, &str); 6] = [
    ("Deployment", "/spec/template/spec"),
    ("StatefulSet", "/spec/template/spec"),
    ("DaemonSet", "/spec/template/spec"),
    ("Job", "/spec/template/spec"),
    ("CronJob", "/spec/jobTemplate/spec/template/spec"),
    ("Pod", "/spec"),
];

/// Finishes the objects of one release.
pub(crate) fn finish(
    objects: &mut Vec<Object>,
    part: &Part,
    release: &ReleaseName,
    blueprint: &Blueprint,
) {
    objects.retain(|object| !is_test(object));
    for object in objects.iter_mut() {
        place(object, release);
        let annotated = pod_spec(object).is_some();
        if let Some(spec) = pod_spec_mut(object) {
            images(spec, blueprint);
            pull_secrets(spec, blueprint);
            requests(spec, blueprint);
        }
        if annotated {
            leave_out(object, &part.unmanaged);
        }
    }
}

/// The objects of a chart that helm itself must run, as helm will make them: hooks are its own affair, and nothing is
/// added that it would not send.
pub(crate) fn as_helm_makes(objects: &mut Vec<Object>, release: &ReleaseName) {
    objects.retain(|object| !object.annotations().contains_key("helm.sh/hook"));
    objects.iter_mut().for_each(|object| place(object, release));
}

/// The pod spec of an object, if it has one.
pub(crate) fn pod_spec(object: &Object) -> Option<&Value> {
    object.value().pointer(pointer_of(object)?)
}

fn pod_spec_mut(object: &mut Object) -> Option<&mut Value> {
    let pointer = pointer_of(object)?;
    object.value_mut().pointer_mut(pointer)
}

fn pointer_of(object: &Object) -> Option<&'static str> {
    let kind = object.kind().kind;
    POD_TEMPLATES
        .iter()
        .find(|(known, _)| *known == kind)
        .map(|(_, pointer)| *pointer)
}

/// `helm test` pods are asked for by a person, never by an installation.
fn is_test(object: &Object) -> bool {
    object
        .annotations()
        .get("helm.sh/hook")
        .is_some_and(|hook| hook.split(',').any(|h| h.trim().starts_with("test")))
}

/// Objects of namespaced kinds that say no namespace stand in the release's.
fn place(object: &mut Object, release: &ReleaseName) {
    if object.namespace().is_none() && !is_cluster_wide(object) {
        object.set_namespace(&release.namespace);
    }
}

/// Kinds that have no namespace, among those that charts render.
fn is_cluster_wide(object: &Object) -> bool {
    const KINDS: [&str; 14] = [
        "Namespace",
        "ClusterRole",
        "ClusterRoleBinding",
        "CustomResourceDefinition",
        "StorageClass",
        "PersistentVolume",
        "PriorityClass",
        "IngressClass",
        "MutatingWebhookConfiguration",
        "ValidatingWebhookConfiguration",
        "ValidatingAdmissionPolicy",
        "ValidatingAdmissionPolicyBinding",
        "APIService",
        "RuntimeClass",
    ];
    KINDS.contains(&object.kind().kind.as_str())
}

fn containers(spec: &mut Value) -> Vec<&mut Value> {
    let Some(spec) = spec.as_object_mut() else {
        return Vec::new();
    };
    let lists = spec
        .iter_mut()
        .filter(|(name, _)| matches!(name.as_str(), "containers" | "initContainers"));
    lists
        .filter_map(|(_, list)| list.as_array_mut())
        .flatten()
        .collect()
}

fn images(spec: &mut Value, blueprint: &Blueprint) {
    for container in containers(spec) {
        if let Some(image) = container["image"].as_str() {
            container["image"] = Value::String(blueprint.images.resolve(image));
        }
    }
}

fn pull_secrets(spec: &mut Value, blueprint: &Blueprint) {
    let wanted = &blueprint.images.pull_secrets;
    if wanted.is_empty() {
        return;
    }
    let mut list = spec["imagePullSecrets"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    for name in wanted {
        let secret = json!({"name": name});
        if !list.contains(&secret) {
            list.push(secret);
        }
    }
    spec["imagePullSecrets"] = Value::Array(list);
}

/// Keeps the environment's share of every request; a quantity that cannot be read stays as it is, the API server will
/// say so.
fn requests(spec: &mut Value, blueprint: &Blueprint) {
    let Some(percent) = blueprint.rehearsal.requests else {
        return;
    };
    for container in containers(spec) {
        let requests = container
            .pointer_mut("/resources/requests")
            .and_then(Value::as_object_mut);
        for quantity in requests
            .into_iter()
            .flat_map(|requests| requests.values_mut())
        {
            let text = quantity
                .as_str()
                .map_or_else(|| quantity.to_string(), str::to_owned);
            if let Ok(amount) = text.parse::<Quantity>() {
                *quantity = Value::String(amount.percent(percent).to_string());
            }
        }
    }
}

fn leave_out(object: &mut Object, pointers: &[String]) {
    for pointer in pointers {
        let Some((parent, field)) = pointer.rsplit_once('/') else {
            continue;
        };
        if let Some(map) = object
            .value_mut()
            .pointer_mut(parent)
            .and_then(Value::as_object_mut)
        {
            map.remove(field);
        }
    }
}
