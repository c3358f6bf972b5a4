//! What is written about a pod: patches of its status, and events.

use jiff::Timestamp;
use k8s_openapi::api::core::v1::{Event, Pod as ApiPod};
use kube::Client;
use kube::api::{Api, Patch, PatchParams, PostParams};
use serde_json::{Value, json};

use super::answers::Unanswered;
use super::pod::{Container, Pod};
use super::status::{completed, condition, names, seconds, started, status_of, unready};
use super::verdict::{Stuck, Trouble, Wait};
use crate::furnish::{MANAGER, gone_is_fine};
use crate::stages::{ADMITTED, ANSWERS};

/// What is to be said about a pod.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Report {
    /// It waits.
    Waits(Wait),
    /// It may start, now or since long; and what keeps it from getting ready.
    Runs { unanswered: Option<Unanswered> },
}

impl Report {
    /// Whether the pod's own status says it already.
    pub(super) fn is_written(&self, pod: &Pod) -> bool {
        match self {
            Self::Waits(_) => false,
            Self::Runs { unanswered } => {
                let is_well = unanswered.is_none() && pod.standing.answers == Some(true);
                pod.standing.is_admitted && is_well
            }
        }
    }

    /// Writes it. A pod that is gone, or was made anew under its name, needs no word.
    pub(super) async fn write(&self, client: &Client, pod: &Pod) -> kube::Result<()> {
        let now = Timestamp::now();
        let pods: Api<ApiPod> = Api::namespaced(client.clone(), &pod.namespace);
        let status = self.status(pod, now);
        let patch = Patch::Strategic(json!({"metadata": {"uid": pod.uid}, "status": status}));
        let params = PatchParams {
            field_manager: Some(MANAGER.to_owned()),
            ..PatchParams::default()
        };
        let patched = pods.patch_status(&pod.name, &params, &patch).await;
        match patched {
            // another uid
            Err(kube::Error::Api(status)) if status.code == 409 => return Ok(()),
            patched => gone_is_fine(patched.map(|_| ()))?,
        }
        for (index, (reason, message)) in self.events().into_iter().enumerate() {
            event(client, pod, (now, index), reason, message).await?;
        }
        Ok(())
    }

    fn status(&self, pod: &Pod, now: Timestamp) -> Value {
        match self {
            Self::Waits(wait) => waiting(pod, wait, now),
            Self::Runs { unanswered } => running(pod, unanswered.as_ref(), now),
        }
    }

    fn events(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Waits(Wait::Volumes(messages)) => {
                let messages = messages.iter().cloned();
                messages.map(|message| ("FailedMount", message)).collect()
            }
            Self::Waits(Wait::InitContainers(stuck) | Wait::Containers(stuck)) => stuck
                .iter()
                .flat_map(|stuck| events_of(&stuck.trouble))
                .collect(),
            // how a Job's program ended stands in its container's state and log
            Self::Runs {
                unanswered: Some(Unanswered::Probe(message)),
            } => vec![("Unhealthy", message.clone())],
            Self::Runs { .. } => Vec::new(),
        }
    }
}

fn events_of(trouble: &Trouble) -> Vec<(&'static str, String)> {
    match trouble {
        Trouble::Config(message) => vec![("Failed", format!("Error: {message}"))],
        Trouble::Image {
            image,
            because,
            without,
        } => {
            let mut events = Vec::new();
            if !without.is_empty() {
                let names = without.join(", ");
                events.push((
                    "FailedToRetrieveImagePullSecret",
                    format!("Unable to retrieve some image pull secrets ({names}); attempting to pull the image may not succeed."),
                ));
            }
            events.push((
                "Failed",
                format!("Failed to pull image \"{image}\": {because}"),
            ));
            events.push(("BackOff", format!("Back-off pulling image \"{image}\"")));
            events
        }
    }
}

/// The time of admission, from which kwok's stages count, stands in the message: times of conditions know only seconds.
fn running(pod: &Pod, unanswered: Option<&Unanswered>, now: Timestamp) -> Value {
    let mut conditions = Vec::new();
    if !pod.standing.is_admitted {
        let time = now.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string();
        conditions.push(condition(ADMITTED, true, "AllFound", &time, now));
    }
    match unanswered {
        None => conditions.push(condition(ANSWERS, true, "PortsMeet", "", now)),
        Some(unanswered) => {
            let (reason, message) = (unanswered.reason(), unanswered.message());
            conditions.push(condition(ANSWERS, false, reason, message, now));
            if pod.standing.is_admitted {
                for kind in ["ContainersReady", "Ready"] {
                    let message = unready(&pod.containers);
                    conditions.push(condition(kind, false, "ContainersNotReady", &message, now));
                }
            }
        }
    }
    match pod.standing.is_admitted {
        true => json!({"conditions": conditions}),
        false => started(pod, conditions, now),
    }
}

fn waiting(pod: &Pod, wait: &Wait, now: Timestamp) -> Value {
    let (inits_done, stuck): (bool, &[Stuck]) = match wait {
        Wait::Volumes(_) => (pod.init_containers.is_empty(), &[]),
        Wait::InitContainers(stuck) => (false, stuck),
        Wait::Containers(stuck) => (true, stuck),
    };
    let has_network = !matches!(wait, Wait::Volumes(_));
    let not_initialized = format!(
        "containers with incomplete status: [{}]",
        names(&pod.init_containers)
    );
    let (initialized, because) = match inits_done {
        true => ("", ""),
        false => ("ContainersNotInitialized", not_initialized.as_str()),
    };
    let message = unready(&pod.containers);
    let conditions = [
        condition(ADMITTED, false, "Waiting", &summary(wait), now),
        condition("PodReadyToStartContainers", has_network, "", "", now),
        condition("Initialized", inits_done, initialized, because, now),
        condition(
            "ContainersReady",
            false,
            "ContainersNotReady",
            &message,
            now,
        ),
        condition("Ready", false, "ContainersNotReady", &message, now),
    ];
    let inits = pod
        .init_containers
        .iter()
        .map(|container| match inits_done {
            true => completed(container, now),
            false => waits(container, stuck, "PodInitializing"),
        });
    let idle = match inits_done {
        true => "ContainerCreating",
        false => "PodInitializing",
    };
    let containers = pod.containers.iter();
    let containers = containers.map(|container| waits(container, stuck, idle));
    json!({
        "phase": "Pending",
        "startTime": seconds(now),
        "conditions": conditions,
        "initContainerStatuses": inits.collect::<Vec<_>>(),
        "containerStatuses": containers.collect::<Vec<_>>(),
    })
}

fn summary(wait: &Wait) -> String {
    let (Wait::InitContainers(stuck) | Wait::Containers(stuck)) = wait else {
        let Wait::Volumes(messages) = wait else {
            return String::new();
        };
        return messages.join("; ");
    };
    let messages = stuck.iter().map(|stuck| stuck.trouble.message());
    messages.collect::<Vec<_>>().join("; ")
}

fn waits(container: &Container, stuck: &[Stuck], idle: &str) -> Value {
    let own = stuck.iter().find(|stuck| stuck.container == container.name);
    let waiting = match own {
        Some(Stuck { trouble, .. }) => {
            json!({"reason": trouble.reason(), "message": trouble.message()})
        }
        None => json!({"reason": idle}),
    };
    status_of(container, false, json!({"waiting": waiting}))
}

/// Makes an event of the pod. `when` gives it a name of its own.
async fn event(
    client: &Client,
    pod: &Pod,
    (now, index): (Timestamp, usize),
    reason: &str,
    message: String,
) -> kube::Result<()> {
    let time = seconds(now);
    let event = json!({
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {
            "name": format!("{}.{:x}.{index}", pod.name, now.as_nanosecond()),
            "namespace": pod.namespace,
        },
        "involvedObject": {
            "apiVersion": "v1",
            "kind": "Pod",
            "namespace": pod.namespace,
            "name": pod.name,
            "uid": pod.uid,
        },
        "type": "Warning",
        "reason": reason,
        // the API server takes no more
        "message": message.chars().take(1024).collect::<String>(),
        "source": {"component": "kubelet", "host": pod.node},
        "reportingComponent": "kubelet",
        "reportingInstance": pod.node,
        "firstTimestamp": time,
        "lastTimestamp": time,
        "count": 1,
    });
    let event: Event = serde_json::from_value(event).map_err(kube::Error::SerdeError)?;
    let events: Api<Event> = Api::namespaced(client.clone(), &pod.namespace);
    let made = events.create(&PostParams::default(), &event).await;
    match made {
        // the namespace is going
        Err(kube::Error::Api(status)) if matches!(status.code, 403 | 404) => Ok(()),
        made => made.map(|_| ()),
    }
}
