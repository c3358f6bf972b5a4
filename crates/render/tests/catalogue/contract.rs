//! What MOSIP's configuration addresses is there, letter for letter, but for corrected defects.

use std::collections::{BTreeMap, BTreeSet};

use crate::render::{Rendered, rendered, root};
use mosipctl_object::{Object, pod_specs};
use serde::Deserialize;
use serde_json::Value;

/// Paths of one namespace, such as `service/websub/80`, with their values.
type Flat = BTreeMap<String, String>;

/// The official names, of which the head of the file tells more.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Contract {
    /// Namespaces of which only the listed sections are compared.
    partial: BTreeSet<String>,
    /// Services that property files ask for.
    addressed: Vec<String>,
    /// Those that nobody offers, with the reason.
    addressed_in_vain: BTreeMap<String, String>,
    /// What stands in each namespace.
    namespaces: BTreeMap<String, Value>,
}

impl Contract {
    fn read() -> Self {
        let path = root().join("catalogue/1.2.0.1/contract.yaml");
        serde_saphyr::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
    }

    fn official(&self, namespace: &str) -> Flat {
        let mut flat = Flat::new();
        flatten(&self.namespaces[namespace], &mut String::new(), &mut flat);
        flat
    }

    /// Whether a path counts in its namespace.
    fn counts(&self, namespace: &str, path: &str) -> bool {
        let section = path.split('/').next().unwrap_or_default();
        !self.partial.contains(namespace) || self.namespaces[namespace].get(section).is_some()
    }
}

fn flatten(value: &Value, at: &mut String, flat: &mut Flat) {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                let length = at.len();
                if !at.is_empty() {
                    at.push('/');
                }
                at.push_str(key.trim_start_matches('/'));
                flatten(value, at, flat);
                at.truncate(length);
            }
        }
        Value::String(text) => drop(flat.insert(at.clone(), text.clone())),
        other => drop(flat.insert(at.clone(), other.to_string())),
    }
}

/// A text of several lines counts as a file, whose content is ours.
const FILE: &str = "(file)";

fn text(value: &str) -> String {
    match value.trim_end().contains('\n') {
        true => FILE.to_owned(),
        false => value.to_owned(),
    }
}

/// What the components of a namespace come to, in the words of the contract.
fn ours(rendered: &[&Rendered]) -> Flat {
    let mut flat = Flat::new();
    for part in rendered {
        if let Some(release) = &part.release {
            flat.insert(format!("release/{release}"), String::new());
        }
        for map in &part.config_maps {
            for (key, value) in &map.data {
                flat.insert(format!("configMap/{}/{key}", map.name), text(value));
            }
        }
        for secret in &part.secrets {
            for key in secret.keys.keys() {
                flat.insert(format!("secret/{}/{key}", secret.name), String::new());
            }
        }
        for object in &part.objects {
            add(object, &mut flat);
        }
    }
    flat
}

fn add(object: &Object, flat: &mut Flat) {
    let name = object.name();
    let value = object.value();
    match object.kind().kind.as_str() {
        "ConfigMap" => {
            for (key, value) in entries(&value["data"]) {
                flat.insert(format!("configMap/{name}/{key}"), text(string(value)));
            }
        }
        "Service" => {
            for port in items(&value["spec"]["ports"]) {
                let target = format!("{} {}", port["targetPort"], string(&port["name"]));
                let path = format!("service/{name}/{}", port["port"]);
                flat.insert(path, target.trim_end().to_owned());
            }
        }
        "PersistentVolumeClaim" => {
            let spec = &value["spec"];
            let size = string(&spec["resources"]["requests"]["storage"]);
            let access = string(&spec["accessModes"][0]);
            let class = string(&spec["storageClassName"]);
            let claim = format!("{size} {access} {class}");
            flat.insert(format!("claim/{name}"), claim.trim_end().to_owned());
        }
        "Gateway" => gateway(name, &value["spec"], flat),
        "VirtualService" => route(object.namespace(), name, &value["spec"], flat),
        "ServiceMonitor" => monitor(name, &value["spec"], flat),
        _ => {
            for pod in pod_specs(object) {
                workload(name, pod, flat);
            }
        }
    }
}

fn gateway(name: &str, spec: &Value, flat: &mut Flat) {
    let ingress = string(&spec["selector"]["istio"]);
    flat.insert(format!("gateway/{name}/ingress"), ingress.to_owned());
    for server in items(&spec["servers"]) {
        let port = &server["port"];
        let hosts: Vec<&str> = items(&server["hosts"]).map(string).collect();
        let listens = format!("{} {}", string(&port["protocol"]), hosts.join(" "));
        flat.insert(format!("gateway/{name}/{}", port["number"]), listens);
    }
}

fn route(namespace: Option<&str>, name: &str, spec: &Value, flat: &mut Flat) {
    let mut put =
        |path: String, value: String| drop(flat.insert(format!("route/{name}/{path}"), value));
    put("gateways".to_owned(), joined(&spec["gateways"]));
    if joined(&spec["hosts"]) != "*" {
        put("hosts".to_owned(), joined(&spec["hosts"]));
    }
    let destination = |rule: &Value| {
        let to = &rule["route"][0]["destination"];
        let own = format!(".{}.svc.cluster.local", namespace.unwrap_or_default());
        format!(
            "{}:{}",
            string(&to["host"]).replace(&own, ""),
            to["port"]["number"]
        )
    };
    for rule in items(&spec["http"]) {
        let mut to = destination(rule);
        for (header, value) in entries(&rule["headers"]["request"]["set"]) {
            to.push_str(&format!(" {header}={}", string(value)));
        }
        if let Some(uri) = rule["rewrite"]["uri"].as_str() {
            to.push_str(&format!(" rewrite={uri}"));
        }
        for (way, path) in items(&rule["match"]).flat_map(|m| entries(&m["uri"])) {
            put(format!("{way} {}", string(path)), to.clone());
        }
        let cors = &rule["corsPolicy"];
        for (key, field) in [
            ("methods", "allowMethods"),
            ("headers", "allowHeaders"),
            ("expose", "exposeHeaders"),
        ] {
            if cors[field].is_array() {
                put(format!("cors/{key}"), joined(&cors[field]));
            }
        }
        let origins: Vec<String> = items(&cors["allowOrigins"])
            .flat_map(entries)
            .map(|(way, origin)| format!("{way} {}", string(origin)))
            .collect();
        if !origins.is_empty() {
            put("cors/origins".to_owned(), origins.join(", "));
        }
        if cors["allowCredentials"] == true {
            put("cors/credentials".to_owned(), "true".to_owned());
        }
    }
    for rule in items(&spec["tcp"]) {
        put(
            format!("tcp {}", rule["match"][0]["port"]),
            destination(rule),
        );
    }
}

fn monitor(name: &str, spec: &Value, flat: &mut Flat) {
    let endpoints: Vec<&Value> = items(&spec["endpoints"]).collect();
    for (index, endpoint) in endpoints.iter().enumerate() {
        let at = match endpoints.len() {
            1 => format!("serviceMonitor/{name}"),
            _ => format!("serviceMonitor/{name}/{index}"),
        };
        flat.insert(format!("{at}/port"), endpoint["targetPort"].to_string());
        flat.insert(format!("{at}/path"), string(&endpoint["path"]).to_owned());
    }
}

fn workload(name: &str, pod: &Value, flat: &mut Flat) {
    let volumes: BTreeMap<&str, &Value> = items(&pod["volumes"])
        .map(|volume| (string(&volume["name"]), volume))
        .collect();
    for container in items(&pod["initContainers"]).chain(items(&pod["containers"])) {
        let at = format!("workload/{name}/{}", string(&container["name"]));
        let mut put =
            |path: String, value: String| drop(flat.insert(format!("{at}/{path}"), value));
        put("image".to_owned(), string(&container["image"]).to_owned());
        for variable in items(&container["env"]) {
            let from = &variable["valueFrom"];
            let value = if let Some(source) = from.get("configMapKeyRef") {
                format!(
                    "<configMap {}#{}>",
                    string(&source["name"]),
                    string(&source["key"])
                )
            } else if let Some(source) = from.get("secretKeyRef") {
                format!(
                    "<secret {}#{}>",
                    string(&source["name"]),
                    string(&source["key"])
                )
            } else if let Some(source) = from.get("fieldRef") {
                format!("<field {}>", string(&source["fieldPath"]))
            } else {
                text(string(&variable["value"]))
            };
            put(format!("env/{}", string(&variable["name"])), value);
        }
        for source in items(&container["envFrom"]) {
            let which = match source["configMapRef"]["name"].as_str() {
                Some(name) => format!("configMap {name}"),
                None => format!("secret {}", string(&source["secretRef"]["name"])),
            };
            put(format!("envFrom/{which}"), String::new());
        }
        for mount in items(&container["volumeMounts"]) {
            // A volume that the pod does not list is a claim template's.
            let Some(volume) = volumes.get(string(&mount["name"])) else {
                continue;
            };
            let mut from = [
                ("configMap", &volume["configMap"]["name"]),
                ("secret", &volume["secret"]["secretName"]),
                ("claim", &volume["persistentVolumeClaim"]["claimName"]),
            ]
            .iter()
            .find_map(|(kind, name)| Some(format!("{kind} {}", name.as_str()?)))
            .unwrap_or_else(|| "empty".to_owned());
            if let Some(key) = mount["subPath"].as_str() {
                from.push_str(&format!("#{key}"));
            }
            let path = string(&mount["mountPath"]).trim_matches('/');
            put(format!("mount/{path}"), from);
        }
    }
}

/// Whether our value is what the contract asks for: the same, any where it names none, or the same JSON.
fn is_met(official: &str, ours: &str) -> bool {
    let json = |text: &str| {
        serde_json::from_str::<Value>(text)
            .ok()
            .filter(Value::is_object)
    };
    official == ours
        || official.is_empty()
        || official == FILE
        || json(official).is_some_and(|official| Some(official) == json(ours))
}

/// Whether a path matches a pattern in which `*` stands for anything.
fn matches(pattern: &str, path: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == path,
        Some((before, after)) => path.strip_prefix(before).is_some_and(|rest| {
            (0..=rest.len()).any(|at| rest.is_char_boundary(at) && matches(after, &rest[at..]))
        }),
    }
}

#[test]
fn every_component_keeps_the_contract_but_for_corrected_defects() {
    let contract = Contract::read();
    let rendered = rendered();
    let mut wrong = Vec::new();
    for namespace in contract.namespaces.keys() {
        let parts: Vec<&Rendered> = rendered
            .iter()
            .filter(|part| part.namespace == *namespace)
            .collect();
        let (official, ours) = (contract.official(namespace), ours(&parts));
        let paths: BTreeSet<&String> = official.keys().chain(ours.keys()).collect();
        let differences: BTreeMap<&str, String> = paths
            .into_iter()
            .filter(|path| contract.counts(namespace, path))
            .filter_map(|path| {
                let told = match (official.get(path), ours.get(path)) {
                    (Some(official), Some(ours)) if is_met(official, ours) => return None,
                    (Some(official), Some(ours)) => format!("is `{ours}` instead of `{official}`"),
                    (Some(official), None) => format!("is missing, officially `{official}`"),
                    (None, ours) => format!("is not official: `{}`", ours.map_or("", |v| v)),
                };
                Some((path.as_str(), told))
            })
            .collect();
        let corrections: Vec<(&str, &str)> = parts
            .iter()
            .flat_map(|part| part.corrects.iter().map(|c| (part.name.as_str(), c)))
            .filter_map(|(name, correction)| Some((name, correction.at.as_deref()?)))
            .collect();
        for (path, told) in &differences {
            if !corrections.iter().any(|(_, at)| matches(at, path)) {
                wrong.push(format!("{namespace}: {path} {told}"));
            }
        }
        for (name, at) in corrections {
            if !differences.keys().any(|path| matches(at, path)) {
                wrong.push(format!("{namespace}: `{at}` of `{name}` corrects nothing"));
            }
        }
    }
    for part in rendered {
        let is_listed = contract.namespaces.contains_key(&part.namespace);
        if !is_listed && part.corrects.iter().any(|c| c.at.is_some()) {
            wrong.push(format!(
                "{}: `{}` corrects what the contract does not know",
                part.namespace, part.name
            ));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn every_service_that_property_files_ask_for_is_there() {
    let contract = Contract::read();
    let rendered = rendered();
    let offered: BTreeSet<String> = rendered
        .iter()
        .flat_map(|part| &part.objects)
        .filter(|object| object.kind().kind == "Service")
        .map(|object| {
            format!(
                "{}/{}",
                object.namespace().unwrap_or_default(),
                object.name()
            )
        })
        .collect();
    let missing: Vec<&String> = contract
        .addressed
        .iter()
        .filter(|service| !offered.contains(*service))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
    let there: Vec<&String> = contract
        .addressed_in_vain
        .keys()
        .filter(|service| offered.contains(*service))
        .collect();
    assert!(there.is_empty(), "these are offered now: {there:?}");
}

fn string(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn items(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn entries(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

fn joined(list: &Value) -> String {
    items(list).map(string).collect::<Vec<_>>().join(", ")
}
