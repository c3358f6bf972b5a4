//! Reads what explains a workload that is not ready.

use std::collections::BTreeMap;

use mosipctl_object::{Evidence, Kind, Object, ObjectKey};
use serde_json::Value;

use crate::error::KubeError;
use crate::kubernetes::{Kubernetes, LogRequest, Selection};

/// Log lines kept of a container that ended: enough for the error and its cause, too few to flood a report.
const LOG_LINES: u32 = 20;

/// Pods, claims, events and last log lines of a workload or pod, for [`mosipctl_object::why`].
///
/// What cannot be read is left out: an explanation with a gap is better than none. Made for the moment when a deadline
/// is missed or a person asks; not for watching.
///
/// # Errors
/// The pods cannot be read.
pub async fn gather(kube: &dyn Kubernetes, workload: &Object) -> Result<Evidence, KubeError> {
    let Some(namespace) = workload.namespace() else {
        return Ok(Evidence::default());
    };
    let pods = pods(kube, workload, namespace).await?;
    let claims = claims(kube, &pods, namespace).await;
    let events = events(kube, workload, &pods, &claims, namespace).await;
    let logs = logs(kube, &pods, namespace).await;
    Ok(Evidence {
        pods,
        claims,
        events,
        logs,
    })
}

/// Events of one object, oldest first as the API server lists them.
///
/// # Errors
/// They cannot be read.
pub async fn events_of(kube: &dyn Kubernetes, object: &Object) -> Result<Vec<Object>, KubeError> {
    let mut fields = format!("involvedObject.name={}", object.name());
    if let Some(uid) = object.uid() {
        fields.push_str(&format!(",involvedObject.uid={uid}"));
    }
    // events of cluster-wide objects are kept in namespace default
    let namespace = object.namespace().unwrap_or("default");
    let selection = Selection::namespace(namespace).fields(fields);
    kube.list(&Kind::core("Event"), &selection).await
}

async fn pods(
    kube: &dyn Kubernetes,
    workload: &Object,
    namespace: &str,
) -> Result<Vec<Object>, KubeError> {
    let kind = workload.kind();
    if kind == Kind::core("Pod") {
        return Ok(vec![workload.clone()]);
    }
    let labels = workload.value().pointer("/spec/selector/matchLabels");
    let labels = labels.and_then(Value::as_object).into_iter().flatten();
    let selector: Vec<String> = labels
        .filter_map(|(name, value)| Some(format!("{name}={}", value.as_str()?)))
        .collect();
    if selector.is_empty() {
        return Ok(Vec::new());
    }
    let selection = Selection::namespace(namespace).labels(selector.join(","));
    kube.list(&Kind::core("Pod"), &selection).await
}

async fn claims(kube: &dyn Kubernetes, pods: &[Object], namespace: &str) -> Vec<Object> {
    let mut names: Vec<&str> = pods
        .iter()
        .flat_map(|pod| items(&pod.value()["spec"]["volumes"]))
        .filter_map(|volume| volume["persistentVolumeClaim"]["claimName"].as_str())
        .collect();
    names.sort_unstable();
    names.dedup();
    let mut claims = Vec::new();
    for name in names {
        let key = ObjectKey::namespaced(Kind::core("PersistentVolumeClaim"), namespace, name);
        claims.extend(kube.get(&key).await.ok().flatten());
    }
    claims
}

/// Events of the workload, of its pods and claims, and of what stands between: replica sets are named after it.
async fn events(
    kube: &dyn Kubernetes,
    workload: &Object,
    pods: &[Object],
    claims: &[Object],
    namespace: &str,
) -> Vec<Object> {
    let selection = Selection::namespace(namespace);
    let mut events = kube
        .list(&Kind::core("Event"), &selection)
        .await
        .unwrap_or_default();
    let mut names: Vec<&str> = pods.iter().chain(claims).map(Object::name).collect();
    names.push(workload.name());
    let owners: Vec<&str> = pods.iter().flat_map(owner_names).collect();
    names.extend(owners);
    let prefix = format!("{}-", workload.name());
    events.retain(|event| {
        let involved = &event.value()["involvedObject"];
        let name = involved["name"].as_str().unwrap_or_default();
        names.contains(&name) || (involved["kind"] == "ReplicaSet" && name.starts_with(&prefix))
    });
    events
}

fn owner_names(pod: &Object) -> impl Iterator<Item = &str> {
    items(&pod.value()["metadata"]["ownerReferences"]).filter_map(|owner| owner["name"].as_str())
}

/// The last lines of every container that ended or is not ready.
async fn logs(
    kube: &dyn Kubernetes,
    pods: &[Object],
    namespace: &str,
) -> BTreeMap<(String, String), Vec<String>> {
    let mut logs = BTreeMap::new();
    for pod in pods {
        let status = &pod.value()["status"];
        let containers =
            items(&status["initContainerStatuses"]).chain(items(&status["containerStatuses"]));
        for container in containers {
            let Some(previous) = run_to_read(container) else {
                continue;
            };
            let name = container["name"].as_str().unwrap_or_default();
            let request = LogRequest {
                namespace: namespace.to_owned(),
                pod: pod.name().to_owned(),
                container: Some(name.to_owned()),
                lines: LOG_LINES,
                previous,
            };
            if let Ok(lines) = kube.logs(&request).await {
                logs.insert((request.pod, name.to_owned()), lines);
            }
        }
    }
    logs
}

/// Whether to read the run before the last restart; none when there is nothing worth reading.
fn run_to_read(container: &Value) -> Option<bool> {
    let state = &container["state"];
    let ended = state["terminated"]["exitCode"].as_i64();
    if ended.is_some_and(|code| code != 0) {
        return Some(false);
    }
    let ended_before = !container["lastState"]["terminated"].is_null();
    if !state["waiting"].is_null() {
        return ended_before.then_some(true);
    }
    let runs_unready = !state["running"].is_null() && container["ready"] != true;
    runs_unready.then_some(false)
}

fn items(list: &Value) -> impl Iterator<Item = &Value> {
    list.as_array().into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_run_that_ended_is_the_one_to_read() {
        let crashed = json!({"state": {"terminated": {"exitCode": 1}}});
        assert_eq!(run_to_read(&crashed), Some(false));
        let restarting = json!({"state": {"waiting": {"reason": "CrashLoopBackOff"}}, "lastState": {"terminated": {"exitCode": 1}}});
        assert_eq!(run_to_read(&restarting), Some(true));
        let never_started =
            json!({"state": {"waiting": {"reason": "ImagePullBackOff"}}, "lastState": {}});
        assert_eq!(run_to_read(&never_started), None);
        let ready = json!({"state": {"running": {}}, "ready": true});
        assert_eq!(run_to_read(&ready), None);
    }
}
