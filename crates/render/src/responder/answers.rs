//! What a container has to answer, by its own ports and probes.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

/// The probes that a container may have.
const PROBES: [&str; 3] = ["startupProbe", "readinessProbe", "livenessProbe"];

const EXEC: &str = "exec probes ask the responder";
const HTTPS: &str = "HTTPS probes only connect";
const GRPC: &str = "gRPC probes only connect";

/// The paths at each port; a port without a path only takes connections.
pub(super) struct Answers {
    ports: BTreeMap<u16, BTreeSet<String>>,
}

impl Answers {
    /// Every port that the container declares or is probed at, but for those `taken` by another container of its pod.
    pub(super) fn of(container: &Value, taken: &mut BTreeSet<u16>) -> Self {
        let named = |port: &Value| number(container, port);
        let declared = ports(container).filter(|port| is_tcp(port));
        let mut answers: BTreeMap<u16, BTreeSet<String>> = declared
            .filter_map(|port| Some((named(&port["containerPort"])?, BTreeSet::new())))
            .collect();
        for probe in PROBES.iter().map(|probe| &container[*probe]) {
            // a probe of another host is no affair of the container
            let own = ["httpGet", "tcpSocket", "grpc"].map(|kind| &probe[kind]);
            for asked in own.into_iter().filter(|asked| asked["host"].is_null()) {
                if let Some(port) = named(&asked["port"]) {
                    answers.entry(port).or_default().extend(path(probe));
                }
            }
        }
        answers.retain(|port, _| taken.insert(*port));
        Self { ports: answers }
    }

    /// Each answer as the responder takes it.
    pub(super) fn arguments(&self) -> impl Iterator<Item = String> {
        self.ports.iter().flat_map(|(port, paths)| {
            let plain = paths.is_empty().then(|| port.to_string());
            let paths = paths.iter().map(move |path| format!("{port}={path}"));
            plain.into_iter().chain(paths)
        })
    }

    /// Lets every probe ask for what the responder can answer. What had to be changed, in words.
    pub(super) fn ask_by(&self, container: &mut Value, program: &str) -> BTreeSet<&'static str> {
        let mut changes = BTreeSet::new();
        for name in PROBES {
            let Some(probe) = container.get_mut(name).and_then(Value::as_object_mut) else {
                continue;
            };
            if let Some(exec) = probe.get_mut("exec") {
                let mut command = vec![program.to_owned(), "ask".to_owned()];
                command.extend(self.arguments());
                *exec = json!({"command": command});
                changes.insert(EXEC);
            }
            let is_https = probe
                .get("httpGet")
                .is_some_and(|get| get["scheme"] == "HTTPS");
            for (kind, is_meant, change) in [("httpGet", is_https, HTTPS), ("grpc", true, GRPC)] {
                if is_meant && let Some(asked) = probe.remove(kind) {
                    probe.insert("tcpSocket".to_owned(), connection(&asked));
                    changes.insert(change);
                }
            }
        }
        changes
    }
}

/// A connection to where something was asked.
fn connection(asked: &Value) -> Value {
    let mut connection = json!({"port": asked["port"]});
    if let Some(host) = asked["host"].as_str() {
        connection["host"] = json!(host);
    }
    connection
}

fn ports(container: &Value) -> impl Iterator<Item = &Value> {
    container["ports"].as_array().into_iter().flatten()
}

fn is_tcp(port: &Value) -> bool {
    port["protocol"].as_str().is_none_or(|it| it == "TCP")
}

/// The number of a port that is told by number, by a number in quotes, or by its name.
fn number(container: &Value, port: &Value) -> Option<u16> {
    if let Some(number) = port.as_u64() {
        return number.try_into().ok();
    }
    let name = port.as_str()?;
    let named = ports(container).find(|port| port["name"] == name);
    match named {
        Some(port) => port["containerPort"].as_u64()?.try_into().ok(),
        None => name.parse().ok(),
    }
}

/// The path that a plain HTTP probe asks for, as the kubelet writes it.
fn path(probe: &Value) -> Option<String> {
    let get = probe["httpGet"].as_object()?;
    if get.get("scheme").is_some_and(|scheme| scheme == "HTTPS") {
        return None;
    }
    let path = get.get("path").and_then(Value::as_str).unwrap_or("/");
    Some(match path.starts_with('/') {
        true => path.to_owned(),
        false => format!("/{path}"),
    })
}
