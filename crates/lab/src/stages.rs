//! kwok's `Stage` objects: what happens to a node or a pod, when, and after how long.
//!
//! ```text
//! node:  created ─ node-start ─ Ready ─ node-heartbeat …                    lost ─ node-lost
//! pod:   scheduled ─ (the strict kubelet admits it) ─ Running ┬─ pod-ready-SECONDS ─ Ready
//!                                                              ├─ pod-done-SECONDS ─ Succeeded   (Jobs)
//!                                                              ├─ pod-done-real, pod-fail-real ─ Succeeded or Failed   (Jobs that work for real)
//!                                                              └─ pod-fail-…, pod-crash-… ⇄ pod-restart   (drills)
//!       any, on a lost node ─ pod-lost
//! ```
//! Stages only read pods and write their status. A delay counts from the moment of admission, which stands in the pod's own
//! condition, so a change of the pod in between does not begin it anew. Releases of equal delay share a stage: kwok asks every
//! stage about every change of every pod.

mod drill;
mod node;
mod pod;
mod real_job;

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};

use crate::expectations::{Expectations, Work};
use crate::settings::Kubelet;

/// API version of kwok's kinds.
pub(crate) const KWOK_API: &str = "kwok.x-k8s.io/v1alpha1";
/// The strict kubelet found everything that the pod names. Its message is the time.
pub(crate) const ADMITTED: &str = "lab.mosipctl.io/admitted";
/// Probes and Services meet a port of the pod.
pub(crate) const ANSWERS: &str = "lab.mosipctl.io/answers";

/// Reason for which a pod does not answer: the program of its Job failed.
pub(crate) const FAILED: &str = "Failed";

/// The pod's node lives. Only pods whose node was lost once have it.
pub(crate) const NODE: &str = "lab.mosipctl.io/node";

/// What stages are made from.
#[derive(Clone, Copy)]
pub(crate) struct Script<'a> {
    pub(crate) expectations: &'a Expectations,
    /// Real seconds are divided by this.
    pub(crate) speed: f64,
    pub(crate) kubelet: Kubelet,
}

/// One stage.
struct Stage {
    name: String,
    /// `Pod` or `Node`.
    kind: &'static str,
    /// A jq expression over the object that is true when the stage is next.
    when: String,
    delay: Delay,
    next: Next,
}

/// When a stage happens, once it is next.
enum Delay {
    None,
    /// So long after it became next.
    Fixed(Duration),
    /// A jq expression that gives a Go duration.
    Computed(String),
}

/// What a stage does.
enum Next {
    /// Writes the status that a Go template gives, and an event.
    Status(String, Option<Event>),
    /// Deletes the object.
    Delete,
}

/// A warning about the object.
struct Event {
    reason: &'static str,
    message: String,
}

/// All stages of a script.
pub(crate) fn stages(script: &Script<'_>) -> Vec<Value> {
    let mut stages = node::stages(script);
    stages.extend(pod::stages(script));
    stages.extend(drill::stages(script));
    stages.extend(real_job::stages(script));
    stages.iter().map(Stage::object).collect()
}

impl Script<'_> {
    /// Seconds of real machines as the lab waits them.
    fn scaled(&self, seconds: f64) -> Duration {
        // whoever gives nonsense gets no delay
        Duration::try_from_secs_f64(seconds / self.speed).unwrap_or_default()
    }

    /// Releases by how long they take for this work.
    fn by_delay(&self, work: Work) -> BTreeMap<Duration, Vec<String>> {
        let mut groups: BTreeMap<Duration, Vec<String>> = BTreeMap::new();
        for startup in &self.expectations.startups {
            if startup.work == work {
                let group = groups.entry(self.scaled(startup.seconds)).or_default();
                group.push(startup.subject.key());
            }
        }
        groups
    }

    /// jq, true for pods on nodes that are not lost.
    fn on_living_node(&self) -> String {
        let lost = self.expectations.lost_nodes();
        match lost.is_empty() {
            true => "true".to_owned(),
            false => format!("(.spec.nodeName | {} | not)", one_of(lost)),
        }
    }
}

impl Stage {
    fn object(&self) -> Value {
        let mut spec = json!({
            "resourceRef": {"apiGroup": "v1", "kind": self.kind},
            "selector": {"matchExpressions": [
                {"jq": {"key": format!("{JQ}{}", self.when), "operator": "In", "values": ["true"]}},
            ]},
            "steps": self.next.steps(),
        });
        match &self.delay {
            Delay::None => {}
            Delay::Fixed(delay) => {
                spec["delay"] = json!({"durationMilliseconds": delay.as_millis() as u64});
            }
            Delay::Computed(jq) => {
                spec["delay"] =
                    json!({"durationFrom": {"jq": {"expression": format!("{JQ}{jq}")}}});
            }
        }
        json!({
            "apiVersion": KWOK_API,
            "kind": "Stage",
            "metadata": {"name": self.name},
            "spec": spec,
        })
    }
}

impl Next {
    fn steps(&self) -> Value {
        match self {
            Self::Delete => json!([{"delete": true}]),
            Self::Status(template, event) => {
                let mut steps = vec![json!({
                    "patch": {"subresource": "status", "root": "status", "template": template},
                })];
                if let Some(Event { reason, message }) = event {
                    steps.push(json!({
                        "event": {"type": "Warning", "reason": reason, "message": message},
                    }));
                }
                Value::Array(steps)
            }
        }
    }
}

/// Words that the expressions share.
const JQ: &str = r#"
def condition($type): first(.status.conditions[]? | select(.type == $type) | .status) // "";
def is_job: any(.metadata.ownerReferences[]?; .kind == "Job");
def subject: .metadata.namespace + "/" + (.metadata.labels["app.kubernetes.io/instance"] // "");
def is_leaving: .metadata.deletionTimestamp != null;
"#;

/// jq, true when the input is one of these texts.
fn one_of(texts: impl IntoIterator<Item = impl AsRef<str>>) -> String {
    let texts: Vec<Value> = texts
        .into_iter()
        .map(|text| Value::String(text.as_ref().to_owned()))
        .collect();
    // an object's keys are found faster than an array's items
    let entries: Vec<String> = texts.iter().map(|text| format!("{text}: true")).collect();
    format!("({{{}}}[.] == true)", entries.join(", "))
}

#[cfg(test)]
mod tests;
