//! Losing nodes, one after another, and getting them back.

use std::collections::BTreeSet;
use std::time::Instant;

use k8s_openapi::api::core::v1::{Node, Taint};
use kube::Client;
use kube::api::{Api, Patch, PatchParams};
use serde_json::json;

use super::DrillError;
use crate::judge::{is_settled, numbered, remedy, unplaced};
use crate::report::DrillReport;
use crate::seen::Seen;
use crate::settle::{settled, until};

/// The taint of a node that a drill takes away.
const DRILL: &str = "mosipctl.io/drill";

/// The nodes of a cluster, in the order of their numbers, with their zones.
pub fn nodes(seen: &Seen) -> Vec<(String, String)> {
    let nodes = seen.nodes.iter();
    let mut nodes: Vec<_> = nodes
        .map(|node| (node.name.clone(), node.zone.clone()))
        .collect();
    nodes.sort_by_key(|(name, _)| numbered(name));
    nodes
}

/// Takes nodes away, waits until every pod is placed elsewhere or refused, and gives them back; then waits until every pod
/// has a place again.
///
/// # Errors
/// See [`DrillError`]. The nodes are given back in any case, as long as the API server answers.
pub async fn lose(
    client: &Client,
    lost: &str,
    nodes: &BTreeSet<String>,
) -> Result<DrillReport, DrillError> {
    let drill = format!("{lost} lost");
    let failed = DrillError::of(&drill);
    let before = settled(client).await.map_err(&failed)?;
    if before.nodes.iter().all(|node| nodes.contains(&node.name)) {
        return Err(DrillError::Last { drill });
    }
    let on_it = |pod: &&crate::seen::SeenPod| nodes.contains(&pod.node);
    let moved = before.pods.iter().filter(on_it).count();
    let started = Instant::now();
    let drilled = match mark(client, nodes, true).await {
        Ok(()) => settled_without(client, nodes).await,
        Err(error) => Err(error),
    };
    let seconds = started.elapsed().as_secs_f64();
    mark(client, nodes, false).await.map_err(&failed)?;
    let after = drilled.map_err(&failed)?;
    settled(client).await.map_err(&failed)?;
    let unplaced = unplaced(&after);
    let mut rest = after;
    rest.nodes.retain(|node| !nodes.contains(&node.name));
    Ok(DrillReport {
        remedy: remedy(&rest, &unplaced),
        ..DrillReport::placed(drill, moved, unplaced, seconds)
    })
}

/// Everybody has left the nodes, and everybody is placed or refused.
async fn settled_without(client: &Client, nodes: &BTreeSet<String>) -> kube::Result<Seen> {
    let is_empty = |seen: &Seen| !seen.pods.iter().any(|pod| nodes.contains(&pod.node));
    until(client, |seen| is_settled(seen) && is_empty(seen)).await
}

/// Cordons and taints nodes, or takes both back.
async fn mark(client: &Client, nodes: &BTreeSet<String>, is_lost: bool) -> kube::Result<()> {
    let marked = nodes.iter().map(|node| mark_one(client, node, is_lost));
    futures::future::try_join_all(marked).await.map(drop)
}

/// Taints are one list that controllers write to as well, so it is written only as it was read.
async fn mark_one(client: &Client, node: &str, is_lost: bool) -> kube::Result<()> {
    let api: Api<Node> = Api::all(client.clone());
    loop {
        let live = api.get(node).await?;
        let taints = live.spec.and_then(|spec| spec.taints).unwrap_or_default();
        let mut taints: Vec<_> = taints
            .into_iter()
            .filter(|taint| taint.key != DRILL)
            .collect();
        if is_lost {
            taints.push(Taint {
                key: DRILL.to_owned(),
                effect: "NoExecute".to_owned(),
                ..Taint::default()
            });
        }
        let patch = json!({
            "metadata": {"resourceVersion": live.metadata.resource_version},
            "spec": {"unschedulable": is_lost, "taints": taints},
        });
        let params = PatchParams::default();
        match api.patch(node, &params, &Patch::Merge(patch)).await {
            // somebody was faster: read again
            Err(kube::Error::Api(status)) if status.code == 409 => {}
            marked => return marked.map(drop),
        }
    }
}
