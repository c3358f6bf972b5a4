//! Nodes that are lost, and those that come back.
//!
//! kwok looks at an object when that changes, not when a stage does. So a node that is to be lost gets a mark, which is taken
//! away when it comes back, and the condition [`NODE`] of its pods changes with it.

use futures::{StreamExt, TryStreamExt};
use jiff::Timestamp;
use k8s_openapi::api::core::v1::{Node, Pod};
use kube::api::{Api, ListParams, Patch, PatchParams};
use kube::{Client, ResourceExt};
use serde_json::json;

use crate::expectations::Expectations;
use crate::furnish::gone_is_fine;
use crate::stages::NODE;

/// Annotation of a node that is lost.
const LOST: &str = "lab.mosipctl.io/lost";
/// How many requests run at one time.
const AT_ONCE: usize = 16;

/// Marks the nodes that are lost from now on, and unmarks the others.
pub(super) async fn mark(client: &Client, expectations: &Expectations) -> kube::Result<()> {
    let nodes: Api<Node> = Api::all(client.clone());
    let lost = expectations.lost_nodes();
    for node in nodes.list_metadata(&ListParams::default()).await? {
        let name = node.name_any();
        let is_lost = lost.contains(name.as_str());
        if is_lost == node.annotations().contains_key(LOST) {
            continue;
        }
        let mark = if is_lost { json!("yes") } else { json!(null) };
        let patch = json!({"metadata": {"annotations": {LOST: mark}}});
        let patched = nodes
            .patch(&name, &PatchParams::default(), &Patch::Merge(patch))
            .await;
        gone_is_fine(patched.map(|_| ()))?;
        wake_pods(client, &name, if is_lost { "Unknown" } else { "True" }).await?;
    }
    Ok(())
}

/// Makes kwok look at the pods of a node.
async fn wake_pods(client: &Client, node: &str, state: &str) -> kube::Result<()> {
    let all: Api<Pod> = Api::all(client.clone());
    let own = ListParams::default().fields(&format!("spec.nodeName={node}"));
    let time = Timestamp::now().to_string();
    let condition = json!({"type": NODE, "status": state, "lastTransitionTime": time});
    let patch = json!({"status": {"conditions": [condition]}});
    futures::stream::iter(all.list_metadata(&own).await?)
        .map(|pod| {
            let pods: Api<Pod> =
                Api::namespaced(client.clone(), &pod.namespace().unwrap_or_default());
            let patch = Patch::Strategic(patch.clone());
            async move {
                let patched = pods
                    .patch_status(&pod.name_any(), &PatchParams::default(), &patch)
                    .await;
                gone_is_fine(patched.map(|_| ()))
            }
        })
        .buffer_unordered(AT_ONCE)
        .try_collect()
        .await
}
