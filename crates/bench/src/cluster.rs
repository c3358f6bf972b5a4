//! A lab that is there for one measurement, and what its API server says.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use futures::TryStreamExt;
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::{Namespace, Node};
use kube::api::{Api, DeleteParams, ListParams};
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::runtime::wait::{await_condition, conditions::is_deleted};
use kube::runtime::{WatchStreamExt, watcher};
use kube::{Client, Config, ResourceExt};
use serde_json::Value;

use super::place::Place;

/// The longest that anything here may take; whoever needs it has no figure to show.
const PATIENCE: Duration = Duration::from_secs(600);

/// A lab that is stopped when this value goes.
pub(crate) struct BenchLab<'a> {
    pub(crate) kubeconfig: PathBuf,
    pub(crate) client: Client,
    _running: Running<'a>,
}

/// A lab that runs, or may be half started.
struct Running<'a> {
    place: &'a Place,
    file: String,
}

impl<'a> BenchLab<'a> {
    /// Starts the lab of an environment file.
    pub(crate) async fn start(place: &'a Place, file: &Path) -> Result<Self> {
        let file = file.display().to_string();
        let running = Running {
            place,
            file: file.clone(),
        };
        place.run(&["lab", "start", &file]).await?;
        let said = place.run(&["lab", "kubeconfig", &file]).await?;
        let kubeconfig = PathBuf::from(said.output.trim());
        Ok(Self {
            client: client(&kubeconfig).await?,
            kubeconfig,
            _running: running,
        })
    }

    /// How it is made, in words.
    pub(crate) async fn describe(&self) -> Result<String> {
        let nodes: Api<Node> = Api::all(self.client.clone());
        let nodes = nodes.list(&ListParams::default()).await?.items.len();
        let settings = self.kubeconfig.with_file_name("kwok.json");
        let settings: Value = serde_json::from_slice(&std::fs::read(settings)?)?;
        let parallel = &settings["options"]["podPlayStageParallelism"];
        Ok(format!("{nodes} nodes, kwok parallelism {parallel}"))
    }

    /// Waits until so many Deployments of a namespace are available, and says when that was.
    pub(crate) async fn available(&self, namespace: &str, count: usize) -> Result<Instant> {
        let deployments = Api::<Deployment>::namespaced(self.client.clone(), namespace);
        let events = watcher(deployments, watcher::Config::default()).default_backoff();
        let mut events = std::pin::pin!(events.applied_objects());
        let mut available = BTreeSet::new();
        let waiting = async {
            while let Some(deployment) = events.try_next().await? {
                if is_available(&deployment) {
                    available.insert(deployment.name_any());
                }
                if available.len() == count {
                    return Ok(Instant::now());
                }
            }
            bail!("the watch has ended")
        };
        let waited = tokio::time::timeout(PATIENCE, waiting).await;
        waited.context("the Deployments do not get available")?
    }

    /// Deletes a namespace with everything in it; returns when it is gone.
    pub(crate) async fn clear(&self, namespace: &str) -> Result<()> {
        let namespaces: Api<Namespace> = Api::all(self.client.clone());
        let Some(uid) = namespaces.get_opt(namespace).await?.and_then(|n| n.uid()) else {
            return Ok(());
        };
        namespaces
            .delete(namespace, &DeleteParams::default())
            .await?;
        let gone = await_condition(namespaces, namespace, is_deleted(&uid));
        tokio::time::timeout(PATIENCE, gone)
            .await
            .context("the namespace stays")??;
        Ok(())
    }
}

impl Drop for Running<'_> {
    /// Nothing may be left behind, also when a measurement is broken off.
    fn drop(&mut self) {
        let mut command = self.place.command(&["lab", "stop", &self.file]).into_std();
        if let Err(error) = command.output() {
            eprintln!("failed to stop the lab: {error}");
        }
    }
}

fn is_available(deployment: &Deployment) -> bool {
    let status = deployment.status.as_ref();
    let mut conditions = status
        .into_iter()
        .flat_map(|s| s.conditions.iter().flatten());
    conditions.any(|condition| condition.type_ == "Available" && condition.status == "True")
}

async fn client(kubeconfig: &Path) -> Result<Client> {
    let kubeconfig = Kubeconfig::read_from(kubeconfig)?;
    let options = KubeConfigOptions::default();
    let config = Config::from_custom_kubeconfig(kubeconfig, &options).await?;
    Ok(Client::try_from(config)?)
}
