//! Making kwok look again.
//!
//! kwok 0.8.0 keeps its list of stages under the number of their last change, which it may learn before it has taken that change
//! in (`kubernetes-sigs/kwok@v0.8.0:pkg/config/resources/cache.go` and `dynamic.go`). Whoever asks in that moment freezes an
//! incomplete list until the next change. A change that comes alone, when all before it are in, is what heals that: it has
//! nothing to lose itself. And an object that was looked at with an incomplete list is looked at again only when it changes.

use std::time::Duration;

use jiff::Timestamp;
use k8s_openapi::api::core::v1::Node;
use kube::api::{Api, ListParams, Patch, PatchParams};
use kube::runtime::watcher;
use kube::{Client, ResourceExt};
use serde_json::{Value, json};

use crate::furnish::{gone_is_fine, kwok_api, nodes_ready};

/// Annotation that says when kwok was made to look.
const NUDGED: &str = "lab.mosipctl.io/nudged";
/// A stage that every lab has.
const STAGE: &str = "pod-delete";
/// How long kwok may take to have taken in what it was told.
const PAUSE: Duration = Duration::from_millis(200);
/// The same, on a machine that has much else to do.
const LONG_PAUSE: Duration = Duration::from_secs(3);

/// Why nodes cannot be waited for.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NodesError {
    /// They cannot be watched.
    #[error("failed to watch nodes")]
    Watch(#[from] watcher::Error),
    /// Something cannot be changed.
    #[error("failed to make kwok look again")]
    Nudge(#[from] kube::Error),
}

/// Changes a stage, in nothing that counts, when those before it should be in.
pub(crate) async fn nudge(client: &Client) -> kube::Result<()> {
    tokio::time::sleep(PAUSE).await;
    let stages = kwok_api(client, "Stage", None);
    let params = PatchParams::default();
    let patched = stages.patch(STAGE, &params, &Patch::Merge(mark())).await;
    gone_is_fine(patched.map(|_| ()))
}

/// The same once more, when those before it are in even on a slow machine.
pub(crate) async fn nudge_later(client: Client) {
    tokio::time::sleep(LONG_PAUSE).await;
    if let Err(error) = nudge(&client).await {
        eprintln!("failed to make kwok look again: {error}");
    }
}

/// Waits until every node is ready, and makes kwok look again as long as they are not.
pub(crate) async fn nodes_come(client: &Client) -> Result<(), NodesError> {
    loop {
        match tokio::time::timeout(LONG_PAUSE, nodes_ready(client)).await {
            Ok(ready) => {
                ready?;
                return Ok(nudge(client).await?);
            }
            Err(_) => {
                eprintln!("nodes do not come: kwok is made to look again");
                nudge_nodes(client).await?;
            }
        }
    }
}

async fn nudge_nodes(client: &Client) -> kube::Result<()> {
    nudge(client).await?;
    tokio::time::sleep(PAUSE).await;
    let nodes: Api<Node> = Api::all(client.clone());
    for node in nodes.list_metadata(&ListParams::default()).await? {
        let params = PatchParams::default();
        let patched = nodes
            .patch(&node.name_any(), &params, &Patch::Merge(mark()))
            .await;
        gone_is_fine(patched.map(|_| ()))?;
    }
    Ok(())
}

fn mark() -> Value {
    json!({"metadata": {"annotations": {NUDGED: Timestamp::now().to_string()}}})
}
