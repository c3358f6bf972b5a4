//! What the API server would refuse, asked by a server-side dry run: nothing is made.
//!
//! A workload is admitted without a look at its pods, and then stands without any. So the pods of its template are asked for
//! as well: quotas, limits and policies speak of those.

use futures::StreamExt;
use mosipctl_kube::{Apply, KubeError, Kubernetes, Manager, Refusal};
use mosipctl_object::Object;
use mosipctl_observe::late;
use mosipctl_plan::Desired;
use serde::Serialize;
use serde_json::{Value, json};

/// How many are asked for at one time.
const AT_ONCE: usize = 16;

/// What the API server says of everything that is wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Admission {
    /// Objects and pods that it would take.
    pub admitted: usize,
    /// What it would refuse, with its words.
    pub refused: Vec<(String, String)>,
    /// Objects that cannot be asked for yet: their namespace or the definition of their kind is made by `up`.
    pub unasked: usize,
}

/// What became of one question.
enum Answer {
    Admitted,
    Refused(String, String),
    Unasked,
}

/// Asks for every object that is wanted, and for a pod of every workload.
///
/// # Errors
/// The cluster does not answer.
pub async fn look(kube: &dyn Kubernetes, desired: &Desired) -> Result<Admission, KubeError> {
    let own = desired
        .objects
        .values()
        .map(|wanted| (&wanted.object, Manager::Mosipctl));
    let releases = desired
        .releases
        .values()
        .flat_map(|release| &release.rendered.objects);
    let jobs = desired.jobs.values().map(|job| &job.object);
    let theirs = releases.chain(jobs).map(|object| (object, Manager::Helm));
    let questions = own.chain(theirs).flat_map(|(object, manager)| {
        let pod = pod_of(object);
        std::iter::once((object.clone(), manager)).chain(pod.map(|pod| (pod, manager)))
    });
    let questions: Vec<(Object, Manager)> = questions.collect();
    let asking = questions
        .into_iter()
        .map(|(object, manager)| ask(kube, object, manager));
    let mut answers = futures::stream::iter(asking).buffer_unordered(AT_ONCE);
    let mut admission = Admission::default();
    while let Some(answer) = answers.next().await {
        match answer? {
            Answer::Admitted => admission.admitted += 1,
            Answer::Refused(what, words) => admission.refused.push((what, words)),
            Answer::Unasked => admission.unasked += 1,
        }
    }
    admission.refused.sort();
    Ok(admission)
}

async fn ask(kube: &dyn Kubernetes, object: Object, manager: Manager) -> Result<Answer, KubeError> {
    // a value that is not there yet has the shape of the text that stands for it
    let resolved = late::resolve(kube, &object, &|_| None).await;
    let wanted = resolved.unwrap_or_else(|_| object.clone());
    // somebody else's fields are the plan's business, not the API server's
    let apply = Apply::new(manager).taking_over().dry();
    match kube.apply(&wanted, &apply).await {
        Ok(_) => Ok(Answer::Admitted),
        Err(KubeError::Missing { .. }) => Ok(Answer::Unasked),
        // the plan makes it anew
        Err(KubeError::Refused {
            refusal: Refusal::Immutable(_),
            ..
        }) => Ok(Answer::Admitted),
        Err(KubeError::Refused { message, .. }) => {
            Ok(Answer::Refused(object.key().to_string(), message))
        }
        Err(other) => Err(other),
    }
}

/// A pod as the controller of a workload would make it, with the service account that every namespace has: its own may be
/// made by `up` only.
fn pod_of(object: &Object) -> Option<Object> {
    let template = match object.kind().kind.as_str() {
        "Deployment" | "StatefulSet" | "DaemonSet" | "Job" => "/spec/template",
        "CronJob" => "/spec/jobTemplate/spec/template",
        _ => return None,
    };
    let template = object.value().pointer(template)?;
    let key = object.key();
    let mut pod = json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": format!("{}-asked", key.name), "namespace": key.namespace},
        "spec": template.get("spec")?,
    });
    for field in ["labels", "annotations"] {
        if let Some(value) = template.pointer(&format!("/metadata/{field}")) {
            pod["metadata"][field] = value.clone();
        }
    }
    let spec = pod["spec"].as_object_mut()?;
    spec.remove("serviceAccountName");
    spec.remove("serviceAccount");
    let claims = object.value().pointer("/spec/volumeClaimTemplates");
    let claims = claims.and_then(Value::as_array).into_iter().flatten();
    let volumes = claims.filter_map(|claim| {
        let name = claim.pointer("/metadata/name")?;
        Some(json!({"name": name, "persistentVolumeClaim": {"claimName": name}}))
    });
    let all = spec.entry("volumes").or_insert_with(|| json!([]));
    all.as_array_mut()?.extend(volumes);
    Object::try_from(pod).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stateful_set_is_asked_for_with_a_pod_that_has_its_volumes() {
        let set = json!({
            "apiVersion": "apps/v1",
            "kind": "StatefulSet",
            "metadata": {"name": "db", "namespace": "data"},
            "spec": {
                "template": {
                    "metadata": {"labels": {"app": "db"}},
                    "spec": {"serviceAccountName": "db", "containers": [{"name": "db", "image": "db:1"}]},
                },
                "volumeClaimTemplates": [{"metadata": {"name": "disk"}}],
            },
        });
        let pod = pod_of(&Object::try_from(set).unwrap()).unwrap();
        assert_eq!(pod.value()["metadata"]["name"], "db-asked");
        let spec = &pod.value()["spec"];
        assert_eq!(
            spec["volumes"][0]["persistentVolumeClaim"]["claimName"],
            "disk"
        );
        assert!(spec.get("serviceAccountName").is_none());
    }
}
