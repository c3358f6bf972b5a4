//! Rules of what runs pods.

use serde_json::Value;

use super::conditions::Condition;
use super::{Readiness, phase};
use crate::object::Object;

pub(super) fn deployment(object: &Object) -> Readiness {
    let spec = &object.value()["spec"];
    let counts = Counts::of(object);
    let wanted = spec["replicas"].as_i64().unwrap_or(1);
    if let Some(waiting) = not_looked_at(object) {
        return waiting;
    }
    if let Some(failure) = cannot_create(object) {
        return failure;
    }
    let not_yet = counts
        .of_wanted("replicas", wanted, "exist")
        .or_else(|| counts.of_wanted("updatedReplicas", wanted, "have the last change"))
        .or_else(|| {
            let old = counts.get("replicas") - counts.get("updatedReplicas");
            (old > 0).then(|| format!("{} ending", pods(old, "old pod is", "old pods are")))
        })
        .or_else(|| counts.of_wanted("readyReplicas", wanted, "are ready"))
        .or_else(|| counts.of_wanted("availableReplicas", wanted, "are available"));
    let Some(not_yet) = not_yet else {
        return Readiness::Ready;
    };
    Readiness::Waiting(if spec["paused"] == true {
        format!("{not_yet}, and the roll-out is paused")
    } else {
        not_yet
    })
}

pub(super) fn stateful_set(object: &Object) -> Readiness {
    let value = object.value();
    let (spec, status) = (&value["spec"], &value["status"]);
    let counts = Counts::of(object);
    let wanted = spec["replicas"].as_i64().unwrap_or(1);
    if let Some(waiting) = not_looked_at(object) {
        return waiting;
    }
    let strategy = &spec["updateStrategy"];
    // pods below the partition, or of a strategy OnDelete, keep the old revision on purpose
    let kept_old = match strategy["type"].as_str() {
        Some("OnDelete") => wanted,
        _ => strategy["rollingUpdate"]["partition"].as_i64().unwrap_or(0),
    };
    let not_yet = counts
        .of_wanted("replicas", wanted, "exist")
        .or_else(|| {
            let updated = (wanted - kept_old).max(0);
            let current_is_updated = status["currentRevision"] == status["updateRevision"];
            (!current_is_updated)
                .then(|| counts.of_wanted("updatedReplicas", updated, "have the last change"))?
        })
        .or_else(|| counts.of_wanted("readyReplicas", wanted, "are ready"))
        .or_else(|| counts.of_wanted("availableReplicas", wanted, "are available"))
        .or_else(|| {
            let more = counts.get("replicas") - wanted;
            (more > 0).then(|| {
                format!(
                    "{} ending",
                    pods(more, "pod too many is", "pods too many are")
                )
            })
        });
    ready_unless(not_yet)
}

pub(super) fn daemon_set(object: &Object) -> Readiness {
    let value = object.value();
    let counts = Counts::of(object);
    let Some(wanted) = value["status"]["desiredNumberScheduled"].as_i64() else {
        return Readiness::waiting("its controller has not looked at it yet");
    };
    if let Some(waiting) = not_looked_at(object) {
        return waiting;
    }
    let rolls = value["spec"]["updateStrategy"]["type"] != "OnDelete";
    let not_yet = counts
        .of_wanted("currentNumberScheduled", wanted, "exist")
        .or_else(|| {
            let updated = if rolls { wanted } else { 0 };
            counts.of_wanted("updatedNumberScheduled", updated, "have the last change")
        })
        .or_else(|| counts.of_wanted("numberReady", wanted, "are ready"))
        .or_else(|| counts.of_wanted("numberAvailable", wanted, "are available"));
    ready_unless(not_yet)
}

pub(super) fn replica_set(object: &Object) -> Readiness {
    let counts = Counts::of(object);
    let wanted = object.value()["spec"]["replicas"].as_i64().unwrap_or(1);
    if let Some(waiting) = not_looked_at(object).or_else(|| cannot_create(object)) {
        return waiting;
    }
    let not_yet = counts
        .of_wanted("replicas", wanted, "exist")
        .or_else(|| counts.of_wanted("readyReplicas", wanted, "are ready"))
        .or_else(|| counts.of_wanted("availableReplicas", wanted, "are available"));
    ready_unless(not_yet)
}

/// A Job must complete; that it runs is not enough.
pub(super) fn job(object: &Object) -> Readiness {
    let value = object.value();
    if Condition::of(object, "Complete").is_some_and(|complete| complete.is_true()) {
        return Readiness::Ready;
    }
    if let Some(failed) = ["Failed", "FailureTarget"]
        .into_iter()
        .filter_map(|kind| Condition::of(object, kind))
        .find(Condition::is_true)
    {
        return Readiness::Failed(format!("job failed: {}", failed.words()));
    }
    if value["spec"]["suspend"] == true {
        return Readiness::waiting("job is suspended");
    }
    let wanted = value["spec"]["completions"].as_i64().unwrap_or(1);
    let counts = Counts::of(object);
    let done = counts.get("succeeded");
    let tries = match counts.get("failed") {
        0 => String::new(),
        failed => format!(", {} failed", pods(failed, "pod has", "pods have")),
    };
    Readiness::Waiting(match counts.get("active") {
        0 => format!("job has not started, {done} of {wanted} done{tries}"),
        _ => format!("job is running, {done} of {wanted} done{tries}"),
    })
}

pub(super) fn pod(object: &Object) -> Readiness {
    match phase(object) {
        "Succeeded" => Readiness::Ready,
        "Failed" => {
            let status = &object.value()["status"];
            let words = [&status["message"], &status["reason"]]
                .into_iter()
                .find_map(|text| text.as_str().filter(|text| !text.is_empty()));
            Readiness::Failed(format!(
                "pod failed: {}",
                words.unwrap_or("a container ended with an error")
            ))
        }
        "Running" => super::conditions::needs(object, "Ready"),
        _ => match Condition::of(object, "PodScheduled") {
            Some(scheduled) if scheduled.status == "False" => {
                Readiness::Waiting(format!("cannot be scheduled: {}", scheduled.words()))
            }
            Some(_) => Readiness::waiting("its containers are being made"),
            None => Readiness::waiting("waits for the scheduler"),
        },
    }
}

/// Without `observedGeneration` the controller has not looked at the object at all.
fn not_looked_at(object: &Object) -> Option<Readiness> {
    object
        .value()
        .pointer("/status/observedGeneration")
        .is_none_or(Value::is_null)
        .then(|| Readiness::waiting("its controller has not looked at it yet"))
}

/// Quota or admission refuses the pods.
fn cannot_create(object: &Object) -> Option<Readiness> {
    let failure = Condition::of(object, "ReplicaFailure").filter(Condition::is_true)?;
    Some(Readiness::Waiting(format!(
        "its pods cannot be created: {}",
        failure.words()
    )))
}

fn ready_unless(not_yet: Option<String>) -> Readiness {
    not_yet.map_or(Readiness::Ready, Readiness::Waiting)
}

fn pods(count: i64, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

/// The numbers of a status; a missing one is zero.
struct Counts<'a>(&'a Value);

impl<'a> Counts<'a> {
    fn of(object: &'a Object) -> Self {
        Self(&object.value()["status"])
    }

    fn get(&self, name: &str) -> i64 {
        self.0[name].as_i64().unwrap_or_default()
    }

    /// `1 of 2 pods are ready`, when there are fewer than wanted.
    fn of_wanted(&self, name: &str, wanted: i64, verb: &str) -> Option<String> {
        let count = self.get(name);
        (count < wanted).then(|| {
            let verb = match (wanted, verb) {
                (1, "exist") => "exists",
                (1, "are ready") => "is ready",
                (1, "are available") => "is available",
                (1, "have the last change") => "has the last change",
                _ => verb,
            };
            format!("{count} of {} {verb}", pods(wanted, "pod", "pods"))
        })
    }
}
