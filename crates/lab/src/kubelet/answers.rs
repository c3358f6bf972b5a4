//! Whether probes and Services meet a port of the pod. A kubelet would learn it by connecting.

use super::pod::{Container, Pod, PortName, Probe};
use super::world::{ServicePort, World};
use crate::real::{Asked, RealKind, Standing};
use crate::stages::FAILED;

/// What keeps a pod from getting ready or completing.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Unanswered {
    /// In the words of a failed probe.
    Probe(String),
    /// Its Job works for real, and has not ended.
    Works,
    /// Its Job failed, in the words of its program.
    Failed(String),
}

impl Unanswered {
    /// The reason in the pod's condition.
    pub(super) fn reason(&self) -> &'static str {
        match self {
            Self::Probe(_) => "Unhealthy",
            Self::Works => "Works",
            Self::Failed(_) => FAILED,
        }
    }

    /// The message in the pod's condition.
    pub(super) fn message(&self) -> &str {
        match self {
            Self::Probe(message) | Self::Failed(message) => message,
            Self::Works => "the program of its Job runs beside the lab",
        }
    }
}

/// What keeps the pod from getting ready or completing; none when nothing does.
pub(super) fn unanswered(pod: &Pod, world: &World) -> Option<Unanswered> {
    let drilled = world.expectations.never_ready(&pod.subject);
    drilled
        .map(|message| Unanswered::Probe(format!("Readiness probe failed: {message}")))
        .or_else(|| real(pod, world))
        .or_else(|| probe(pod).map(Unanswered::Probe))
        .or_else(|| service(pod, world).map(Unanswered::Probe))
}

/// Something runs for real behind the pod, and does not answer.
fn real(pod: &Pod, world: &World) -> Option<Unanswered> {
    let server = world.expectations.real(&pod.subject)?;
    let probe = |message: &str| {
        let message = format!("Readiness probe failed: {message}");
        Some(Unanswered::Probe(message))
    };
    let refused = |port: u16| probe(&format!("dial tcp :{port}: connect: connection refused"));
    match (world.real.get(&Asked::of(server, &pod.uid)), &server.kind) {
        (Some(Standing::Answers(_)), _) => None,
        (Some(Standing::Failed(problem)), RealKind::KeyJob(_)) => {
            Some(Unanswered::Failed(problem.clone()))
        }
        (_, RealKind::KeyJob(_)) => Some(Unanswered::Works),
        (Some(Standing::Failed(problem)), _) => probe(problem),
        (_, RealKind::Server(login)) => refused(login.port),
        (_, RealKind::Keymanager(manager)) => refused(manager.port),
        (_, RealKind::Token(_)) => probe("the token is not open yet"),
    }
}

fn probe(pod: &Pod) -> Option<String> {
    let probes = pod
        .all_containers()
        .flat_map(|container| container.probes.iter().map(move |probe| (container, probe)));
    let mut missed = probes.filter(|(container, probe)| !meets(pod, container, probe));
    missed.next().map(|(container, Probe { kind, port })| match port {
        PortName::Number(number) => format!(
            "{kind} probe failed: dial tcp :{number}: connect: connection refused (no container of the pod has port {number})"
        ),
        PortName::Name(name) => format!(
            "{kind} probe failed: container \"{}\" has no port named \"{name}\"",
            container.name
        ),
    })
}

/// Containers share one network, so a number may belong to any; a name is looked up in the probe's own container.
fn meets(pod: &Pod, container: &Container, probe: &Probe) -> bool {
    match &probe.port {
        PortName::Number(number) => pod
            .all_containers()
            .flat_map(|container| &container.ports)
            .any(|port| port.number == *number),
        PortName::Name(name) => container
            .ports
            .iter()
            .any(|port| port.name.as_ref() == Some(name)),
    }
}

fn service(pod: &Pod, world: &World) -> Option<String> {
    let mut missed: Vec<String> = world
        .services
        .iter()
        .filter(|((namespace, _), service)| {
            *namespace == pod.namespace && service.selects(&pod.labels)
        })
        .flat_map(|((namespace, name), service)| {
            let ports = service.ports.iter().filter(|port| !is_served(pod, port));
            ports.map(move |port| {
                let number = port.number;
                let target = match &port.target {
                    PortName::Number(number) => number.to_string(),
                    PortName::Name(name) => format!("\"{name}\""),
                };
                format!(
                    "Readiness probe failed: service {namespace}/{name} sends port {number} to target port {target}, which no container of the pod has"
                )
            })
        })
        .collect();
    missed.sort();
    missed.into_iter().next()
}

fn is_served(pod: &Pod, service_port: &ServicePort) -> bool {
    let ports = pod.all_containers().flat_map(|container| &container.ports);
    ports
        .filter(|port| port.protocol == service_port.protocol)
        .any(|port| match &service_port.target {
            PortName::Number(number) => port.number == *number,
            PortName::Name(name) => port.name.as_ref() == Some(name),
        })
}
