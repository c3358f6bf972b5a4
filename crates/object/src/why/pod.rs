//! What one pod shows.

use serde_json::Value;

use super::kubelet;
use super::{Cause, Evidence, Reason};
use crate::object::Object;
use crate::readiness::Condition;
use crate::references::Referent;

/// Every reason that a pod gives. A ready or completed pod gives none.
pub(super) fn reasons(pod: &Object, evidence: &Evidence) -> Vec<Reason> {
    let phase = pod.value()["status"]["phase"].as_str().unwrap_or_default();
    let is_ready = Condition::of(pod, "Ready").is_some_and(|ready| ready.is_true());
    if phase == "Succeeded" || (phase == "Running" && is_ready) {
        return Vec::new();
    }
    let mut found: Vec<Reason> = containers(pod)
        .filter_map(|(status, _)| container_reason(pod, status, evidence))
        .collect();
    found.extend(
        whole_pod(pod, phase, evidence)
            .into_iter()
            .map(|cause| Reason {
                cause,
                pod: Some(pod.name().to_owned()),
                container: None,
                log: Vec::new(),
            }),
    );
    if found.is_empty() {
        found.push(Reason {
            cause: nothing_complains(phase),
            pod: Some(pod.name().to_owned()),
            container: None,
            log: Vec::new(),
        });
    }
    found
}

/// Controllers tell in an event of the workload, or of its replica set, when they cannot make a pod.
pub(super) fn not_created(workload: &Object, evidence: &Evidence) -> Vec<Reason> {
    let condition = Condition::of(workload, "ReplicaFailure")
        .filter(Condition::is_true)
        .map(|failure| failure.message.to_owned());
    let events = evidence
        .events
        .iter()
        .filter(|event| event.value()["reason"] == "FailedCreate")
        .filter(|event| involved(event, "kind") != "Pod")
        .map(|event| message(event).to_owned());
    // a message of an event counts only while pods are missing: it may be old
    let pods_are_missing = evidence.pods.is_empty();
    let messages = condition
        .into_iter()
        .chain(events.filter(|_| pods_are_missing));
    messages
        .map(|message| Reason {
            cause: kubelet::missing(namespace(workload), &message)
                .unwrap_or(Cause::NotCreated(message)),
            pod: None,
            container: None,
            log: Vec::new(),
        })
        .collect()
}

/// Status and spec of each container, those that run first standing first.
fn containers(pod: &Object) -> impl Iterator<Item = (&Value, &Value)> {
    let lists = [
        ("initContainerStatuses", "initContainers"),
        ("containerStatuses", "containers"),
    ];
    lists.into_iter().flat_map(|(statuses, specs)| {
        let specs = &pod.value()["spec"][specs];
        items(&pod.value()["status"][statuses]).map(move |status| {
            let spec = items(specs).find(|spec| spec["name"] == status["name"]);
            (status, spec.unwrap_or(&Value::Null))
        })
    })
}

fn container_reason(pod: &Object, status: &Value, evidence: &Evidence) -> Option<Reason> {
    let name = status["name"].as_str().unwrap_or_default();
    let cause = container_cause(pod, status, evidence)?;
    let ran = matches!(cause, Cause::Crash { .. } | Cause::Probe { .. });
    let log = evidence
        .logs
        .get(&(pod.name().to_owned(), name.to_owned()))
        .filter(|_| ran);
    Some(Reason {
        cause,
        pod: Some(pod.name().to_owned()),
        container: Some(name.to_owned()),
        log: log.cloned().unwrap_or_default(),
    })
}

fn container_cause(pod: &Object, status: &Value, evidence: &Evidence) -> Option<Cause> {
    let waiting = &status["state"]["waiting"];
    let words = waiting["message"].as_str().unwrap_or_default();
    match waiting["reason"].as_str() {
        Some(
            "ErrImagePull" | "ImagePullBackOff" | "InvalidImageName" | "ErrImageNeverPull"
            | "ImageInspectError",
        ) => {
            return Some(image(pod, status, words, evidence));
        }
        Some("CrashLoopBackOff") => return crash(status, &status["lastState"]["terminated"]),
        Some("ContainerCreating" | "PodInitializing") | None => {}
        Some(reason) => {
            let said = if words.is_empty() { reason } else { words };
            return Some(
                kubelet::missing(namespace(pod), said)
                    .unwrap_or_else(|| Cause::NotStarted(format!("{reason}: {said}"))),
            );
        }
    }
    let terminated = &status["state"]["terminated"];
    if terminated["exitCode"]
        .as_i64()
        .is_some_and(|code| code != 0)
    {
        return crash(status, terminated);
    }
    if !status["state"]["running"].is_null() && status["ready"] != true {
        let probe = last_event(pod, "Unhealthy", evidence).and_then(kubelet::failed_probe);
        // restarted by its liveness probe or by itself: the last end tells more than being unready
        return probe.or_else(|| crash(status, &status["lastState"]["terminated"]));
    }
    None
}

/// The pull error itself stands in an event; the status often says only that it backs off.
fn image(pod: &Object, status: &Value, words: &str, evidence: &Evidence) -> Cause {
    let image = status["image"].as_str().unwrap_or_default();
    let failed = events_of(pod, evidence)
        .filter(|event| event.value()["reason"] == "Failed")
        .map(message)
        .filter(|message| message.starts_with("Failed to pull image") && message.contains(image))
        .last();
    let message = failed
        .and_then(|text| Some(text.split_once("\": ")?.1))
        .unwrap_or(words);
    Cause::Image {
        image: image.to_owned(),
        message: message.to_owned(),
    }
}

fn crash(status: &Value, terminated: &Value) -> Option<Cause> {
    let exit_code = terminated["exitCode"].as_i64()?;
    Some(Cause::Crash {
        exit_code,
        signal: terminated["signal"].as_i64().filter(|signal| *signal > 0),
        out_of_memory: terminated["reason"] == "OOMKilled",
        restarts: status["restartCount"].as_i64().unwrap_or_default(),
        message: terminated["message"]
            .as_str()
            .unwrap_or_default()
            .trim()
            .to_owned(),
    })
}

/// What holds for the pod as a whole: scheduling, volumes, eviction.
fn whole_pod(pod: &Object, phase: &str, evidence: &Evidence) -> Vec<Cause> {
    let status = &pod.value()["status"];
    if status["reason"] == "Evicted" {
        let message = status["message"].as_str().unwrap_or("no reason given");
        return vec![Cause::Evicted(message.to_owned())];
    }
    let mut causes = Vec::new();
    if let Some(scheduled) =
        Condition::of(pod, "PodScheduled").filter(|scheduled| scheduled.status == "False")
    {
        causes.extend(unbound_claims(pod, evidence));
        if causes.is_empty() {
            let words = scheduled.words();
            causes.push(
                kubelet::missing(namespace(pod), words)
                    .unwrap_or(Cause::Unschedulable(words.to_owned())),
            );
        }
    }
    // while it waits for volumes the scheduler says nothing
    let has_no_word = Condition::of(pod, "PodScheduled").is_none();
    if phase == "Pending" && has_no_word && pod.value()["spec"]["nodeName"].is_null() {
        causes.extend(unbound_claims(pod, evidence));
    }
    if phase == "Pending" {
        causes.extend(last_event(pod, "FailedMount", evidence).map(|words| volume(pod, words)));
        causes.extend(
            last_event(pod, "FailedAttachVolume", evidence)
                .map(|words| Cause::Volume(words.to_owned())),
        );
    }
    causes
}

fn volume(pod: &Object, words: &str) -> Cause {
    if let Some(cause) =
        kubelet::missing_volume_key(words).and_then(|(volume, key)| key_of_volume(pod, volume, key))
    {
        return cause;
    }
    kubelet::missing(namespace(pod), words).unwrap_or_else(|| Cause::Volume(words.to_owned()))
}

/// The config map or Secret behind a volume.
fn key_of_volume(pod: &Object, volume: &str, key: &str) -> Option<Cause> {
    let volume = items(&pod.value()["spec"]["volumes"]).find(|item| item["name"] == volume)?;
    let (referent, name) = match (
        &volume["configMap"]["name"],
        &volume["secret"]["secretName"],
    ) {
        (Value::String(name), _) => (Referent::ConfigMap, name),
        (_, Value::String(name)) => (Referent::Secret, name),
        _ => return None,
    };
    Some(Cause::MissingKey {
        referent,
        namespace: namespace(pod).to_owned(),
        name: name.clone(),
        key: key.to_owned(),
    })
}

/// Claims that the pod names and that are not bound, with what their events say.
fn unbound_claims<'a>(pod: &'a Object, evidence: &'a Evidence) -> impl Iterator<Item = Cause> + 'a {
    let names = items(&pod.value()["spec"]["volumes"])
        .filter_map(|volume| volume["persistentVolumeClaim"]["claimName"].as_str());
    names.filter_map(|name| {
        let claim = evidence
            .claims
            .iter()
            .find(|claim| claim.name() == name && claim.namespace() == pod.namespace())?;
        let is_bound = claim.value()["status"]["phase"] == "Bound";
        // a claim that waits for its first pod is no trouble: the scheduler is asked for the reason
        let waits_for_pod = last_event(claim, "WaitForFirstConsumer", evidence).is_some();
        // the last one is said for a claim that a driver was asked for and does not answer
        let trouble = [
            "ProvisioningFailed",
            "FailedBinding",
            "ExternalProvisioning",
        ]
        .into_iter()
        .find_map(|reason| last_event(claim, reason, evidence));
        (!is_bound && (trouble.is_some() || !waits_for_pod)).then(|| Cause::UnboundClaim {
            claim: name.to_owned(),
            message: trouble.unwrap_or_default().to_owned(),
        })
    })
}

fn nothing_complains(phase: &str) -> Cause {
    match phase {
        "Running" => Cause::NotReadyYet,
        "Pending" => Cause::Starting("its containers are being made".to_owned()),
        "" => Cause::Starting("it waits for the scheduler".to_owned()),
        other => Cause::NotStarted(format!("it is {other}")),
    }
}

fn events_of<'a>(object: &'a Object, evidence: &'a Evidence) -> impl Iterator<Item = &'a Object> {
    evidence.events.iter().filter(move |event| {
        let same_name = involved(event, "name") == object.name();
        let same_kind =
            involved(event, "kind") == object.value()["kind"].as_str().unwrap_or_default();
        let uid = involved(event, "uid");
        same_name && same_kind && (uid.is_empty() || object.uid().is_none_or(|own| own == uid))
    })
}

/// Message of the youngest event of this reason.
fn last_event<'a>(object: &'a Object, reason: &'a str, evidence: &'a Evidence) -> Option<&'a str> {
    events_of(object, evidence)
        .filter(|event| event.value()["reason"] == reason)
        .max_by_key(|event| when(event).to_owned())
        .map(message)
}

/// RFC 3339 in UTC sorts as text.
fn when(event: &Object) -> &str {
    let value = event.value();
    [
        &value["series"]["lastObservedTime"],
        &value["lastTimestamp"],
        &value["eventTime"],
        &value["metadata"]["creationTimestamp"],
    ]
    .into_iter()
    .find_map(Value::as_str)
    .unwrap_or_default()
}

fn involved<'a>(event: &'a Object, field: &str) -> &'a str {
    event.value()["involvedObject"][field]
        .as_str()
        .unwrap_or_default()
}

fn message(event: &Object) -> &str {
    event.value()["message"].as_str().unwrap_or_default()
}

fn namespace(object: &Object) -> &str {
    object.namespace().unwrap_or_default()
}

fn items(list: &Value) -> impl Iterator<Item = &Value> {
    list.as_array().into_iter().flatten()
}
