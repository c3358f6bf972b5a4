//! What is done to rendered objects before anybody sees them. Pure.
//!
//! Charts render what a component is; this adds what the environment says about all of them: where images come from,
//! which pull secrets pods get, which share of requests is kept, which fields are left to somebody else. Last, each pod
//! template is told what it [reads](crate::reads), so that a change of it restarts exactly its readers.

use mosipctl_blueprint::{Blueprint, Part};
use mosipctl_object::{Object, Quantity, ReleaseName};
use serde_json::{Value, json};

use crate::responder::{StoodIn, leave_out_webhooks, stand_in};

/// Where the pod template's spec stands in each kind that has one.
const POD_TEMPLATES: [(&str, &str); 7] = [
    ("Deployment", "/spec/template/spec"),
    ("ReplicaSet", "/spec/template/spec"),
    ("StatefulSet", "/spec/template/spec"),
    ("DaemonSet", "/spec/template/spec"),
    ("Job", "/spec/template/spec"),
    ("CronJob", "/spec/jobTemplate/spec/template/spec"),
    ("Pod", "/spec"),
];

/// Finishes the objects of one release. What responders stand in for in it, if they do.
pub(crate) fn finish(
    objects: &mut Vec<Object>,
    part: &Part,
    release: &ReleaseName,
    blueprint: &Blueprint,
) -> Option<StoodIn> {
    objects.retain(|object| !is_test(object));
    let mut stood_in = StoodIn::default();
    let responder = |image: &str| {
        let responder = blueprint.images.responder(&part.component, image);
        responder.map(str::to_owned)
    };
    for object in objects.iter_mut() {
        place(object, release);
        images_in_texts(object, &part.component, blueprint);
        let annotated = pod_spec(object).is_some();
        let is_job = matches!(object.kind().kind.as_str(), "Job" | "CronJob");
        if let Some(spec) = pod_spec_mut(object) {
            stand_in(spec, is_job, &responder, &mut stood_in);
            images(spec, &part.component, blueprint);
            pull_secrets(spec, blueprint);
            requests(spec, blueprint);
        }
        if annotated {
            leave_out(object, &part.unmanaged);
        }
    }
    if stood_in.images.is_empty() {
        return None;
    }
    leave_out_webhooks(objects, &mut stood_in);
    Some(stood_in)
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
    const KINDS: [&str; 15] = [
        "Namespace",
        "ClusterRole",
        "ClusterRoleBinding",
        "CustomResourceDefinition",
        "StorageClass",
        "CSIDriver",
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

fn images(spec: &mut Value, component: &str, blueprint: &Blueprint) {
    for container in containers(spec) {
        if let Some(image) = container["image"].as_str() {
            let image = blueprint.images.resolve(component, image);
            container["image"] = Value::String(image);
        }
    }
}

/// Images that an object names where no container stands: templates of pods in config maps, arguments of operators.
fn images_in_texts(object: &mut Object, component: &str, blueprint: &Blueprint) {
    for image in images_named(object) {
        let name = blueprint.images.resolve(component, &image);
        if name != image {
            replace(object.value_mut(), &image, &name);
        }
    }
}

fn images_named(object: &Object) -> Vec<String> {
    let annotations = object.annotations();
    let named = annotations.get(mosipctl_object::IMAGES_ANNOTATION);
    let named = named.into_iter().flat_map(|names| names.split_whitespace());
    named.map(str::to_owned).collect()
}

fn replace(value: &mut Value, from: &str, to: &str) {
    match value {
        Value::String(text) => *text = text.replace(from, to),
        Value::Array(items) => items.iter_mut().for_each(|item| replace(item, from, to)),
        Value::Object(map) => map.values_mut().for_each(|item| replace(item, from, to)),
        _ => {}
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

/// Keeps the environment's share of every request. A quantity that cannot be read stays as it is, the API server will say so.
fn requests(spec: &mut Value, blueprint: &Blueprint) {
    if let Some(percent) = blueprint.rehearsal.requests {
        let containers = containers(spec).into_iter();
        for resources in containers.filter_map(|container| container.get_mut("resources")) {
            keep_share(resources, percent);
        }
    }
}

/// A limit without a request is a request, too: Kubernetes takes the one for the other.
fn keep_share(resources: &mut Value, percent: u32) {
    let list = |name: &str| resources[name].as_object().cloned().unwrap_or_default();
    let mut requests = list("limits");
    requests.extend(list("requests"));
    for (name, quantity) in &mut requests {
        let text = quantity
            .as_str()
            .map_or_else(|| quantity.to_string(), str::to_owned);
        if let Ok(amount) = text.parse::<Quantity>() {
            let share = amount.percent(percent);
            // there is no part of a byte
            let share = match name.as_str() {
                "cpu" => share,
                _ => share.in_whole_units(),
            };
            *quantity = Value::String(share.to_string());
        }
    }
    if !requests.is_empty() {
        resources["requests"] = Value::Object(requests);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_of_requests_is_kept_in_whole_bytes_and_limits_stay() {
        let mut resources = json!({
            "requests": {"cpu": "100m", "memory": "256Mi"},
            "limits": {"cpu": 2, "memory": "1Gi", "ephemeral-storage": "1G"},
        });
        let limits = resources["limits"].clone();
        keep_share(&mut resources, 5);
        assert_eq!(
            resources["requests"],
            json!({"cpu": "5m", "memory": "13421773", "ephemeral-storage": "50000000"})
        );
        assert_eq!(resources["limits"], limits);
        let mut none = json!({});
        keep_share(&mut none, 5);
        assert_eq!(none, json!({}));
    }
}
