//! Whether probes and Services meet a port of the pod. A kubelet would learn it by connecting.

use super::pod::{Container, Pod, PortName, Probe};
use super::world::{ServicePort, World};
use crate::real::Standing;

/// What keeps the pod from getting ready, in the words of a failed probe; none when nothing does.
pub(super) fn unanswered(pod: &Pod, world: &World) -> Option<String> {
    let drilled = world.expectations.never_ready(&pod.subject);
    drilled
        .map(|message| format!("Readiness probe failed: {message}"))
        .or_else(|| real(pod, world))
        .or_else(|| probe(pod))
        .or_else(|| service(pod, world))
}

/// A server that runs for real behind the pod, and does not answer.
fn real(pod: &Pod, world: &World) -> Option<String> {
    let server = world.expectations.real(&pod.subject)?;
    let port = server.port;
    match world.real.get(&pod.subject) {
        Some(Standing::Answers) => None,
        Some(Standing::Failed(problem)) => Some(format!("Readiness probe failed: {problem}")),
        Some(Standing::Starting) | None => Some(format!(
            "Readiness probe failed: dial tcp :{port}: connect: connection refused"
        )),
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
