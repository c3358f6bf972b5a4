//! What others run on a cluster, as workloads of the same size.

use std::collections::BTreeMap;

use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::{Namespace, Pod, PodSpec};
use kube::api::{Api, Patch, PatchParams};
use kube::{Client, ResourceExt};
use serde_json::{Value, json};

use crate::quantity::Amount;
use crate::seen::requests_of;

/// The image of neighbours in a lab. No registry has it.
pub const IMAGE: &str = "neighbour.invalid/pod:1";
/// Who writes them.
const MANAGER: &str = "mosipctl-rehearsal";
/// Label: whose pods these are.
const LABEL: &str = "mosipctl.io/neighbour";

/// Pods of others that the same controller keeps. Their labels and what they ask of nodes stay, for the scheduler looks at
/// that; what they run does not.
#[derive(Debug, Clone, PartialEq)]
pub struct Neighbour {
    /// Namespace.
    pub namespace: String,
    /// Name of the controller, or of the pod when nothing keeps it.
    pub name: String,
    /// How many pods.
    pub replicas: usize,
    /// What each asks for.
    pub requests: Amount,
    labels: BTreeMap<String, String>,
    spec: PodSpec,
}

/// Groups pods by what keeps them.
pub(super) fn of(pods: &[&Pod]) -> Vec<Neighbour> {
    let mut groups: BTreeMap<(String, String), Neighbour> = BTreeMap::new();
    for pod in pods {
        let Some(spec) = &pod.spec else { continue };
        let mut owners = pod.owner_references().iter();
        let owner = owners.find(|owner| owner.controller == Some(true));
        let name = owner.map_or_else(|| pod.name_any(), |owner| owner.name.clone());
        let namespace = pod.namespace().unwrap_or_default();
        let group = groups.entry((namespace.clone(), name.clone()));
        let neighbour = group.or_insert_with(|| Neighbour {
            namespace,
            name,
            replicas: 0,
            requests: requests_of(spec),
            labels: pod.labels().clone(),
            spec: spec.clone(),
        });
        neighbour.replicas += 1;
    }
    groups.into_values().collect()
}

impl Neighbour {
    /// What stands for it in a lab.
    fn deployment(&self) -> Value {
        let mut labels = self.labels.clone();
        labels.insert(LABEL.to_owned(), self.label());
        let spec = &self.spec;
        let requests = json!({
            "cpu": format!("{}m", self.requests.milli_cpu),
            "memory": self.requests.memory.to_string(),
        });
        json!({
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": self.name, "namespace": self.namespace},
            "spec": {
                "replicas": self.replicas,
                "selector": {"matchLabels": {LABEL: self.label()}},
                "template": {
                    "metadata": {"labels": labels},
                    "spec": {
                        "containers": [{"name": "neighbour", "image": IMAGE, "resources": {"requests": requests}}],
                        "nodeSelector": spec.node_selector,
                        "affinity": spec.affinity,
                        "tolerations": spec.tolerations,
                        "topologySpreadConstraints": spec.topology_spread_constraints,
                    },
                },
            },
        })
    }

    /// Labels are shorter than names may be; the end of a name tells more than its beginning.
    fn label(&self) -> String {
        let start = self.name.len().saturating_sub(63);
        let end = self.name.get(start..).unwrap_or_default();
        end.trim_matches(|c: char| !c.is_ascii_alphanumeric())
            .to_owned()
    }

    /// Puts it into a lab.
    ///
    /// # Errors
    /// The API server refuses.
    pub async fn put(&self, client: &Client) -> kube::Result<()> {
        let params = PatchParams::apply(MANAGER).force();
        let namespace =
            json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": self.namespace}});
        let namespaces: Api<Namespace> = Api::all(client.clone());
        if namespaces.get_opt(&self.namespace).await?.is_none() {
            let namespace = Patch::Apply(namespace);
            namespaces
                .patch(&self.namespace, &params, &namespace)
                .await?;
        }
        let deployments: Api<Deployment> = Api::namespaced(client.clone(), &self.namespace);
        let deployment = Patch::Apply(self.deployment());
        deployments.patch(&self.name, &params, &deployment).await?;
        Ok(())
    }
}
