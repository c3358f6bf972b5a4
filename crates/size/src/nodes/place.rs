//! Placing pods as a scheduler does: each on the emptiest node.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use serde::Serialize;

use crate::components::ComponentSize;
use crate::figure::Amount;

/// A node with what is on it.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Node {
    /// Name.
    pub name: String,
    /// What it is for.
    pub role: &'static str,
    /// Pods on it.
    pub pods: u32,
    /// What they take.
    pub used: Amount,
    /// The fuller of cores and memory, as a share of what is free for pods.
    pub share: f64,
}

impl Node {
    fn bears(&self, pod: Amount, free: Amount) -> bool {
        let with = self.used + pod;
        with.cpu <= free.cpu && with.memory_mib <= free.memory_mib
    }

    fn take(&mut self, pod: Amount, free: Amount) {
        self.pods += 1;
        self.used = self.used + pod;
        self.share = self.used.share_of(free);
    }
}

/// Places every pod on this many nodes, or on the next number that bears them.
pub(super) fn place(free: Amount, components: &[ComponentSize], nodes: u32) -> Vec<Node> {
    let pods = largest_first(free, components);
    let mut nodes = nodes.max(1);
    loop {
        match try_to(free, &pods, nodes) {
            Some(placed) => return placed,
            // One node for each pod always does.
            None => nodes += (nodes / 100).max(1),
        }
    }
}

/// The same over more nodes, so that none is idle; `packed` with empty nodes, should that ever not fit.
pub(super) fn spread(
    free: Amount,
    components: &[ComponentSize],
    nodes: u32,
    mut packed: Vec<Node>,
) -> Vec<Node> {
    let pods = largest_first(free, components);
    try_to(free, &pods, nodes).unwrap_or_else(|| {
        packed.resize(nodes as usize, Node::default());
        packed
    })
}

/// Large pods find a place while there is one. Pods of one component follow each other, so they come on different nodes.
fn largest_first(free: Amount, components: &[ComponentSize]) -> Vec<Amount> {
    let mut sorted: Vec<&ComponentSize> = components.iter().collect();
    sorted.sort_by(|a, b| b.pod.share_of(free).total_cmp(&a.pod.share_of(free)));
    let pods = sorted
        .into_iter()
        .flat_map(|component| std::iter::repeat_n(component.pod, component.replicas as usize));
    pods.collect()
}

/// A node in the order of its load, in millionths so that it can be compared.
type Loaded = Reverse<(u64, usize)>;

fn try_to(free: Amount, pods: &[Amount], nodes: u32) -> Option<Vec<Node>> {
    let mut placed = vec![Node::default(); nodes as usize];
    let mut emptiest: BinaryHeap<Loaded> =
        (0..placed.len()).map(|index| Reverse((0, index))).collect();
    for pod in pods {
        let mut full = Vec::new();
        let index = loop {
            let Reverse((load, index)) = emptiest.pop()?;
            if placed[index].bears(*pod, free) {
                break index;
            }
            full.push(Reverse((load, index)));
        };
        placed[index].take(*pod, free);
        emptiest.extend(full);
        emptiest.push(Reverse((millionths(placed[index].share), index)));
    }
    Some(placed)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a share is between nothing and one"
)]
fn millionths(share: f64) -> u64 {
    (share * 1e6) as u64
}
