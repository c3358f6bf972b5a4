//! The order that facts give to steps.
//!
//! Who needs a fact comes after its maker. Who needs the old value of a fact comes before the step that ends it. No
//! other order exists: no levels, no waves.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use mosipctl_catalogue::{Fact, FactKind};
use petgraph::algo::{tarjan_scc, toposort};
use petgraph::graph::{DiGraph, NodeIndex};

use crate::step::Step;

/// Why steps cannot be put in order.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OrderError {
    /// A step needs what nothing makes and what is not there.
    #[error("`{step}` needs `{need}`, and nothing makes it")]
    NoMaker {
        /// The step.
        step: String,
        /// The component it belongs to.
        component: String,
        /// What it needs.
        need: Fact,
    },
    /// Two steps make the same fact.
    #[error("`{fact}` is made by both `{first}` and `{second}`")]
    TwoMakers {
        /// The fact.
        fact: Fact,
        /// One step.
        first: String,
        /// The other.
        second: String,
    },
    /// Two steps have the same name.
    #[error("two steps are called `{id}`")]
    SameName {
        /// The name.
        id: String,
    },
    /// Steps wait for each other.
    #[error("steps wait for each other: {}", .circle.join(" → "))]
    Circle {
        /// The steps, the first one again at the end.
        circle: Vec<String>,
    },
}

/// Steps in an order in which they could run one after another, with the steps that each comes directly after.
#[derive(Debug, Clone, PartialEq)]
pub struct Ordered {
    /// The steps; each stands after those it waits for.
    pub steps: Vec<Step>,
    /// For each step, the positions of the steps it waits for, ascending.
    pub after: Vec<Vec<usize>>,
}

/// Puts steps in order. `holds` are the facts that are true already.
///
/// Steps that could stand in any order keep the order they came in, so equal input gives equal output.
///
/// # Errors
/// A need without maker, a fact with two makers, steps in a circle, equal names.
pub fn order(steps: Vec<Step>, holds: &BTreeSet<Fact>) -> Result<Ordered, OrderError> {
    let facts = Facts::of(&steps)?;
    let mut graph = DiGraph::<(), ()>::new();
    let nodes: Vec<NodeIndex> = steps.iter().map(|_| graph.add_node(())).collect();
    for (index, step) in steps.iter().enumerate() {
        for need in &step.needs {
            for (before, after) in facts.edges_of_need(index, step, need, holds)? {
                graph.update_edge(nodes[before], nodes[after], ());
            }
        }
        for (before, after) in facts.edges_of_ends(index, step) {
            graph.update_edge(nodes[before], nodes[after], ());
        }
    }
    let Ok(_) = toposort(&graph, None) else {
        return Err(circle(&graph, &steps));
    };
    Ok(arrange(steps, &graph))
}

/// Who makes and who ends which fact.
struct Facts<'a> {
    makers: BTreeMap<(FactKind, &'a str), Vec<(usize, &'a Fact)>>,
    enders: BTreeMap<(FactKind, &'a str), Vec<(usize, &'a Fact)>>,
}

impl<'a> Facts<'a> {
    fn of(steps: &'a [Step]) -> Result<Self, OrderError> {
        let mut names = BTreeSet::new();
        let mut facts = Self {
            makers: BTreeMap::new(),
            enders: BTreeMap::new(),
        };
        for (index, step) in steps.iter().enumerate() {
            if !names.insert(&step.id) {
                return Err(OrderError::SameName {
                    id: step.id.to_string(),
                });
            }
            for fact in &step.makes {
                let known = facts.makers.entry((fact.kind, &fact.key)).or_default();
                if let Some((first, _)) = known.iter().find(|(_, other)| *other == fact) {
                    let (first, second) = (steps[*first].id.to_string(), step.id.to_string());
                    return Err(OrderError::TwoMakers {
                        fact: fact.clone(),
                        first,
                        second,
                    });
                }
                known.push((index, fact));
            }
            for fact in &step.ends {
                facts
                    .enders
                    .entry((fact.kind, &fact.key))
                    .or_default()
                    .push((index, fact));
            }
        }
        Ok(facts)
    }

    fn edges_of_need(
        &self,
        index: usize,
        step: &Step,
        need: &Fact,
        holds: &BTreeSet<Fact>,
    ) -> Result<Vec<(usize, usize)>, OrderError> {
        let made = self
            .makers
            .get(&(need.kind, need.key.as_str()))
            .into_iter()
            .flatten();
        let makers: Vec<usize> = made
            .filter(|(_, fact)| fact.satisfies(need))
            .map(|(maker, _)| *maker)
            .collect();
        if makers.contains(&index) {
            return Ok(Vec::new());
        }
        if !makers.is_empty() {
            return Ok(makers.into_iter().map(|maker| (maker, index)).collect());
        }
        if !holds.iter().any(|fact| fact.satisfies(need)) {
            let (step, component) = (step.id.to_string(), step.component.clone());
            return Err(OrderError::NoMaker {
                step,
                component,
                need: need.clone(),
            });
        }
        let ended = self
            .enders
            .get(&(need.kind, need.key.as_str()))
            .into_iter()
            .flatten();
        Ok(ended
            .filter(|(ender, fact)| {
                *ender != index && (fact.satisfies(need) || fact.value.is_none())
            })
            .map(|(ender, _)| (index, *ender))
            .collect())
    }

    /// What ends a fact comes before what makes it anew.
    fn edges_of_ends(&self, index: usize, step: &Step) -> Vec<(usize, usize)> {
        let anew = step
            .ends
            .iter()
            .flat_map(|fact| self.makers.get(&(fact.kind, fact.key.as_str())));
        anew.flatten()
            .filter(|(maker, _)| *maker != index)
            .map(|(maker, _)| (index, *maker))
            .collect()
    }
}

fn circle(graph: &DiGraph<(), ()>, steps: &[Step]) -> OrderError {
    let groups = tarjan_scc(graph);
    let group = groups
        .iter()
        .find(|group| group.len() > 1)
        .or_else(|| groups.first());
    let inside: BTreeSet<NodeIndex> = group.into_iter().flatten().copied().collect();
    // Any walk inside a strongly connected group comes back to a node it has seen: that is the circle.
    let mut walk: Vec<NodeIndex> = inside.iter().take(1).copied().collect();
    while let Some(here) = walk.last().copied() {
        let Some(next) = graph.neighbors(here).find(|next| inside.contains(next)) else {
            break;
        };
        if let Some(start) = walk.iter().position(|seen| *seen == next) {
            walk.drain(..start);
            walk.push(next);
            break;
        }
        walk.push(next);
    }
    let circle = walk
        .iter()
        .map(|node| steps[node.index()].id.to_string())
        .collect();
    OrderError::Circle { circle }
}

/// Kahn's algorithm, taking the earliest given step first.
fn arrange(steps: Vec<Step>, graph: &DiGraph<(), ()>) -> Ordered {
    let mut waits: Vec<usize> = graph
        .node_indices()
        .map(|node| graph.neighbors_directed(node, petgraph::Incoming).count())
        .collect();
    let mut ready: BTreeSet<usize> = (0..steps.len())
        .filter(|index| waits[*index] == 0)
        .collect();
    let mut position = vec![0; steps.len()];
    let mut sequence = Vec::with_capacity(steps.len());
    while let Some(index) = ready.pop_first() {
        position[index] = sequence.len();
        sequence.push(index);
        for next in graph.neighbors(NodeIndex::new(index)) {
            waits[next.index()] -= 1;
            if waits[next.index()] == 0 {
                ready.insert(next.index());
            }
        }
    }
    let after = sequence.iter().map(|index| {
        let before = graph.neighbors_directed(NodeIndex::new(*index), petgraph::Incoming);
        before
            .map(|node| position[node.index()])
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect()
    });
    let after = after.collect();
    let mut slots: Vec<Option<Step>> = steps.into_iter().map(Some).collect();
    let steps = sequence
        .iter()
        .filter_map(|index| slots[*index].take())
        .collect();
    Ordered { steps, after }
}

impl Ordered {
    /// For each step, the longest way from its start to the end of the plan, itself included.
    pub fn remaining(&self) -> Vec<Duration> {
        let mut remaining = vec![Duration::ZERO; self.steps.len()];
        for index in (0..self.steps.len()).rev() {
            remaining[index] += self.steps[index].estimate;
            for before in &self.after[index] {
                remaining[*before] = remaining[*before].max(remaining[index]);
            }
        }
        remaining
    }

    /// How many steps wait for a step, directly or through others.
    pub fn waiting(&self, index: usize) -> usize {
        let mut waits = vec![false; self.steps.len()];
        waits[index] = true;
        for later in index + 1..self.steps.len() {
            waits[later] = self.after[later].iter().any(|before| waits[*before]);
        }
        waits.iter().filter(|waits| **waits).count() - 1
    }

    /// The positions of the steps on the longest path, in order; its length is the time the plan takes at least.
    pub fn critical_path(&self) -> Vec<usize> {
        let remaining = self.remaining();
        let starts = (0..self.steps.len()).filter(|index| self.after[*index].is_empty());
        let mut path: Vec<usize> = starts
            .max_by_key(|index| (remaining[*index], usize::MAX - index))
            .into_iter()
            .collect();
        while let Some(last) = path.last().copied() {
            let left = remaining[last] - self.steps[last].estimate;
            let next = (last + 1..self.steps.len())
                .filter(|index| self.after[*index].contains(&last))
                .find(|index| remaining[*index] == left);
            match next {
                Some(next) => path.push(next),
                None => break,
            }
        }
        path
    }

    /// The time the plan takes at least: the estimates along the longest path.
    pub fn shortest_time(&self) -> Duration {
        self.remaining().into_iter().max().unwrap_or_default()
    }
}
