//! What stands on a cluster, as far as placing pods goes.

use std::collections::BTreeMap;

use k8s_openapi::api::apps::v1::{ReplicaSet, StatefulSet};
use k8s_openapi::api::core::v1::{Container, Node, Pod, PodSpec};
use k8s_openapi::api::policy::v1::PodDisruptionBudget;
use kube::api::{Api, ListParams};
use kube::{Client, ResourceExt};

use crate::quantity::Amount;

/// What stands on a cluster.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Seen {
    /// Its nodes.
    pub nodes: Vec<SeenNode>,
    /// Its pods that have not ended.
    pub pods: Vec<SeenPod>,
    /// What keeps pods in number.
    pub controllers: Vec<Controller>,
    /// Disruption budgets.
    pub budgets: Vec<SeenBudget>,
}

/// A node.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SeenNode {
    /// Name.
    pub name: String,
    /// Failure zone; empty for none.
    pub zone: String,
    /// What pods may ask for.
    pub allocatable: Amount,
}

/// A pod that has not ended.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SeenPod {
    /// Namespace.
    pub namespace: String,
    /// Name.
    pub name: String,
    /// uid.
    pub uid: String,
    /// Name of its release; empty for none.
    pub release: String,
    /// uid of the controller that made it; empty for none.
    pub owner: String,
    /// Where it is; empty for nowhere.
    pub node: String,
    /// What it asks for: its containers together, or the largest init container.
    pub requests: Amount,
    /// The scheduler's own words, when it found no node.
    pub unschedulable: Option<String>,
    /// It is being deleted.
    pub is_leaving: bool,
    /// It is ready.
    pub is_ready: bool,
}

/// A replica set or stateful set.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Controller {
    /// Its uid.
    pub uid: String,
    /// Pods that it is to keep.
    pub replicas: i32,
    /// It makes one pod after another, each when the one before is ready.
    pub one_by_one: bool,
}

/// A disruption budget.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SeenBudget {
    /// `NAMESPACE/NAME`.
    pub name: String,
    /// Pods that may go at this moment.
    pub allowed: i32,
    /// Pods that it speaks of.
    pub pods: i32,
}

impl Seen {
    /// Looks at a cluster.
    ///
    /// # Errors
    /// The API server does not answer.
    pub async fn of(client: &Client) -> kube::Result<Self> {
        let all = ListParams::default();
        let nodes: Api<Node> = Api::all(client.clone());
        let pods: Api<Pod> = Api::all(client.clone());
        let replica_sets: Api<ReplicaSet> = Api::all(client.clone());
        let stateful_sets: Api<StatefulSet> = Api::all(client.clone());
        let budgets: Api<PodDisruptionBudget> = Api::all(client.clone());
        let (nodes, pods, replica_sets, stateful_sets, budgets) = tokio::try_join!(
            nodes.list(&all),
            pods.list(&all),
            replica_sets.list(&all),
            stateful_sets.list(&all),
            budgets.list(&all),
        )?;
        let sets = replica_sets.items.iter().map(|set| {
            let replicas = set.spec.as_ref().and_then(|spec| spec.replicas);
            Controller::of(set.uid(), replicas, false)
        });
        let stateful = stateful_sets.items.iter().map(|set| {
            let spec = set.spec.as_ref();
            let policy = spec.and_then(|spec| spec.pod_management_policy.as_deref());
            let replicas = spec.and_then(|spec| spec.replicas);
            Controller::of(
                set.uid(),
                replicas,
                spec.is_some() && policy != Some("Parallel"),
            )
        });
        Ok(Self {
            controllers: sets.chain(stateful).collect(),
            budgets: budgets.items.iter().map(SeenBudget::of).collect(),
            ..Self::placed(&nodes.items, &pods.items)
        })
    }
}

impl Seen {
    /// Nodes and pods alone.
    pub(crate) fn placed(nodes: &[Node], pods: &[Pod]) -> Self {
        Self {
            nodes: nodes.iter().map(SeenNode::of).collect(),
            pods: pods.iter().filter_map(SeenPod::of).collect(),
            ..Self::default()
        }
    }
}

impl Controller {
    fn of(uid: Option<String>, replicas: Option<i32>, one_by_one: bool) -> Self {
        Self {
            uid: uid.unwrap_or_default(),
            replicas: replicas.unwrap_or(1),
            one_by_one,
        }
    }
}

impl SeenNode {
    fn of(node: &Node) -> Self {
        let labels = node.labels();
        let status = node.status.as_ref();
        Self {
            name: node.name_any(),
            zone: labels
                .get("topology.kubernetes.io/zone")
                .cloned()
                .unwrap_or_default(),
            allocatable: Amount::of(status.and_then(|status| status.allocatable.as_ref())),
        }
    }
}

impl SeenPod {
    /// None when it has ended.
    fn of(pod: &Pod) -> Option<Self> {
        let (spec, status) = (pod.spec.as_ref()?, pod.status.as_ref()?);
        if matches!(status.phase.as_deref(), Some("Succeeded" | "Failed")) {
            return None;
        }
        let owners = pod.owner_references().iter();
        let mut owner = owners.filter(|owner| owner.controller == Some(true));
        let conditions = status.conditions.iter().flatten();
        let condition = |kind: &str| conditions.clone().find(|found| found.type_ == kind);
        let unplaced = condition("PodScheduled").filter(|scheduled| {
            scheduled.status == "False" && scheduled.reason.as_deref() == Some("Unschedulable")
        });
        Some(Self {
            namespace: pod.namespace().unwrap_or_default(),
            name: pod.name_any(),
            uid: pod.uid().unwrap_or_default(),
            release: instance(pod).to_owned(),
            owner: owner
                .next()
                .map(|owner| owner.uid.clone())
                .unwrap_or_default(),
            node: spec.node_name.clone().unwrap_or_default(),
            requests: requests_of(spec),
            unschedulable: unplaced.map(|found| found.message.clone().unwrap_or_default()),
            is_leaving: pod.metadata.deletion_timestamp.is_some(),
            is_ready: condition("Ready").is_some_and(|ready| ready.status == "True"),
        })
    }
}

/// Name of the release of a pod; empty for none.
fn instance(pod: &Pod) -> &str {
    let instance = pod.labels().get("app.kubernetes.io/instance");
    instance.map_or("", String::as_str)
}

/// The release of a pod, as `NAMESPACE/NAME`.
pub fn pod_release(pod: &Pod) -> String {
    format!("{}/{}", pod.namespace().unwrap_or_default(), instance(pod))
}

/// What the scheduler reserves: all containers and sidecars together, or the largest init container beside the sidecars before it.
pub(crate) fn requests_of(spec: &PodSpec) -> Amount {
    let of = |container: &Container| {
        let resources: Option<&BTreeMap<_, _>> = container
            .resources
            .as_ref()
            .and_then(|resources| resources.requests.as_ref());
        Amount::of(resources)
    };
    let mut sidecars = Amount::default();
    let mut most = Amount::default();
    for init in spec.init_containers.iter().flatten() {
        if init.restart_policy.as_deref() == Some("Always") {
            sidecars += of(init);
        } else {
            most = most.max(sidecars + of(init));
        }
    }
    let running = spec.containers.iter().map(of);
    let running = running.fold(sidecars, |sum, one| sum + one);
    running.max(most)
}

impl SeenBudget {
    fn of(budget: &PodDisruptionBudget) -> Self {
        let status = budget.status.as_ref();
        Self {
            name: format!(
                "{}/{}",
                budget.namespace().unwrap_or_default(),
                budget.name_any()
            ),
            allowed: status.map_or(0, |status| status.disruptions_allowed),
            pods: status.map_or(0, |status| status.expected_pods),
        }
    }
}
