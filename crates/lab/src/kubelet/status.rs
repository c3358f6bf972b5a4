//! The status of a pod, as a kubelet writes it.

use std::net::Ipv4Addr;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::pod::{Container, Pod};

/// Where every node of a lab is.
const NODE: Ipv4Addr = Ipv4Addr::LOCALHOST;
/// First octet of pods' addresses, which lead nowhere.
const PODS: u8 = 10;

/// Init containers have completed, containers run and are not ready yet: what a status has beside `more` conditions.
pub(super) fn started(pod: &Pod, more: Vec<Value>, now: Timestamp) -> Value {
    let message = unready(&pod.containers);
    let unready = |kind| condition(kind, false, "ContainersNotReady", &message, now);
    let mut conditions = vec![
        condition("PodReadyToStartContainers", true, "", "", now),
        condition("Initialized", true, "", "", now),
        unready("ContainersReady"),
        unready("Ready"),
    ];
    conditions.extend(more);
    let inits = pod
        .init_containers
        .iter()
        .map(|init| match init.is_sidecar {
            true => runs(init, true, now),
            false => completed(init, now),
        });
    let containers = pod.containers.iter();
    let containers = containers.map(|container| runs(container, false, now));
    json!({
        "phase": "Running",
        "startTime": seconds(now),
        "hostIP": NODE,
        "podIP": address(pod),
        "conditions": conditions,
        "initContainerStatuses": inits.collect::<Vec<_>>(),
        "containerStatuses": containers.collect::<Vec<_>>(),
    })
}

/// An address that stays the pod's own: from its uid, for nobody keeps a list. A pod in the network of its node has the node's.
fn address(pod: &Pod) -> Ipv4Addr {
    if pod.in_host_network {
        return NODE;
    }
    let digest = mosipctl_object::digest(&json!(pod.uid));
    let number = u32::from_str_radix(&digest[..6], 16).unwrap_or_default();
    let [_, b, c, d] = number.to_be_bytes();
    Ipv4Addr::new(PODS, b, c, d)
}

fn runs(container: &Container, ready: bool, now: Timestamp) -> Value {
    let mut status = status_of(
        container,
        ready,
        json!({"running": {"startedAt": seconds(now)}}),
    );
    let is_probed = |probe: &super::pod::Probe| probe.kind == "Startup";
    status["started"] = json!(!container.probes.iter().any(is_probed));
    status
}

pub(super) fn completed(container: &Container, now: Timestamp) -> Value {
    let now = seconds(now);
    let end = json!({"exitCode": 0, "reason": "Completed", "startedAt": now, "finishedAt": now});
    status_of(container, true, json!({"terminated": end}))
}

pub(super) fn status_of(container: &Container, ready: bool, state: Value) -> Value {
    json!({
        "name": container.name,
        "image": container.image,
        "imageID": "",
        "ready": ready,
        "started": false,
        "restartCount": 0,
        "state": state,
    })
}

pub(super) fn condition(
    kind: &str,
    holds: bool,
    reason: &str,
    message: &str,
    now: Timestamp,
) -> Value {
    json!({
        "type": kind,
        "status": if holds { "True" } else { "False" },
        "reason": reason,
        "message": message,
        "lastTransitionTime": seconds(now),
    })
}

pub(super) fn unready(containers: &[Container]) -> String {
    format!("containers with unready status: [{}]", names(containers))
}

pub(super) fn names(containers: &[Container]) -> String {
    let names = containers.iter().map(|container| container.name.as_str());
    names.collect::<Vec<_>>().join(" ")
}

/// A time as the API has it.
pub(super) fn seconds(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
