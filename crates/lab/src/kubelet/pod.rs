//! A pod as far as it is judged.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{
    Container as ApiContainer, Pod as ApiPod, PodStatus, Probe as ApiProbe,
};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use mosipctl_object::{Object, Reference, Referent, references};

use crate::expectations::Subject;
use crate::stages::{ADMITTED, ANSWERS};

/// A pod as far as it is judged.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Pod {
    pub(super) uid: String,
    pub(super) namespace: String,
    pub(super) name: String,
    /// None until the scheduler has found one.
    pub(super) node: Option<String>,
    pub(super) labels: BTreeMap<String, String>,
    pub(super) subject: Subject,
    pub(super) standing: Standing,
    pub(super) references: Vec<Reference>,
    pub(super) in_host_network: bool,
    /// The volume with the token of its service account.
    pub(super) token_volume: Option<String>,
    pub(super) init_containers: Vec<Container>,
    pub(super) containers: Vec<Container>,
}

/// What has been written about the pod.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Standing {
    /// It is being deleted, or it has ended.
    pub(super) is_over: bool,
    pub(super) is_admitted: bool,
    pub(super) answers: Option<bool>,
}

/// A container as far as it is judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Container {
    pub(super) name: String,
    pub(super) image: String,
    pub(super) ports: Vec<Port>,
    pub(super) probes: Vec<Probe>,
    /// An init container that goes on running.
    pub(super) is_sidecar: bool,
}

/// A port that a container declares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Port {
    pub(super) number: i32,
    pub(super) name: Option<String>,
    pub(super) protocol: String,
}

/// A port that a probe or a Service names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum PortName {
    Number(i32),
    Name(String),
}

/// A probe that connects to a port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Probe {
    /// `Startup`, `Readiness` or `Liveness`.
    pub(super) kind: &'static str,
    pub(super) port: PortName,
}

impl Pod {
    pub(super) fn of(pod: &ApiPod) -> Self {
        let metadata = &pod.metadata;
        let spec = pod.spec.clone().unwrap_or_default();
        let labels = metadata.labels.clone().unwrap_or_default();
        let namespace = metadata.namespace.clone().unwrap_or_default();
        let instance = labels.get("app.kubernetes.io/instance");
        let instance = instance.cloned().unwrap_or_default();
        let containers = |list: Vec<ApiContainer>| list.iter().map(Container::of).collect();
        Self {
            uid: metadata.uid.clone().unwrap_or_default(),
            subject: Subject::new(namespace.clone(), instance),
            namespace,
            name: metadata.name.clone().unwrap_or_default(),
            node: spec.node_name.filter(|node| !node.is_empty()),
            labels,
            standing: Standing::of(pod),
            references: references_of(pod),
            in_host_network: spec.host_network == Some(true),
            token_volume: spec
                .volumes
                .unwrap_or_default()
                .into_iter()
                .find_map(|volume| {
                    let sources = volume.projected?.sources?;
                    let has_token = sources
                        .iter()
                        .any(|source| source.service_account_token.is_some());
                    has_token.then_some(volume.name)
                }),
            init_containers: containers(spec.init_containers.unwrap_or_default()),
            containers: containers(spec.containers),
        }
    }

    /// The claims that it keeps data in.
    pub(super) fn claims(&self) -> Vec<String> {
        let claims = self
            .references
            .iter()
            .filter(|reference| reference.referent == Referent::Claim);
        claims.map(|reference| reference.name.clone()).collect()
    }

    /// Every container, those that run first standing first.
    pub(super) fn all_containers(&self) -> impl Iterator<Item = &Container> {
        self.init_containers.iter().chain(&self.containers)
    }
}

impl Standing {
    fn of(pod: &ApiPod) -> Self {
        let status = pod.status.as_ref();
        let phase = status.and_then(|status| status.phase.as_deref());
        Self {
            is_over: pod.metadata.deletion_timestamp.is_some()
                || matches!(phase, Some("Succeeded" | "Failed")),
            is_admitted: condition(status, ADMITTED) == Some(true),
            answers: condition(status, ANSWERS),
        }
    }
}

fn condition(status: Option<&PodStatus>, kind: &str) -> Option<bool> {
    let mut conditions = status
        .iter()
        .flat_map(|status| &status.conditions)
        .flatten();
    let condition = conditions.find(|condition| condition.type_ == kind);
    condition.map(|condition| condition.status == "True")
}

fn references_of(pod: &ApiPod) -> Vec<Reference> {
    let object = serde_json::to_value(pod)
        .ok()
        .and_then(|pod| Object::try_from(pod).ok());
    object.map(|object| references(&object)).unwrap_or_default()
}

impl Container {
    fn of(container: &ApiContainer) -> Self {
        let ports = container.ports.iter().flatten().map(|port| Port {
            number: port.container_port,
            name: port.name.clone(),
            protocol: port.protocol.clone().unwrap_or_else(|| "TCP".to_owned()),
        });
        let probes = [
            ("Startup", &container.startup_probe),
            ("Readiness", &container.readiness_probe),
            ("Liveness", &container.liveness_probe),
        ];
        let probes = probes.into_iter().filter_map(|(kind, probe)| {
            let port = probed_port(probe.as_ref()?)?;
            Some(Probe { kind, port })
        });
        Self {
            name: container.name.clone(),
            image: container.image.clone().unwrap_or_default(),
            ports: ports.collect(),
            probes: probes.collect(),
            is_sidecar: container.restart_policy.as_deref() == Some("Always"),
        }
    }
}

impl From<&IntOrString> for PortName {
    fn from(port: &IntOrString) -> Self {
        match port {
            IntOrString::Int(number) => Self::Number(*number),
            // a number in quotes means the number
            IntOrString::String(text) => text
                .parse()
                .map_or_else(|_| Self::Name(text.clone()), Self::Number),
        }
    }
}

/// The port of a probe that connects to the pod itself.
fn probed_port(probe: &ApiProbe) -> Option<PortName> {
    if let Some(http) = &probe.http_get {
        return http.host.is_none().then(|| PortName::from(&http.port));
    }
    if let Some(tcp) = &probe.tcp_socket {
        return tcp.host.is_none().then(|| PortName::from(&tcp.port));
    }
    probe.grpc.as_ref().map(|grpc| PortName::Number(grpc.port))
}
