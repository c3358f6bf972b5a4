//! Why a workload is not ready: the reason a person would find by hand.
//!
//! A pure function over what was read: the workload, its pods, their claims, their events and the last lines of their
//! logs. The kubelet, the scheduler and the controllers say what is wrong, each in another place and in its own words;
//! here it becomes one [`Reason`] with the names taken apart, the most telling first.

mod kubelet;
mod pod;

use std::collections::BTreeMap;
use std::fmt;

use crate::object::Object;
use crate::references::Referent;

/// What was read about a workload that is not ready.
#[derive(Debug, Clone, Default)]
pub struct Evidence {
    /// Its pods. Pods that are being deleted are passed over.
    pub pods: Vec<Object>,
    /// Claims that its pods name.
    pub claims: Vec<Object>,
    /// Events of the workload, its replica sets, pods and claims.
    pub events: Vec<Object>,
    /// Last log lines by pod and container; of the run before, when the container is being restarted.
    pub logs: BTreeMap<(String, String), Vec<String>>,
}

/// One reason, with the place where it was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// What is wrong.
    pub cause: Cause,
    /// The pod that shows it; none when there is not even a pod.
    pub pod: Option<String>,
    /// The container that shows it.
    pub container: Option<String>,
    /// Last log lines, when the container ran.
    pub log: Vec<String>,
}

/// What is wrong. The order is that of telling: what stands first explains what stands after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cause {
    /// A pod names a key that its config map or Secret has not.
    MissingKey {
        /// Config map or Secret.
        referent: Referent,
        /// Its namespace, which is the pod's.
        namespace: String,
        /// Its name.
        name: String,
        /// The key.
        key: String,
    },
    /// A pod names a config map, Secret, claim or service account that does not exist.
    MissingObject {
        /// What sort.
        referent: Referent,
        /// Its namespace, which is the pod's.
        namespace: String,
        /// Its name.
        name: String,
    },
    /// A claim is not bound.
    UnboundClaim {
        /// Its name.
        claim: String,
        /// What the provisioner says.
        message: String,
    },
    /// Pods are refused: quota, admission, a webhook.
    NotCreated(String),
    /// An image cannot be had.
    Image {
        /// Its name.
        image: String,
        /// What the registry says.
        message: String,
    },
    /// No node takes the pod; the scheduler's words.
    Unschedulable(String),
    /// A container ends.
    Crash {
        /// Exit code.
        exit_code: i64,
        /// Signal, when one ended it.
        signal: Option<i64>,
        /// Whether it used more memory than its limit.
        out_of_memory: bool,
        /// Times it was restarted.
        restarts: i64,
        /// What it left as a message.
        message: String,
    },
    /// It runs and a probe fails.
    Probe {
        /// `readiness`, `startup` or `liveness`.
        probe: String,
        /// What the kubelet got.
        message: String,
    },
    /// The pod was taken from its node.
    Evicted(String),
    /// A volume cannot be mounted for another reason than a missing object.
    Volume(String),
    /// A container cannot start for another reason.
    NotStarted(String),
    /// It runs, nothing complains, it is not ready yet.
    NotReadyYet,
    /// It is on its way: scheduled, images being pulled, containers being made.
    Starting(String),
}

impl Cause {
    /// Lower tells more.
    fn rank(&self) -> u8 {
        match self {
            Self::MissingKey { .. } => 0,
            Self::MissingObject { .. } => 1,
            Self::UnboundClaim { .. } => 2,
            Self::NotCreated(_) => 3,
            Self::Image { .. } => 4,
            Self::Unschedulable(_) => 5,
            Self::Crash { .. } => 6,
            Self::Probe { .. } => 7,
            Self::Evicted(_) => 8,
            Self::Volume(_) => 9,
            Self::NotStarted(_) => 10,
            Self::NotReadyYet => 11,
            Self::Starting(_) => 12,
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MissingKey {
                referent,
                namespace,
                name,
                key,
            } => {
                let word = word(*referent);
                write!(
                    f,
                    "cannot start: key `{key}` is not in {word} `{namespace}/{name}`"
                )
            }
            Self::MissingObject {
                referent,
                namespace,
                name,
            } => {
                let word = word(*referent);
                write!(f, "cannot start: there is no {word} `{namespace}/{name}`")
            }
            Self::UnboundClaim { claim, message } => {
                write!(f, "waits for claim `{claim}`, which is not bound")?;
                match message.as_str() {
                    "" => Ok(()),
                    message => write!(f, ": {message}"),
                }
            }
            Self::NotCreated(message) => write!(f, "cannot be created: {message}"),
            Self::Image { image, message } => write!(f, "cannot pull image `{image}`: {message}"),
            Self::Unschedulable(message) => write!(f, "fits on no node: {message}"),
            Self::Crash {
                exit_code,
                signal,
                out_of_memory,
                restarts,
                message,
            } => {
                match (out_of_memory, signal) {
                    (true, _) => write!(f, "ended: it needs more memory than its limit")?,
                    (false, Some(signal)) => write!(f, "ended by signal {signal}")?,
                    (false, None) => write!(f, "ended with exit code {exit_code}")?,
                }
                if *restarts > 0 {
                    let times = if *restarts == 1 { "time" } else { "times" };
                    write!(f, ", restarted {restarts} {times}")?;
                }
                match message.as_str() {
                    "" => Ok(()),
                    message => write!(f, ": {message}"),
                }
            }
            Self::Probe { probe, message } => {
                write!(f, "runs, but its {probe} probe fails: {message}")
            }
            Self::Evicted(message) => write!(f, "was taken from its node: {message}"),
            Self::Volume(message) => write!(f, "cannot mount a volume: {message}"),
            Self::NotStarted(message) => write!(f, "cannot start: {message}"),
            Self::NotReadyYet => f.write_str("runs, but is not ready yet"),
            Self::Starting(message) => write!(f, "is starting: {message}"),
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.pod, &self.container) {
            (Some(pod), Some(container)) => {
                write!(f, "container `{container}` of pod `{pod}` {}", self.cause)
            }
            (Some(pod), None) => write!(f, "pod `{pod}` {}", self.cause),
            (None, _) => write!(f, "its pods {}", self.cause),
        }
    }
}

/// What people call a referent.
fn word(referent: Referent) -> &'static str {
    match referent {
        Referent::ConfigMap => "config map",
        Referent::Secret => "secret",
        Referent::Claim => "claim",
        Referent::ServiceAccount => "service account",
        Referent::PullSecret => "pull secret",
    }
}

/// Every reason found, the most telling first, each cause once.
pub fn why(workload: &Object, evidence: &Evidence) -> Vec<Reason> {
    let mut reasons: Vec<Reason> = evidence
        .pods
        .iter()
        .filter(|pod| pod.value().pointer("/metadata/deletionTimestamp").is_none())
        .flat_map(|pod| pod::reasons(pod, evidence))
        .chain(pod::not_created(workload, evidence))
        .collect();
    // stable: among equals the pods stand in the order given
    reasons.sort_by_key(|reason| reason.cause.rank());
    let mut told: Vec<Cause> = Vec::new();
    reasons.retain(|reason| {
        let is_new = !told.contains(&reason.cause);
        told.push(reason.cause.clone());
        is_new
    });
    reasons
}

#[cfg(test)]
mod tests;
