//! Telling a running lab what to expect.
//!
//! Expectations lie in a config map of the lab's own namespace, so any program with a kubeconfig can tell them. The stages that
//! follow from them are put beside it. The strict kubelet writes on the config map that it has seen it.

mod lost_nodes;

use std::time::Duration;

use futures::{StreamExt, TryStreamExt};
use k8s_openapi::api::core::v1::{ConfigMap, Namespace};
use kube::api::{Api, Patch, PatchParams};
use kube::runtime::{WatchStreamExt, watcher};
use kube::{Client, ResourceExt};
use mosipctl_object::digest;
use serde_json::json;

use crate::expectations::Expectations;
use crate::furnish::{MANAGER, NAMESPACE, apply, gone_is_fine, put_stages};
use crate::nudge::{nudge, nudge_later};
use crate::settings::Kubelet;
use crate::stages::{Script, stages};

/// The config map.
const NAME: &str = "expectations";
/// Its key.
const KEY: &str = "expectations.json";
/// Annotation: which expectations these are.
const ID: &str = "lab.mosipctl.io/expectations";
/// Annotation: which expectations the strict kubelet has seen.
const SEEN: &str = "lab.mosipctl.io/seen";
/// How long the strict kubelet may take to see them.
const PATIENCE: Duration = Duration::from_secs(15);

/// Why a lab could not be told.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum ExpectError {
    /// The cluster has no place for expectations.
    #[error("this cluster is no lab: it has no namespace `{NAMESPACE}`")]
    #[diagnostic(help("only a lab can be told what to expect; `mosipctl lab start` starts one"))]
    NoLab,
    /// The speed is nothing to divide by.
    #[error("speed {0} is not a number above 0")]
    Speed(f64),
    /// The API server refuses.
    #[error("failed to tell the lab what to expect")]
    Refused(#[from] kube::Error),
    /// Nobody reads them.
    #[error("the lab's kubelet has not taken notice of what to expect")]
    #[diagnostic(help("see `mosipctl lab logs supervisor`"))]
    Unseen,
}

/// Expectations as they lie in the cluster.
pub(crate) struct Told {
    pub(crate) expectations: Expectations,
    pub(crate) id: String,
    pub(crate) is_seen: bool,
}

/// Tells a lab what to expect from now on; what was told before is forgotten. Returns when the lab goes by it.
///
/// Seconds are divided by `speed`. Pods that have begun already keep their time.
///
/// # Errors
/// See [`ExpectError`].
pub async fn expect(
    client: &Client,
    expectations: &Expectations,
    speed: f64,
) -> Result<(), ExpectError> {
    if !(speed.is_finite() && speed > 0.0) {
        return Err(ExpectError::Speed(speed));
    }
    let namespaces: Api<Namespace> = Api::all(client.clone());
    if namespaces.get_opt(NAMESPACE).await?.is_none() {
        return Err(ExpectError::NoLab);
    }
    let id = digest(&(expectations, speed))[..16].to_owned();
    put(client, expectations, &id).await?;
    let script = Script {
        expectations,
        speed,
        kubelet: Kubelet::Strict,
    };
    put_stages(client, &stages(&script)).await?;
    let seen = tokio::time::timeout(PATIENCE, seen(client, &id));
    seen.await.map_err(|_| ExpectError::Unseen)??;
    nudge(client).await?;
    lost_nodes::mark(client, expectations).await?;
    Ok(())
}

async fn put(client: &Client, expectations: &Expectations, id: &str) -> kube::Result<()> {
    let text = serde_json::to_string(expectations).map_err(kube::Error::SerdeError)?;
    let map = json!({
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": NAME, "annotations": {ID: id}},
        "data": {KEY: text},
    });
    let maps: Api<ConfigMap> = Api::namespaced(client.clone(), NAMESPACE);
    apply(&maps, NAME, &map).await
}

/// Waits until the strict kubelet has seen them.
async fn seen(client: &Client, id: &str) -> Result<(), ExpectError> {
    let maps: Api<ConfigMap> = Api::namespaced(client.clone(), NAMESPACE);
    let config = watcher::Config::default().fields(&format!("metadata.name={NAME}"));
    let events = watcher(maps, config).default_backoff().applied_objects();
    let is_seen = |map: &ConfigMap| map.annotations().get(SEEN).is_some_and(|seen| seen == id);
    let mut maps = events
        .try_filter(|map| futures::future::ready(is_seen(map)))
        .boxed();
    match maps.try_next().await {
        Ok(Some(_)) => Ok(()),
        Ok(None) => Err(ExpectError::Unseen),
        Err(error) => Err(kube::Error::Service(Box::new(error)).into()),
    }
}

/// The expectations of a config map; none for another config map, or one that cannot be read.
pub(crate) fn told(map: &ConfigMap) -> Option<Told> {
    if map.metadata.name.as_deref() != Some(NAME) {
        return None;
    }
    let id = map.annotations().get(ID)?;
    let text = map.data.as_ref()?.get(KEY)?;
    Some(Told {
        expectations: serde_json::from_str(text).ok()?,
        id: id.clone(),
        is_seen: map.annotations().get(SEEN) == Some(id),
    })
}

/// Says that expectations have been seen, and makes sure that kwok has.
pub(crate) async fn acknowledge(client: Client, id: String) {
    let maps: Api<ConfigMap> = Api::namespaced(client.clone(), NAMESPACE);
    let patch = json!({"metadata": {"annotations": {SEEN: id}}});
    let params = PatchParams {
        field_manager: Some(format!("{MANAGER}-kubelet")),
        ..PatchParams::default()
    };
    let patched = maps.patch(NAME, &params, &Patch::Merge(patch)).await;
    if let Err(error) = gone_is_fine(patched.map(|_| ())) {
        eprintln!("failed to say that expectations were seen: {error}");
    }
    nudge_later(client).await;
}
