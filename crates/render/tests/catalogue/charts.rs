//! The charts are sound: they lint, draw nothing at random, and what they render fits together.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use crate::render::{Rendered, edition, helm, rendered, root};
use mosipctl_object::{Object, Referent, pod_specs, references};
use serde_json::{Value, json};

/// Template functions whose answer is another one the next time, or depends on the cluster or the machine.
const UNSTEADY: [&str; 16] = [
    "lookup",
    "randAlphaNum",
    "randAlpha",
    "randNumeric",
    "randAscii",
    "randBytes",
    "randInt",
    "shuffle",
    "uuidv4",
    "genPrivateKey",
    "genCA",
    "genSelfSignedCert",
    "genSignedCert",
    "now",
    "env",
    "expandenv",
];

fn charts() -> Vec<PathBuf> {
    let entries = std::fs::read_dir(root().join("charts")).unwrap();
    let mut charts: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    charts.sort();
    charts
}

#[test]
fn every_chart_lints() {
    for chart in charts() {
        let chart = chart.to_str().unwrap();
        helm(&["lint", "--strict", chart], &json!({})).unwrap_or_else(|error| panic!("{error}"));
    }
}

#[test]
fn no_template_draws_or_looks_anything_up() {
    for chart in charts() {
        for file in std::fs::read_dir(chart.join("templates")).unwrap() {
            let path = file.unwrap().path();
            let template = std::fs::read_to_string(&path).unwrap();
            assert!(!template.contains("helm.sh/hook"), "{}", path.display());
            for action in template.split("{{").skip(1) {
                let action = action.split("}}").next().unwrap_or_default();
                let called: BTreeSet<&str> = action
                    .split(|c: char| !c.is_ascii_alphanumeric() && c != '.' && c != '"')
                    .collect();
                for function in UNSTEADY {
                    let path = path.display();
                    assert!(!called.contains(function), "{path} calls `{function}`");
                }
            }
        }
    }
}

#[test]
fn kubernetes_1_28_and_1_36_are_both_served() {
    let chart = root().join("charts/mosip-service");
    let chart = chart.to_str().unwrap();
    for version in ["1.28.0", "1.36.1"] {
        let arguments = ["template", "x", chart, "--kube-version", version];
        helm(&arguments, &json!({})).unwrap_or_else(|error| panic!("{error}"));
    }
    let old = ["template", "x", chart, "--kube-version", "1.27.0"];
    assert!(helm(&old, &json!({})).is_err());
}

#[test]
fn a_value_that_the_chart_does_not_know_is_refused() {
    let chart = root().join("charts/mosip-service");
    let values = json!({"service": {"container": {"image": "a:1", "heapp": {}}}});
    let error = helm(&["template", "x", chart.to_str().unwrap()], &values).unwrap_err();
    assert!(error.contains("heapp"), "{error}");
}

#[test]
fn production_adds_what_keeps_a_service_up() {
    let chart = root().join("charts/mosip-service");
    let values = json!({
        "service": {
            "replicas": 2,
            "container": {"image": "a:1", "ports": [{"container": 8080, "service": 80}]},
            "claims": [{"name": "data", "size": "1Gi"}],
        },
        "platform": {"disruptionBudget": true, "spread": true, "networkPolicy": true, "pullSecrets": ["registry"]},
    });
    let manifest = helm(&["template", "x", chart.to_str().unwrap()], &values).unwrap();
    let objects = mosipctl_object::manifest::objects(&manifest).unwrap();
    let find = |kind: &str| {
        let found = objects.iter().find(|object| object.kind().kind == kind);
        found.unwrap_or_else(|| panic!("no {kind}")).value()
    };
    assert_eq!(find("PodDisruptionBudget")["spec"]["minAvailable"], 1);
    let ingress = &find("NetworkPolicy")["spec"]["ingress"][0];
    assert_eq!(ingress["ports"][0]["port"], 8080);
    let pod = &find("Deployment")["spec"]["template"]["spec"];
    assert_eq!(
        pod["topologySpreadConstraints"].as_array().unwrap().len(),
        2
    );
    assert_eq!(pod["imagePullSecrets"][0]["name"], "registry");
    assert_eq!(pod["automountServiceAccountToken"], false);
    let claim = find("PersistentVolumeClaim");
    assert_eq!(
        claim["metadata"]["annotations"]["helm.sh/resource-policy"],
        "keep"
    );
}

#[test]
fn an_existing_server_keeps_its_name_in_the_cluster() {
    let chart = root().join("charts/existing-server");
    let chart = chart.to_str().unwrap();
    let service = |host: &str, target: &str| {
        let ports = json!([{"name": "tcp", "port": 5432}]);
        let values = json!({"name": "db", "host": host, "target": target, "ports": ports});
        let manifest = helm(&["template", "x", chart], &values)?;
        Ok::<_, String>(mosipctl_object::manifest::objects(&manifest).unwrap())
    };
    let named = service("https://db.example.org:5432", "").unwrap();
    assert_eq!(named[0].value()["spec"]["externalName"], "db.example.org");
    let addressed = service("10.0.0.5", "5433").unwrap();
    let slice = addressed
        .iter()
        .find(|object| object.kind().kind == "EndpointSlice")
        .unwrap();
    assert_eq!(slice.value()["ports"][0]["port"], 5433);
    assert!(service("db.example.org", "5433").is_err());
}

#[test]
fn ports_of_services_and_probes_are_ports_of_containers() {
    let mut wrong = Vec::new();
    for part in rendered() {
        for object in &part.objects {
            for pod in pod_specs(object) {
                wrong.extend(probes_that_miss(pod).map(|told| format!("{}: {told}", part.name)));
            }
            if object.kind().kind == "Service" {
                wrong.extend(targets_that_miss(object, part));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

fn probes_that_miss(pod: &Value) -> impl Iterator<Item = String> {
    let containers = items(&pod["containers"]).flat_map(|container| {
        let ports: BTreeSet<u64> = container_ports(container).collect();
        let probes = ["startupProbe", "readinessProbe", "livenessProbe"];
        probes.into_iter().filter_map(move |probe| {
            let asked = ["httpGet", "tcpSocket"]
                .iter()
                .find_map(|way| container[probe][way]["port"].as_u64())?;
            let told = format!("{probe} asks port {asked}, the container has {ports:?}");
            (!ports.contains(&asked)).then_some(told)
        })
    });
    containers.collect::<Vec<_>>().into_iter()
}

fn targets_that_miss(service: &Object, part: &Rendered) -> Vec<String> {
    let selector = &service.value()["spec"]["selector"];
    if selector.is_null() {
        return Vec::new();
    }
    let is_chosen = |object: &&Object| {
        let labels = &object.value()["spec"]["template"]["metadata"]["labels"];
        let wanted = selector.as_object().into_iter().flatten();
        labels.is_object()
            && wanted
                .into_iter()
                .all(|(name, value)| labels[name] == *value)
    };
    let Some(workload) = part.objects.iter().find(is_chosen) else {
        return vec![format!("{}: {} chooses no pods", part.name, service.name())];
    };
    let pods = pod_specs(workload);
    let ports: BTreeSet<u64> = pods
        .iter()
        .flat_map(|pod| items(&pod["containers"]))
        .flat_map(container_ports)
        .collect();
    items(&service.value()["spec"]["ports"])
        .filter_map(|port| port["targetPort"].as_u64())
        .filter(|target| !ports.contains(target))
        .map(|target| {
            format!(
                "{}: {} leads to port {target}, which no container has",
                part.name,
                service.name()
            )
        })
        .collect()
}

fn container_ports(container: &Value) -> impl Iterator<Item = u64> {
    items(&container["ports"]).filter_map(|port| port["containerPort"].as_u64())
}

#[test]
fn port_names_fit_kubernetes() {
    for part in rendered() {
        for pod in part.objects.iter().flat_map(pod_specs) {
            for port in items(&pod["containers"]).flat_map(|c| items(&c["ports"])) {
                let name = port["name"].as_str().unwrap_or_default();
                assert!(
                    name.len() <= 15,
                    "{}: port name `{name}` is too long",
                    part.name
                );
            }
        }
    }
}

/// What exists in a namespace: each config map and Secret with its keys, claims and service accounts.
type Existing = BTreeMap<(Referent, String, String), BTreeSet<String>>;

#[test]
fn every_key_that_a_pod_reads_is_made_by_somebody() {
    let edition = edition();
    let existing = existing();
    let mut wrong = Vec::new();
    for part in rendered() {
        for object in &part.objects {
            for reference in references(object) {
                if reference.optional {
                    continue;
                }
                let here = |namespace: &str| {
                    (
                        reference.referent,
                        namespace.to_owned(),
                        reference.name.clone(),
                    )
                };
                let shared = match reference.referent {
                    Referent::ConfigMap => &edition.edition.shared.config_maps,
                    Referent::Secret => &edition.edition.shared.secrets,
                    _ => &indexmap::IndexMap::new(),
                };
                let found = existing.get(&here(&part.namespace)).or_else(|| {
                    let original = shared.get(&reference.name)?;
                    existing.get(&here(original))
                });
                match (found, &reference.key) {
                    (Some(_), None) => {}
                    (Some(keys), Some(key)) if keys.contains(key) => {}
                    _ => wrong.push(format!("{}: {reference:?}", part.name)),
                }
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

fn existing() -> Existing {
    let mut existing = Existing::new();
    for part in rendered() {
        let here = |referent, name: &str| (referent, part.namespace.clone(), name.to_owned());
        for map in &part.config_maps {
            let keys = map.data.keys().cloned().collect();
            existing.insert(here(Referent::ConfigMap, &map.name), keys);
        }
        for secret in &part.secrets {
            let keys = secret.keys.keys().cloned().collect();
            existing.insert(here(Referent::Secret, &secret.name), keys);
        }
        for object in &part.objects {
            let referent = match object.kind().kind.as_str() {
                "ConfigMap" => Referent::ConfigMap,
                "Secret" => Referent::Secret,
                "PersistentVolumeClaim" => Referent::Claim,
                "ServiceAccount" => Referent::ServiceAccount,
                _ => continue,
            };
            let data = object.value()["data"].as_object();
            let keys = data.into_iter().flat_map(|data| data.keys().cloned());
            existing.insert(here(referent, object.name()), keys.collect());
        }
    }
    existing
}

#[test]
fn no_release_holds_a_secret() {
    for part in rendered() {
        let secret = part.objects.iter().find(|o| o.kind().kind == "Secret");
        assert!(secret.is_none(), "{}", part.name);
    }
}

#[test]
fn no_two_components_make_the_same_object() {
    let mut seen = BTreeMap::new();
    for part in rendered() {
        for object in &part.objects {
            if let Some(other) = seen.insert(object.key(), &part.name) {
                panic!("{} is made by {other} and {}", object.key(), part.name);
            }
        }
    }
}

fn items(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}
