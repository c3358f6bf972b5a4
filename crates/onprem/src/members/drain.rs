//! Letting the pods of a node go elsewhere.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;

use super::{Members, PATIENCE};
use crate::error::{OnpremError, Stays};

/// Cordons, and evicts as kubectl does: never more than a disruption budget lets go.
const DRAIN: &str = include_str!("drain.sh");
/// What is still there, and the budgets that may say why.
const REST: &str = include_str!("rest.sh");
/// How much longer the answer may take than the draining itself.
const GRACE: Duration = Duration::from_secs(20);

/// How pods are let go.
#[derive(Debug, Clone, Copy)]
pub struct Eviction {
    /// How long they may take.
    pub patience: Duration,
    /// Whether pods go, too, that nobody makes again.
    pub force: bool,
}

/// What came of draining.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drained {
    /// Pods that went, by namespace and name.
    pub gone: Vec<String>,
    /// Pods of DaemonSets, which stay.
    pub daemons: Vec<String>,
}

impl Members {
    /// Lets no new pod come to a node, and the ones that are there go elsewhere.
    ///
    /// # Errors
    /// There is no such node, no control plane answers, or pods do not go in time: see [`OnpremError::Stays`].
    pub async fn drain(&self, node: &str, eviction: Eviction) -> Result<Drained, OnpremError> {
        self.must_be_known(node).await?;
        let seconds = eviction.patience.as_secs().to_string();
        let force = if eviction.force { "--force" } else { "" };
        let line = DRAIN.replace("NODE", node).replace("FORCE", force);
        let line = line.replace("SECONDS", &seconds);
        let what = format!("drain node `{node}`");
        let patience = eviction.patience + GRACE;
        let said = self.control_planes.ask(&what, &line, patience).await?;
        let said = Said::read(&said);
        if said.is_done {
            return Ok(Drained {
                gone: said.gone.into_iter().collect(),
                daemons: said.daemons,
            });
        }
        let pods = self.rest(node, &said.refused).await?;
        Err(OnpremError::Stays {
            node: node.to_owned(),
            seconds: eviction.patience.as_secs(),
            pods,
            said: said.last,
        })
    }

    /// Lets pods come to a node again.
    ///
    /// # Errors
    /// There is no such node, or no control plane answers.
    pub async fn undrain(&self, node: &str) -> Result<(), OnpremError> {
        self.must_be_known(node).await?;
        let what = format!("let pods come to node `{node}` again");
        let line = format!("kubectl uncordon node/{node} > /dev/null");
        self.control_planes
            .ask(&what, &line, PATIENCE)
            .await
            .map(drop)
    }

    pub(super) async fn must_be_known(&self, node: &str) -> Result<(), OnpremError> {
        let nodes = self.control_planes.nodes().await?;
        match nodes.contains_key(node) {
            true => Ok(()),
            false => Err(OnpremError::NoNode {
                node: node.to_owned(),
                known: nodes.into_keys().collect(),
            }),
        }
    }

    /// Pods that should have gone, each with what keeps it.
    async fn rest(
        &self,
        node: &str,
        refused: &BTreeMap<String, String>,
    ) -> Result<Vec<Stays>, OnpremError> {
        let what = format!("ask which pods are still on node `{node}`");
        let line = REST.replace("NODE", node);
        let text = self.control_planes.ask(&what, &line, PATIENCE).await?;
        let lists = serde_json::Deserializer::from_str(&text).into_iter::<List>();
        let mut lists = lists.map(|list| list.map(|list| list.items).unwrap_or_default());
        let (pods, budgets) = (
            lists.next().unwrap_or_default(),
            lists.next().unwrap_or_default(),
        );
        let rest = pods.iter().filter(|pod| is_to_go(pod));
        let told = rest.map(|pod| {
            let name = name(pod);
            let refusal = refused.get(&name).map(String::as_str);
            Stays {
                reason: reason(pod, refusal, &budgets),
                pod: name,
            }
        });
        Ok(told.collect())
    }
}

#[derive(Deserialize)]
struct List {
    items: Vec<Value>,
}

/// What kubectl said.
#[derive(Debug, Default)]
struct Said {
    gone: BTreeSet<String>,
    daemons: Vec<String>,
    /// Why pods were not evicted.
    refused: BTreeMap<String, String>,
    is_done: bool,
    last: String,
}

impl Said {
    fn read(text: &str) -> Self {
        let mut said = Self::default();
        for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
            if let Some(code) = line.strip_prefix("ended ") {
                said.is_done = code == "0";
                continue;
            }
            said.take(line);
            said.last = line.to_owned();
        }
        said
    }

    fn take(&mut self, line: &str) {
        const DAEMONS: &str = "ignoring DaemonSet-managed Pods: ";
        if let Some(pod) = line.strip_prefix("evicting pod ") {
            self.gone.insert(pod.to_owned());
        } else if let Some((_, pods)) = line.split_once(DAEMONS) {
            let pods = pods.split(';').next().unwrap_or_default();
            self.daemons = pods.split(", ").map(str::to_owned).collect();
        } else if let Some(rest) = line.strip_prefix("error when evicting pods/") {
            // "NAME" -n "NAMESPACE" (will retry after 5s): WHY
            let mut quoted = rest.split('"');
            let (name, namespace) = (quoted.nth(1), quoted.nth(1));
            let why = rest.split_once("): ").map_or(rest, |(_, why)| why);
            if let Some((name, namespace)) = name.zip(namespace) {
                let pod = format!("{namespace}/{name}");
                self.refused.insert(pod, why.to_owned());
            }
        }
    }
}

fn name(object: &Value) -> String {
    let text = |pointer| object.pointer(pointer).and_then(Value::as_str);
    let namespace = text("/metadata/namespace").unwrap_or_default();
    format!("{namespace}/{}", text("/metadata/name").unwrap_or_default())
}

fn owner(pod: &Value) -> Option<&str> {
    pod.pointer("/metadata/ownerReferences/0/kind")?.as_str()
}

/// Neither of a DaemonSet, nor of the host itself, nor over.
fn is_to_go(pod: &Value) -> bool {
    let is_over = matches!(
        pod["status"]["phase"].as_str(),
        Some("Succeeded" | "Failed")
    );
    !is_over && !matches!(owner(pod), Some("DaemonSet" | "Node"))
}

/// What a person would find by hand.
fn reason(pod: &Value, refusal: Option<&str>, budgets: &[Value]) -> String {
    if pod["metadata"]["deletionTimestamp"].is_string() {
        let grace = &pod["metadata"]["deletionGracePeriodSeconds"];
        return format!("it was told to end and has not ended yet; it may take {grace} s");
    }
    let keeps = budgets.iter().find(|budget| keeps(budget, pod));
    if let Some(budget) = keeps {
        let number = |field: &str| budget["status"][field].as_u64().unwrap_or_default();
        let (healthy, wanted) = (number("currentHealthy"), number("desiredHealthy"));
        let name = budget["metadata"]["name"].as_str().unwrap_or_default();
        return format!(
            "PodDisruptionBudget `{name}` lets none go: {healthy} healthy, {wanted} wanted"
        );
    }
    match (refusal, owner(pod)) {
        (Some(refusal), _) => refusal.to_owned(),
        (None, None) => "nobody makes it again when it is gone (`--force` ends it)".to_owned(),
        (None, Some(_)) => "it was not asked to go yet".to_owned(),
    }
}

/// Whether a budget is for this pod and lets none go now.
fn keeps(budget: &Value, pod: &Value) -> bool {
    let is_near = budget["metadata"]["namespace"] == pod["metadata"]["namespace"];
    let labels = budget.pointer("/spec/selector/matchLabels");
    let labels = labels.and_then(Value::as_object);
    let is_for = labels.is_some_and(|labels| {
        let mut labels = labels.iter();
        labels.all(|(key, value)| pod["metadata"]["labels"].get(key) == Some(value))
    });
    is_near && is_for && budget["status"]["disruptionsAllowed"].as_u64() == Some(0)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_kubectl_says_is_understood() {
        let said = Said::read(
            "node/w1 cordoned\nWarning: ignoring DaemonSet-managed Pods: kube-system/kube-proxy-x, app/agent-y\n\
             evicting pod app/web-1\nevicting pod app/web-1\n\
             error when evicting pods/\"web-1\" -n \"app\" (will retry after 5s): Cannot evict pod.\nended 1\n",
        );
        assert_eq!(said.gone, BTreeSet::from(["app/web-1".to_owned()]));
        assert_eq!(said.daemons.len(), 2);
        assert_eq!(said.refused["app/web-1"], "Cannot evict pod.");
        assert!(!said.is_done);
        assert!(Said::read("node/w1 drained\nended 0\n").is_done);
    }

    #[test]
    fn the_budget_that_keeps_a_pod_is_named() {
        let pod = json!({"metadata": {"namespace": "app", "name": "web-1", "labels": {"app": "web", "x": "y"},
            "ownerReferences": [{"kind": "ReplicaSet"}]}});
        let budget = json!({"metadata": {"namespace": "app", "name": "web"},
            "spec": {"selector": {"matchLabels": {"app": "web"}}},
            "status": {"disruptionsAllowed": 0, "currentHealthy": 1, "desiredHealthy": 1}});
        let told = reason(&pod, Some("no"), &[budget]);
        assert_eq!(
            told,
            "PodDisruptionBudget `web` lets none go: 1 healthy, 1 wanted"
        );
        assert_eq!(reason(&pod, Some("no"), &[]), "no");
    }

    #[test]
    fn a_pod_of_nobody_is_told() {
        let pod = json!({"metadata": {"namespace": "app", "name": "lone"}, "status": {"phase": "Running"}});
        assert!(is_to_go(&pod) && reason(&pod, None, &[]).contains("--force"));
    }
}
