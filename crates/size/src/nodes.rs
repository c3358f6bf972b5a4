//! Nodes that bear the pods.
//!
//! The number is the largest of several: what the pods need with room left, what the official numbers give, what stays up
//! when machines are lost. Then every pod is placed as a scheduler would, on the emptiest node, to prove it and to list it.

use mosipctl_catalogue::Sizing;
use mosipctl_catalogue::sizing::machines::MachineRow;
use mosipctl_catalogue::sizing::{Basis, Datum};
use mosipctl_object::Quantity;
use mosipctl_spec::Environment;
use mosipctl_spec::environment::Profile;
use mosipctl_spec::environment::cluster::ClusterKind;
use serde::Serialize;

use crate::components::ComponentSize;
use crate::error::SizeError;
use crate::figure::{Amount, Figure};
use crate::number::{ceil, count, number};

mod place;

pub use place::Node;

/// The cluster's nodes, and the machines beside it.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NodeList {
    /// What one node has.
    pub shape: Amount,
    /// What it has for pods.
    pub free: Amount,
    /// Disk of one node in GB.
    pub disk: Figure,
    /// How many.
    pub count: u32,
    /// Those of them that may be lost.
    pub spare: u32,
    /// Each reason for a number of nodes; the largest decides.
    pub reasons: Vec<Figure>,
    /// Each node with what is on it.
    pub nodes: Vec<Node>,
    /// Machines beside the cluster that the guide for its kind names.
    pub machines: Vec<MachineRow>,
    /// Where these are from, by name.
    pub machine_sources: Vec<String>,
}

impl NodeList {
    /// The number that decided.
    pub fn decisive(&self) -> Option<&Figure> {
        let first = self.reasons.first()?;
        let larger = |most, reason| if larger(reason, most) { reason } else { most };
        Some(self.reasons.iter().fold(first, larger))
    }
}

fn larger(reason: &Figure, than: &Figure) -> bool {
    reason.value > than.value
}

/// Bytes of a MiB.
const MEBIBYTE: f64 = 1024.0 * 1024.0;
/// The guides count memory of machines in GB and mean what Kubernetes calls Gi.
const MEBIBYTES: f64 = 1024.0;
/// Machines that hold the control plane of a cluster on own machines.
const CONTROL_PLANE: usize = 3;

/// The shape of the nodes.
///
/// # Errors
/// The environment names none.
pub fn shape(environment: &Environment) -> Result<Amount, SizeError> {
    let spec = &environment.spec;
    let own = spec.workload.as_ref().and_then(|workload| {
        let node = workload.node.as_ref()?;
        Some((node.cpu, &node.memory))
    });
    let lab = spec.cluster.nodes.as_ref();
    let lab = lab.map(|nodes| (nodes.cpu, &nodes.memory));
    let (cpu, memory) = own.or(lab).ok_or(SizeError::NoNode)?;
    // The environment was checked when it was read.
    let bytes = memory.parse::<Quantity>().map(Quantity::as_f64);
    Ok(Amount {
        cpu: f64::from(cpu),
        memory_mib: bytes.unwrap_or_default() / MEBIBYTE,
    })
}

/// The nodes for these pods. `official` is what the official numbers give for the whole cluster: cores and GB.
///
/// # Errors
/// A pod fits no node, or no cluster has so many.
pub fn nodes(
    shape: Amount,
    components: &[ComponentSize],
    official: (f64, f64),
    environment: &Environment,
    facts: &Sizing,
) -> Result<NodeList, SizeError> {
    let free = shape.times(1.0 / facts.overhead.value);
    largest_fits(free, components)?;
    let is_production = environment.spec.profile == Profile::Production;
    let mut reasons = reasons(shape, free, components, official, facts);
    if is_production {
        let least = &facts.nodes.least;
        reasons.push(reason(
            "fewest nodes in production",
            least.value,
            "the guides' clusters",
            [least],
        ));
    }
    let wanted = reasons
        .iter()
        .map(|reason| reason.value)
        .fold(1.0, f64::max);
    possible(wanted, facts)?;
    let placed = place::place(free, components, count(wanted));
    let working = u32::try_from(placed.len()).unwrap_or(u32::MAX);
    if f64::from(working) > wanted {
        let how = "every pod placed on the emptiest node";
        reasons.push(reason(
            "placing",
            f64::from(working),
            how,
            [&facts.nodes.fill],
        ));
    }
    let spare = if is_production {
        count(facts.nodes.spare.value)
    } else {
        0
    };
    possible(f64::from(working) + f64::from(spare), facts)?;
    let mut list = match spare {
        0 => placed,
        spare => place::spread(free, components, working + spare, placed),
    };
    name(&mut list, environment);
    let (machines, machine_sources) = machines(environment, facts);
    let disk = &facts.nodes.disk;
    Ok(NodeList {
        shape,
        free,
        disk: Figure::new(
            "disk of a node",
            disk.value,
            &disk.unit,
            "as the guide has it",
        )
        .from([disk]),
        count: working + spare,
        spare,
        reasons,
        nodes: list,
        machines,
        machine_sources,
    })
}

fn reason<'a>(
    what: &str,
    nodes: f64,
    how: impl Into<String>,
    data: impl IntoIterator<Item = &'a Datum>,
) -> Figure {
    Figure::new(what, nodes, "nodes", how).from(data)
}

fn reasons(
    shape: Amount,
    free: Amount,
    components: &[ComponentSize],
    (cpu, memory): (f64, f64),
    facts: &Sizing,
) -> Vec<Figure> {
    let total: Amount = components.iter().map(|component| component.total).sum();
    let fill = facts.nodes.fill.value;
    let basis = components.iter().map(|component| component.basis).max();
    let for_pods = |what, needed: f64, has: f64, unit| {
        let how = format!(
            "{} {unit} / ({} free on a node × {})",
            number(needed),
            number(has),
            number(fill)
        );
        let figure = reason(
            what,
            ceil(needed / (has * fill)),
            how,
            [&facts.nodes.fill, &facts.overhead],
        );
        figure.on(basis.unwrap_or(Basis::Given), &[])
    };
    let gib = |amount: Amount| amount.memory_gib();
    let official_nodes = (cpu / shape.cpu).max(memory * MEBIBYTES / shape.memory_mib);
    let official_how = format!(
        "{} cores / {}, {} GB / {}",
        number(cpu),
        number(shape.cpu),
        number(memory),
        number(shape.memory_gib())
    );
    let mut reasons = vec![
        for_pods("cores of the pods", total.cpu, free.cpu, "cores"),
        for_pods("memory of the pods", gib(total), gib(free), "GiB"),
    ];
    if cpu > 0.0 {
        let mut official = reason(
            "official numbers",
            ceil(official_nodes),
            official_how,
            [&facts.overhead],
        );
        official = official.on(Basis::Official, &facts.registration.reference.sources);
        reasons.push(official);
    }
    reasons
}

/// Every pod must find a node.
fn largest_fits(free: Amount, components: &[ComponentSize]) -> Result<(), SizeError> {
    for component in components {
        let too_small = |field, unit, free: f64, needs: f64| SizeError::NodeTooSmall {
            field,
            component: component.component.clone(),
            free: number(free),
            needs: number(needs),
            unit,
        };
        let pod = component.pod;
        if pod.cpu > free.cpu {
            return Err(too_small("cpu", "cores", free.cpu, pod.cpu));
        }
        if pod.memory_mib > free.memory_mib {
            let (free, needs) = (free.memory_gib(), pod.memory_gib());
            return Err(too_small("memory", "GiB", free, needs));
        }
    }
    Ok(())
}

fn possible(nodes: f64, facts: &Sizing) -> Result<(), SizeError> {
    let most = facts.nodes.most.value;
    if nodes > most {
        return Err(SizeError::TooManyNodes {
            nodes: number(nodes),
            most: number(most),
        });
    }
    Ok(())
}

/// Names and roles: on own machines the first three hold the control plane too.
fn name(nodes: &mut [Node], environment: &Environment) {
    let kind = environment.spec.cluster.kind;
    let environment = environment.name();
    for (index, node) in nodes.iter_mut().enumerate() {
        node.name = format!("{environment}-{}", index + 1);
        node.role = match kind {
            ClusterKind::Onprem if index < CONTROL_PLANE => "control plane, etcd and work",
            ClusterKind::Lab => "work, simulated",
            _ => "work",
        };
    }
}

/// Machines beside the cluster.
fn machines(environment: &Environment, facts: &Sizing) -> (Vec<MachineRow>, Vec<String>) {
    let kind = environment.spec.cluster.kind.as_str();
    let of_kind = |kinds: &[String]| kinds.iter().any(|known| known == kind);
    let table = facts.machines.iter().find(|table| of_kind(&table.kinds));
    let Some(table) = table else {
        return (Vec::new(), Vec::new());
    };
    let beside = table.rows.iter().filter(|row| !row.nodes);
    (beside.cloned().collect(), table.sources.clone())
}
