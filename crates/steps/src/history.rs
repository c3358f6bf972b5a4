//! Finished runs, kept in the cluster beside what they made.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use mosipctl_kube::{Created, Delete, Kubernetes, Selection};
use mosipctl_object::{Kind, Object};
use mosipctl_observe::ledger::NAMESPACE;
use serde_json::json;

use crate::failure::Failure;

/// Runs that are kept of each environment.
const KEPT: usize = 20;
/// Label: the environment whose run it is.
const LABEL: &str = "mosipctl.io/run-of";
/// Key of the packed run.
const KEY: &str = "run.jsonl.zst";
/// What an API server takes for one config map; a longer run stays in the journal of the machine that made it.
const LIMIT: usize = 1_000_000;

/// Keeps a finished run, and forgets the oldest of too many.
///
/// # Errors
/// The cluster does not answer.
pub async fn keep_run(
    kube: &dyn Kubernetes,
    environment: &str,
    run: &str,
    packed: &[u8],
) -> Result<(), Failure> {
    let text = BASE64_STANDARD.encode(packed);
    if text.len() <= LIMIT {
        let value = json!({
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {
                "name": format!("run-{environment}-{}", run.to_lowercase()),
                "namespace": NAMESPACE,
                "labels": {LABEL: environment},
            },
            "binaryData": {KEY: text},
        });
        if let Ok(object) = Object::try_from(value) {
            match kube.create(&object).await? {
                Created::New(_) | Created::Exists => {}
            }
        }
    }
    forget(kube, environment).await
}

async fn forget(kube: &dyn Kubernetes, environment: &str) -> Result<(), Failure> {
    let selection = Selection::namespace(NAMESPACE).labels(format!("{LABEL}={environment}"));
    let mut runs = kube
        .list_metadata(&Kind::core("ConfigMap"), &selection)
        .await?;
    let made = |object: &Object| {
        object.value()["metadata"]["creationTimestamp"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    };
    runs.sort_by_key(made);
    for old in runs.iter().take(runs.len().saturating_sub(KEPT)) {
        kube.delete(&old.key(), &Delete::of(old.uid().unwrap_or_default()))
            .await?;
    }
    Ok(())
}
