//! A responder in place of images, so that real kubelets prove everything about a pod but its program. Pure.
//!
//! Image, command and arguments are another's ([`mosipctl-responder`](../../responder)), told by the container's own
//! [ports and probes](answers) what to answer; Jobs and init containers end well at once. Everything else stays, because it is what
//! is to be proven: environment, volumes, ports, users, rights, limits.

mod answers;

use std::collections::BTreeSet;
use std::fmt;

use mosipctl_object::Object;
use serde::Serialize;
use serde_json::{Value, json};

use answers::Answers;

/// Where the program is in its image.
const PROGRAM: &str = "/responder";
/// What ends by itself is pretended to have done its work.
const ENDS_WELL: &str = "Jobs and init containers end well without doing anything";
/// Hooks run programs of the image, or ask its program.
const NO_HOOKS: &str = "lifecycle hooks are left out";
/// Whose server is only a responder.
const NO_WEBHOOKS: &str =
    "webhooks and API services are left out: nobody would answer the API server";
/// The keys of a hook that need the real program; `sleep` does not.
const HOOKS: [&str; 3] = ["exec", "httpGet", "tcpSocket"];

/// What responders stand in for in a release.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StoodIn {
    /// The image that runs instead.
    pub responder: String,
    /// The images that do not run.
    pub images: BTreeSet<String>,
    /// What else is not as the chart says, in words.
    pub changes: BTreeSet<&'static str>,
}

impl fmt::Display for StoodIn {
    /// The images that do not run.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let images: Vec<&str> = self.images.iter().map(String::as_str).collect();
        f.write_str(&images.join(", "))
    }
}

/// Whether a container goes on running.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Course {
    /// Until it is told to end.
    Serves,
    /// It does its work and ends.
    Ends,
}

/// Puts responders in place of images of a pod spec. `responder` tells which one runs in place of an image, if one does.
pub(crate) fn stand_in(
    spec: &mut Value,
    is_job: bool,
    responder: &dyn Fn(&str) -> Option<String>,
    stood_in: &mut StoodIn,
) {
    // pods share one network: a port that one container answers is no other's
    let mut taken = BTreeSet::new();
    let lists = [("containers", is_job), ("initContainers", true)];
    for (list, ends) in lists {
        let containers = spec.get_mut(list).and_then(Value::as_array_mut);
        for container in containers.into_iter().flatten() {
            let image = container["image"].as_str().unwrap_or_default().to_owned();
            let Some(responder) = responder(&image) else {
                continue;
            };
            let is_sidecar = container["restartPolicy"] == "Always";
            let course = match ends && !is_sidecar {
                true => Course::Ends,
                false => Course::Serves,
            };
            replace(container, course, &mut taken, stood_in);
            container["image"] = json!(responder);
            container["imagePullPolicy"] = json!("IfNotPresent");
            stood_in.responder = responder;
            stood_in.images.insert(image);
        }
    }
}

fn replace(
    container: &mut Value,
    course: Course,
    taken: &mut BTreeSet<u16>,
    stood_in: &mut StoodIn,
) {
    container["command"] = json!([PROGRAM]);
    if leave_out_hooks(container) {
        stood_in.changes.insert(NO_HOOKS);
    }
    if course == Course::Ends {
        container["args"] = json!(["once"]);
        stood_in.changes.insert(ENDS_WELL);
        return;
    }
    let answers = Answers::of(container, taken);
    stood_in.changes.extend(answers.ask_by(container, PROGRAM));
    let mut arguments = vec!["serve".to_owned()];
    arguments.extend(answers.arguments());
    container["args"] = json!(arguments);
}

/// Whether there were any.
fn leave_out_hooks(container: &mut Value) -> bool {
    let Some(hooks) = container
        .get_mut("lifecycle")
        .and_then(Value::as_object_mut)
    else {
        return false;
    };
    let before = hooks.len();
    hooks.retain(|_, hook| HOOKS.iter().all(|key| hook.get(key).is_none()));
    let is_changed = hooks.len() < before;
    if hooks.is_empty()
        && let Some(container) = container.as_object_mut()
    {
        container.remove("lifecycle");
    }
    is_changed
}

/// Leaves out what would make the API server ask a responder, which cannot answer it: nothing could be applied any more.
pub(crate) fn leave_out_webhooks(objects: &mut Vec<Object>, stood_in: &mut StoodIn) {
    let before = objects.len();
    objects.retain(|object| {
        !matches!(
            object.kind().kind.as_str(),
            "MutatingWebhookConfiguration" | "ValidatingWebhookConfiguration" | "APIService"
        )
    });
    let mut is_changed = objects.len() < before;
    for object in objects {
        if let Some(conversion) = object.value_mut().pointer_mut("/spec/conversion")
            && conversion["strategy"] == "Webhook"
        {
            *conversion = json!({"strategy": "None"});
            is_changed = true;
        }
    }
    if is_changed {
        stood_in.changes.insert(NO_WEBHOOKS);
    }
}

#[cfg(test)]
mod tests;
