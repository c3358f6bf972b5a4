//! Controllers that have nothing to wait for.

use mosipctl_object::Object;
use serde_json::{Value, json};

/// Whether the controllers of a fake cluster work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Controllers {
    /// Workloads stay as they were applied, until a test writes their status.
    Idle,
    /// Workloads are ready, Jobs complete and claims bound as soon as they are written.
    Instant,
}

/// The status that a controller writes at once; none when it leaves the object alone.
pub(super) fn status(object: &Object, controllers: Controllers) -> Option<Value> {
    let kind = object.kind();
    match (kind.group.as_str(), kind.kind.as_str()) {
        ("", "Namespace") => return Some(json!({"phase": "Active"})),
        ("apiextensions.k8s.io", "CustomResourceDefinition") => {
            let holds = |kind: &str| json!({"type": kind, "status": "True"});
            let conditions = json!([holds("NamesAccepted"), holds("Established")]);
            return Some(json!({"conditions": conditions}));
        }
        _ if controllers == Controllers::Idle => return None,
        _ => {}
    }
    let value = object.value();
    let generation = value["metadata"]["generation"].as_i64().unwrap_or(1);
    let replicas = value["spec"]["replicas"].as_i64().unwrap_or(1);
    Some(match (kind.group.as_str(), kind.kind.as_str()) {
        ("apps", "DaemonSet") => json!({
            "observedGeneration": generation, "desiredNumberScheduled": 1, "currentNumberScheduled": 1,
            "updatedNumberScheduled": 1, "numberReady": 1, "numberAvailable": 1,
        }),
        ("apps", "Deployment" | "StatefulSet" | "ReplicaSet") => json!({
            "observedGeneration": generation, "replicas": replicas, "updatedReplicas": replicas,
            "readyReplicas": replicas, "availableReplicas": replicas,
        }),
        ("batch", "Job") => json!({
            "succeeded": 1, "conditions": [{"type": "Complete", "status": "True"}],
        }),
        ("", "PersistentVolumeClaim") => json!({"phase": "Bound"}),
        ("", "Service") if value["spec"]["type"] == "LoadBalancer" => {
            json!({"loadBalancer": {"ingress": [{"ip": "192.0.2.1"}]}})
        }
        ("policy", "PodDisruptionBudget") => json!({
            "observedGeneration": generation, "currentHealthy": 1, "desiredHealthy": 1,
        }),
        _ => return None,
    })
}
