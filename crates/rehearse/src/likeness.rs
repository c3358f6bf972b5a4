//! The likeness of a cluster that is there: its nodes, its storage classes, and what others run on it, for a lab.

mod neighbours;

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{Node as ApiNode, Pod, Taint as ApiTaint};
use kube::ResourceExt;
use mosipctl_lab::{Node, StorageClass, Taint, is_node_ready};

use crate::quantity::Amount;
use crate::report::LikenessReport;
use crate::seen::{Seen, requests_of};

pub use neighbours::{IMAGE, Neighbour};

/// Taints that the cluster itself gives and takes with what becomes of a node.
const STATE: &str = "node.kubernetes.io/";

/// The likeness of a cluster.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Likeness {
    /// Its nodes that are ready, without what daemons take of them.
    pub nodes: Vec<Node>,
    /// Its storage classes.
    pub classes: Vec<StorageClass>,
    /// What others run on it.
    pub neighbours: Vec<Neighbour>,
    /// What is not the same as there, in words.
    pub notes: Vec<String>,
    /// Nodes and pods as they are there.
    pub seen: Seen,
    /// How many pods of the environment itself run there, and what they ask for.
    pub own: (usize, Amount),
}

impl Likeness {
    /// From the nodes, the pods and the storage classes of a cluster; `is_own` tells the pods of the environment itself.
    pub fn of(
        nodes: &[ApiNode],
        pods: &[Pod],
        classes: Vec<StorageClass>,
        is_own: impl Fn(&Pod) -> bool,
    ) -> Self {
        let live = pods.iter().filter(|pod| is_live(pod));
        let (own, others): (Vec<&Pod>, Vec<&Pod>) = live.partition(|pod| is_own(pod));
        let asked = own.iter().filter_map(|pod| pod.spec.as_ref());
        let asked = asked.fold(Amount::default(), |sum, spec| sum + requests_of(spec));
        let others = others.into_iter();
        let (daemons, movable): (Vec<&Pod>, Vec<&Pod>) =
            others.partition(|pod| stays_with_its_node(pod));
        let mut daemons_of: BTreeMap<&str, Vec<&Pod>> = BTreeMap::new();
        for pod in daemons {
            let node = pod.spec.as_ref().and_then(|spec| spec.node_name.as_deref());
            daemons_of
                .entry(node.unwrap_or_default())
                .or_default()
                .push(pod);
        }
        let (ready, absent): (Vec<&ApiNode>, Vec<&ApiNode>) =
            nodes.iter().partition(|node| is_node_ready(node));
        let ready = ready.into_iter().map(|node| {
            let daemons = daemons_of.remove(node.name_any().as_str());
            copy(node, &daemons.unwrap_or_default())
        });
        let absent = absent.into_iter();
        Self {
            own: (own.len(), asked),
            seen: Seen::placed(nodes, pods),
            nodes: ready.collect(),
            classes,
            neighbours: neighbours::of(&movable),
            notes: absent
                .map(|node| format!("node {} is not ready there and left out", node.name_any()))
                .collect(),
        }
    }
}

impl Likeness {
    /// What a report says of it.
    pub fn report(&self) -> LikenessReport {
        let mut report = LikenessReport {
            notes: self.notes.clone(),
            ..LikenessReport::default()
        };
        for neighbour in &self.neighbours {
            report.neighbours += neighbour.replicas;
            for _ in 0..neighbour.replicas {
                report.requests += neighbour.requests;
            }
        }
        report
    }
}

fn is_live(pod: &Pod) -> bool {
    let phase = pod
        .status
        .as_ref()
        .and_then(|status| status.phase.as_deref());
    !matches!(phase, Some("Succeeded" | "Failed")) && pod.metadata.deletion_timestamp.is_none()
}

/// Pods of daemon sets and of the kubelet itself: nobody else gets what they take.
fn stays_with_its_node(pod: &Pod) -> bool {
    let mut owners = pod.owner_references().iter();
    owners.any(|owner| owner.kind == "DaemonSet" || owner.kind == "Node")
}

fn copy(node: &ApiNode, daemons: &[&Pod]) -> Node {
    let status = node.status.as_ref();
    let allocatable = status.and_then(|status| status.allocatable.as_ref());
    let taken = daemons.iter().filter_map(|pod| pod.spec.as_ref());
    let taken = taken.fold(Amount::default(), |sum, spec| sum + requests_of(spec));
    let left = Amount::of(allocatable) - taken;
    let pods = allocatable.and_then(|allocatable| allocatable.get("pods"));
    let pods: Option<u32> = pods.and_then(|pods| pods.0.parse().ok());
    let daemons = u32::try_from(daemons.len()).unwrap_or(u32::MAX);
    let spec = node.spec.clone().unwrap_or_default();
    Node {
        name: node.name_any(),
        cpu: format!("{}m", left.milli_cpu),
        memory: left.memory.to_string(),
        pods: pods.unwrap_or_default().saturating_sub(daemons),
        labels: node.labels().clone(),
        taints: spec
            .taints
            .unwrap_or_default()
            .into_iter()
            .filter_map(taint)
            .collect(),
        is_cordoned: spec.unschedulable.unwrap_or_default(),
    }
}

/// None for one that says what has become of the node.
fn taint(taint: ApiTaint) -> Option<Taint> {
    let stays = !taint.key.starts_with(STATE);
    stays.then(|| Taint {
        key: taint.key,
        value: taint.value.unwrap_or_default(),
        effect: taint.effect,
    })
}

#[cfg(test)]
mod tests;
