//! The token of SoftHSM, as its container makes it at its start.
//!
//! The container also serves it to other pods, by a proxy for PKCS #11. That proxy is stood in for: whoever uses the token here
//! loads the library itself. A command in such a pod (`exec`) runs on this machine and finds the token where it would find it in
//! the container, by SoftHSM's own variable.

use k8s_openapi::api::core::v1::Pod;
use kube::ResourceExt;
use kube::api::{Api, ListParams};
use serde_json::{Value, json};

use super::RealToken;
use super::bench::{Bench, Tried};
use crate::expectations::Subject;
use crate::furnish::{apply, kwok_api};
use crate::stages::KWOK_API;

/// Names the settings of SoftHSM to whoever loads its library.
const CONFIGURATION: &str = "SOFTHSM2_CONF";

/// Makes the token, or opens the one that is there.
pub(super) async fn keep(
    bench: &Bench,
    subject: &Subject,
    token: &RealToken,
    is_well: impl Fn(Option<u16>),
) -> Tried<()> {
    let token = bench.token(subject, token).await?;
    let configuration = token.configuration();
    let kept = let_commands_in(bench, subject, &configuration.to_string_lossy()).await;
    kept.map_err(|error| format!("failed to let commands in: {error}"))?;
    is_well(None);
    Ok(())
}

/// Lets commands in the pods of the token, by their names: another token may lie in the same namespace.
async fn let_commands_in(
    bench: &Bench,
    subject: &Subject,
    configuration: &str,
) -> kube::Result<()> {
    let pods: Api<Pod> = Api::namespaced(bench.client.clone(), &subject.namespace);
    let of_release = format!("app.kubernetes.io/instance={}", subject.instance);
    let pods = pods
        .list(&ListParams::default().labels(&of_release))
        .await?;
    let names: Vec<String> = pods.iter().map(ResourceExt::name_any).collect();
    if names.is_empty() {
        return Ok(()); // they are gone again; and no names would mean every pod
    }
    let place = bench.place(subject);
    let name = format!("{}.{}", subject.namespace, subject.instance);
    let exec: Value = json!({
        "apiVersion": KWOK_API,
        "kind": "ClusterExec",
        "metadata": {"name": name},
        "spec": {
            "selector": {"matchNamespaces": [subject.namespace], "matchNames": names},
            "execs": [{"local": {
                "workDir": place.to_string_lossy(),
                "envs": [{"name": CONFIGURATION, "value": configuration}],
            }}],
        },
    });
    let api = kwok_api(&bench.client, "ClusterExec", None);
    apply(&api, &name, &exec).await
}
