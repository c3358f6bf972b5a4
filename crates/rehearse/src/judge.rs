//! What was seen, judged: is everything placed, what would help. Pure.

use std::collections::BTreeMap;

use crate::quantity::Amount;
use crate::report::{NodeUse, Unplaced};
use crate::seen::{Seen, SeenPod};

/// Whether the scheduler has had its say about every pod that there is to be: each is somewhere, or was judged.
pub fn is_settled(seen: &Seen) -> bool {
    let mut pods: BTreeMap<&str, (i32, bool)> = BTreeMap::new();
    for pod in &seen.pods {
        if pod.is_leaving || (pod.node.is_empty() && pod.unschedulable.is_none()) {
            return false;
        }
        let (count, waits) = pods.entry(&pod.owner).or_default();
        *count += 1;
        *waits |= !pod.is_ready;
    }
    seen.controllers.iter().all(|controller| {
        let (count, waits) = pods
            .get(controller.uid.as_str())
            .copied()
            .unwrap_or_default();
        // the next one is made when those that are there are ready
        count == controller.replicas
            || (controller.one_by_one && waits && count < controller.replicas)
    })
}

/// Whether nothing moves any more although something is not placed: every pod is ready, or the scheduler has refused it.
pub fn is_stuck(seen: &Seen) -> bool {
    is_settled(seen)
        && seen.pods.iter().any(|pod| pod.unschedulable.is_some())
        && seen
            .pods
            .iter()
            .all(|pod| pod.is_ready || pod.unschedulable.is_some())
}

/// The pods that no node takes, with the scheduler's own words.
pub fn unplaced(seen: &Seen) -> Vec<Unplaced> {
    let refused = seen.pods.iter().filter_map(|pod| {
        Some(Unplaced {
            pod: format!("{}/{}", pod.namespace, pod.name),
            release: pod.release.clone(),
            requests: pod.requests,
            scheduler: pod.unschedulable.clone()?,
        })
    });
    let mut refused: Vec<Unplaced> = refused.collect();
    refused.sort_by(|one, other| one.pod.cmp(&other.pod));
    refused
}

/// What each node holds.
pub fn use_of_nodes(seen: &Seen) -> Vec<NodeUse> {
    let mut nodes: Vec<NodeUse> = seen
        .nodes
        .iter()
        .map(|node| {
            let own = |pod: &&SeenPod| pod.node == node.name;
            let requested = seen.pods.iter().filter(own);
            let requested = requested.fold(Amount::default(), |sum, pod| sum + pod.requests);
            NodeUse {
                peak: requested,
                requested,
                name: node.name.clone(),
                zone: node.zone.clone(),
                allocatable: node.allocatable,
                pods: seen.pods.iter().filter(own).count(),
            }
        })
        .collect();
    nodes.sort_by_key(|node| numbered(&node.name));
    nodes
}

/// Keeps the most that was asked of each node.
#[derive(Debug, Clone, Default)]
pub struct Peaks(BTreeMap<String, Amount>);

impl Peaks {
    /// Another look.
    pub fn look(&mut self, seen: &Seen) {
        let mut now: BTreeMap<&str, Amount> = BTreeMap::new();
        for pod in seen.pods.iter().filter(|pod| !pod.node.is_empty()) {
            *now.entry(&pod.node).or_default() += pod.requests;
        }
        for (node, asked) in now {
            let peak = self.0.entry(node.to_owned()).or_default();
            *peak = peak.max(asked);
        }
    }

    /// Notes what was seen on the nodes of a report.
    pub fn note(&self, nodes: &mut [NodeUse]) {
        for node in nodes {
            let peak = self.0.get(&node.name).copied().unwrap_or_default();
            node.peak = node.peak.max(peak);
        }
    }
}

/// `node-10` comes after `node-9`.
pub(crate) fn numbered(name: &str) -> (String, u64) {
    match name.rsplit_once('-') {
        Some((group, number)) => (group.to_owned(), number.parse().unwrap_or(0)),
        None => (name.to_owned(), 0),
    }
}

/// Budgets that let no pod go: a node under them cannot be emptied in an orderly way.
pub fn blocked(seen: &Seen) -> Vec<String> {
    let blocked = seen
        .budgets
        .iter()
        .filter(|budget| budget.pods > 0 && budget.allowed == 0);
    blocked.map(|budget| budget.name.clone()).collect()
}

/// Whether more nodes of the largest shape there is would take these pods: each fits an empty one, and want of room is all that
/// the scheduler has against it.
pub fn more_nodes_help(seen: &Seen, unplaced: &[Unplaced]) -> bool {
    let shape = largest(seen).unwrap_or_default();
    unplaced
        .iter()
        .all(|pod| pod.requests.fits(&shape) && is_short(pod))
}

/// The largest shape of node there is.
fn largest(seen: &Seen) -> Option<Amount> {
    let shapes = seen.nodes.iter().map(|node| node.allocatable);
    shapes.max_by_key(|amount| (amount.memory, amount.milli_cpu))
}

fn is_short(pod: &Unplaced) -> bool {
    pod.scheduler.contains("Insufficient") || pod.scheduler.contains("Too many pods")
}

/// The smallest change that would make everything fit, in words; none when everything does.
///
/// Pods are put into empty nodes of the largest shape there is, the largest pods first. The scheduler may need fewer nodes,
/// for it also fills what is left elsewhere.
pub fn remedy(seen: &Seen, unplaced: &[Unplaced]) -> Option<String> {
    let shape = largest(seen)?;
    let too_large = unplaced.iter().find(|pod| !pod.requests.fits(&shape));
    if let Some(pod) = too_large {
        return Some(format!(
            "nodes must be larger: {} asks for {}, and a node has {}",
            pod.pod,
            words(pod.requests),
            words(shape)
        ));
    }
    if let Some(other) = unplaced.iter().find(|pod| !is_short(pod)) {
        return Some(format!(
            "more nodes do not help: the scheduler says of {}: {}",
            other.pod, other.scheduler
        ));
    }
    let mut pods: Vec<Amount> = unplaced.iter().map(|pod| pod.requests).collect();
    pods.sort_by_key(|amount| std::cmp::Reverse((amount.memory, amount.milli_cpu)));
    let mut left: Vec<Amount> = Vec::new();
    for pod in pods {
        match left.iter_mut().find(|left| pod.fits(left)) {
            Some(left) => *left = *left - pod,
            None => left.push(shape - pod),
        }
    }
    (!left.is_empty()).then(|| {
        let nodes = if left.len() == 1 { "node" } else { "nodes" };
        format!("{} more {nodes} of {}", left.len(), words(shape))
    })
}

/// `2.5 cores and 4.0 GiB`.
pub fn words(amount: Amount) -> String {
    format!(
        "{:.1} cores and {:.1} GiB",
        cores(amount),
        gibibytes(amount)
    )
}

/// `2.5 of 12.0 cores, 4.0 of 64.0 GiB`.
pub(crate) fn of(part: Amount, whole: Amount) -> String {
    format!(
        "{:.1} of {:.1} cores, {:.1} of {:.1} GiB",
        cores(part),
        cores(whole),
        gibibytes(part),
        gibibytes(whole)
    )
}

fn cores(amount: Amount) -> f64 {
    f64::from(u32::try_from(amount.milli_cpu).unwrap_or(u32::MAX)) / 1000.0
}

fn gibibytes(amount: Amount) -> f64 {
    f64::from(u32::try_from(amount.memory >> 20).unwrap_or(u32::MAX)) / 1024.0
}

#[cfg(test)]
mod tests;
