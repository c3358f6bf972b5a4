//! What the pods of an object name: config maps, Secrets, claims, service accounts.
//!
//! A kubelet starts no pod before each of these exists with the key that is asked for. The plan makes them needs, the
//! lab's kubelet checks them.

use serde_json::Value;

use crate::object::Object;

/// What sort of thing a pod names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Referent {
    /// A ConfigMap.
    ConfigMap,
    /// A Secret.
    Secret,
    /// A PersistentVolumeClaim.
    Claim,
    /// A ServiceAccount.
    ServiceAccount,
    /// A Secret with registry credentials.
    PullSecret,
}

/// One thing that a pod names, in the pod's namespace.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Reference {
    /// What sort.
    pub referent: Referent,
    /// Its name.
    pub name: String,
    /// The key asked for; none for the whole object.
    pub key: Option<String>,
    /// Whether the pod starts without it.
    pub optional: bool,
    /// The container that names it; none when the pod does.
    pub container: Option<String>,
    /// The volume that is made of it.
    pub volume: Option<String>,
}

/// Who names a thing within a pod.
#[derive(Clone, Copy, Default)]
struct Namer<'a> {
    container: Option<&'a str>,
    volume: Option<&'a str>,
}

/// The pod specs in an object: its own, its template's, or its job template's.
pub fn pod_specs(object: &Object) -> Vec<&Value> {
    let pointer = match object.kind().kind.as_str() {
        "Pod" => "/spec",
        "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet" | "Job" => "/spec/template/spec",
        "CronJob" => "/spec/jobTemplate/spec/template/spec",
        _ => return Vec::new(),
    };
    object.value().pointer(pointer).into_iter().collect()
}

/// The containers of a pod spec, those that run before the others first.
pub fn containers(spec: &Value) -> impl Iterator<Item = &Value> {
    let lists = ["initContainers", "containers"];
    lists.into_iter().flat_map(|list| items(spec, list))
}

/// Annotation with the images, between spaces, that an object names where no container stands.
pub const IMAGES_ANNOTATION: &str = "mosipctl.io/images";

/// The images that the pods of an object run, and those that it says it names otherwise.
pub fn images(object: &Object) -> impl Iterator<Item = &str> {
    let all = pod_specs(object).into_iter().flat_map(containers);
    let run = all.filter_map(|container| container["image"].as_str());
    let named = object.annotations().remove(IMAGES_ANNOTATION);
    run.chain(named.into_iter().flat_map(str::split_whitespace))
}

/// Everything the pods of an object name. Claims of a StatefulSet's templates are its own and left out.
pub fn references(object: &Object) -> Vec<Reference> {
    let mut found: Vec<Reference> = pod_specs(object).into_iter().flat_map(of_pod).collect();
    found.sort();
    found.dedup();
    found
}

/// Everything a pod spec names.
fn of_pod(spec: &Value) -> Vec<Reference> {
    let mut found = Vec::new();
    for container in containers(spec) {
        of_container(container, &mut found);
    }
    for volume in items(spec, "volumes") {
        of_volume(volume, &mut found);
    }
    for secret in items(spec, "imagePullSecrets") {
        push(
            &mut found,
            Referent::PullSecret,
            &secret["name"],
            None,
            false,
            Namer::default(),
        );
    }
    push(
        &mut found,
        Referent::ServiceAccount,
        &spec["serviceAccountName"],
        None,
        false,
        Namer::default(),
    );
    found
}

fn of_container(container: &Value, found: &mut Vec<Reference>) {
    let namer = Namer {
        container: container["name"].as_str(),
        volume: None,
    };
    for variable in items(container, "env") {
        let from = &variable["valueFrom"];
        for (referent, source) in [
            (Referent::ConfigMap, &from["configMapKeyRef"]),
            (Referent::Secret, &from["secretKeyRef"]),
        ] {
            let optional = source["optional"].as_bool().unwrap_or(false);
            push(
                found,
                referent,
                &source["name"],
                source["key"].as_str(),
                optional,
                namer,
            );
        }
    }
    for from in items(container, "envFrom") {
        for (referent, source) in [
            (Referent::ConfigMap, &from["configMapRef"]),
            (Referent::Secret, &from["secretRef"]),
        ] {
            let optional = source["optional"].as_bool().unwrap_or(false);
            push(found, referent, &source["name"], None, optional, namer);
        }
    }
}

fn of_volume(volume: &Value, found: &mut Vec<Reference>) {
    let namer = Namer {
        container: None,
        volume: volume["name"].as_str(),
    };
    let mut keyed = |source, referent, name| of_keyed(source, referent, name, namer, found);
    keyed(&volume["configMap"], Referent::ConfigMap, "name");
    keyed(&volume["secret"], Referent::Secret, "secretName");
    for source in items(&volume["projected"], "sources") {
        keyed(&source["configMap"], Referent::ConfigMap, "name");
        keyed(&source["secret"], Referent::Secret, "name");
    }
    push(
        found,
        Referent::Claim,
        &volume["persistentVolumeClaim"]["claimName"],
        None,
        false,
        namer,
    );
}

/// A volume of a ConfigMap or Secret: the whole object, or each key of its `items`.
fn of_keyed(
    source: &Value,
    referent: Referent,
    name: &str,
    namer: Namer<'_>,
    found: &mut Vec<Reference>,
) {
    let optional = source["optional"].as_bool().unwrap_or(false);
    let keys: Vec<&str> = items(source, "items")
        .filter_map(|item| item["key"].as_str())
        .collect();
    if keys.is_empty() {
        push(found, referent, &source[name], None, optional, namer);
    }
    for key in keys {
        push(found, referent, &source[name], Some(key), optional, namer);
    }
}

fn push(
    found: &mut Vec<Reference>,
    referent: Referent,
    name: &Value,
    key: Option<&str>,
    optional: bool,
    namer: Namer<'_>,
) {
    if let Some(name) = name.as_str().filter(|name| !name.is_empty()) {
        found.push(Reference {
            referent,
            name: name.to_owned(),
            key: key.map(str::to_owned),
            optional,
            container: namer.container.map(str::to_owned),
            volume: namer.volume.map(str::to_owned),
        });
    }
}

fn items<'a>(value: &'a Value, list: &str) -> impl Iterator<Item = &'a Value> {
    value[list].as_array().into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn everything_a_pod_names_is_found() {
        let pod = json!({
            "serviceAccountName": "sa",
            "imagePullSecrets": [{"name": "regsecret"}],
            "initContainers": [{"name": "init", "envFrom": [{"secretRef": {"name": "whole"}}]}],
            "containers": [{"name": "main", "env": [
                {"name": "A", "valueFrom": {"configMapKeyRef": {"name": "global", "key": "mosip-api-host"}}},
                {"name": "B", "valueFrom": {"secretKeyRef": {"name": "s3", "key": "k", "optional": true}}},
                {"name": "C", "value": "plain"},
            ]}],
            "volumes": [
                {"name": "v", "configMap": {"name": "files", "items": [{"key": "a.xml", "path": "a.xml"}]}},
                {"name": "c", "persistentVolumeClaim": {"claimName": "landing"}},
                {"name": "p", "projected": {"sources": [{"secret": {"name": "token"}}]}},
                {"name": "e", "emptyDir": {}},
            ],
        });
        let found: Vec<String> = of_pod(&pod)
            .into_iter()
            .map(|r| {
                let by = r.container.or(r.volume).unwrap_or_default();
                format!(
                    "{:?} {} {:?} {} {by}",
                    r.referent, r.name, r.key, r.optional
                )
            })
            .collect();
        assert_eq!(
            found,
            [
                "Secret whole None false init",
                "ConfigMap global Some(\"mosip-api-host\") false main",
                "Secret s3 Some(\"k\") true main",
                "ConfigMap files Some(\"a.xml\") false v",
                "Claim landing None false c",
                "Secret token None false p",
                "PullSecret regsecret None false ",
                "ServiceAccount sa None false ",
            ]
        );
    }
}
