//! Real servers behind simulated pods.
//!
//! A server that is to run for real is started when the strict kubelet admits its first pod, so everything that the pod names is
//! there, the Secret with its password among it. Until the server answers, the pod's readiness probe fails as it would; then the
//! port of the pod leads to the server, by kwok's port-forward, as the port of a container would.

use std::collections::BTreeMap;
use std::path::PathBuf;

use k8s_openapi::api::core::v1::Secret;
use kube::api::{Api, Patch, PatchParams};
use kube::{Client, ResourceExt};
use mosipctl_artefact::{Artefacts, Settings};
use mosipctl_servers::{Login, Server, ServerKind};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use serde_json::json;
use tempfile::TempDir;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

use crate::expectations::Subject;
use crate::furnish::{MANAGER, kwok_api};
use crate::stages::KWOK_API;

/// A server that runs for real beside a lab.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RealServer {
    /// Its pods.
    pub subject: Subject,
    /// Which server.
    pub kind: ServerKind,
    /// The port that the pods listen at.
    pub port: u16,
    /// Name of its administrator, or `NAMESPACE/NAME#KEY` of a Secret.
    pub user: String,
    /// `NAMESPACE/NAME#KEY` of the Secret with the administrator's password; empty for a server without.
    pub password: String,
}

/// How a real server stands; none for one that was not asked for yet.
pub(crate) type Standings = BTreeMap<Subject, Standing>;

/// How a real server stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Standing {
    /// It starts.
    Starting,
    /// It answers.
    Answers,
    /// It does not, and why.
    Failed(String),
}

/// What the strict kubelet holds: where to ask for servers, and how they stand.
#[derive(Debug)]
pub(crate) struct Real {
    asks: mpsc::UnboundedSender<RealServer>,
    pub(crate) standings: watch::Receiver<Standings>,
}

/// The other end: who starts and keeps them.
pub(crate) struct Keeper {
    client: Client,
    asked: mpsc::UnboundedReceiver<RealServer>,
    standings: watch::Sender<Standings>,
}

/// Both ends.
pub(crate) fn real(client: Client) -> (Real, Keeper) {
    let (asks, asked) = mpsc::unbounded_channel();
    let (sender, standings) = watch::channel(Standings::new());
    let keeper = Keeper {
        client,
        asked,
        standings: sender,
    };
    (Real { asks, standings }, keeper)
}

impl Real {
    /// Asks for a server. Asking twice starts it once.
    pub(crate) fn ask(&self, server: &RealServer) {
        // nobody starts servers when the lab ends
        let _ = self.asks.send(server.clone());
    }
}

impl Keeper {
    /// Starts what is asked for, and keeps it while this runs.
    pub(crate) async fn run(mut self) {
        let mut running = JoinSet::new();
        loop {
            tokio::select! {
                asked = self.asked.recv() => match asked {
                    Some(server) => {
                        if self.is_new(&server.subject) {
                            running.spawn(keep(self.client.clone(), server, self.standings.clone()));
                        }
                    }
                    None => return,
                },
                Some(_) = running.join_next() => {}
            }
        }
    }

    fn is_new(&self, subject: &Subject) -> bool {
        self.standings.send_if_modified(|standings| {
            let is_new = !standings.contains_key(subject);
            standings
                .entry(subject.clone())
                .or_insert(Standing::Starting);
            is_new
        })
    }
}

/// Starts one server, says how it stands, and ends with it.
async fn keep(client: Client, real: RealServer, standings: watch::Sender<Standings>) {
    let say = |standing| {
        standings.send_modify(|standings| {
            drop(standings.insert(real.subject.clone(), standing));
        });
    };
    let name = real.kind.name();
    match start(&client, &real).await {
        Ok((server, _folder)) => {
            eprintln!("{name} runs for real behind {}", real.subject.key());
            say(Standing::Answers);
            let status = server.process().ended().await;
            let how = status.map_or_else(|| "it is gone".to_owned(), |status| status.to_string());
            say(Standing::Failed(format!("{name} ended: {how}")));
        }
        Err(problem) => {
            eprintln!("{name} does not run: {problem}");
            say(Standing::Failed(problem));
        }
    }
}

/// The server, and its folder, which goes when it is dropped: one that all may enter, as PostgreSQL is not run by root.
async fn start(client: &Client, real: &RealServer) -> Result<(Server, TempDir), String> {
    let login = Login {
        user: text(client, &real.user).await?,
        password: SecretString::from(text(client, &real.password).await?),
    };
    let folder = TempDir::with_prefix("mosipctl-lab-").map_err(|error| error.to_string())?;
    let place: PathBuf = folder.path().join("server");
    let settings = Settings::from_environment().map_err(|error| error.to_string())?;
    let artefacts = Artefacts::new(settings);
    let server = real.kind.start(&artefacts, &place, &login).await;
    let server = server.map_err(|error| format!("failed to {error}"))?;
    lead(client, real, server.port())
        .await
        .map_err(|error| format!("failed to lead pods to it: {error}"))?;
    Ok((server, folder))
}

/// A text as it stands, or the one in a Secret.
async fn text(client: &Client, path: &str) -> Result<String, String> {
    let Some((secret, key)) = path.split_once('#') else {
        return Ok(path.to_owned());
    };
    let (namespace, name) = secret.split_once('/').unwrap_or_default();
    let secrets: Api<Secret> = Api::namespaced(client.clone(), namespace);
    let found = secrets.get(name).await.map_err(|error| error.to_string())?;
    let value = found.data.as_ref().and_then(|data| data.get(key));
    let value = value.ok_or_else(|| format!("secret {} has no key {key}", found.name_any()))?;
    String::from_utf8(value.0.clone()).map_err(|_| format!("secret {path} is no text"))
}

/// Has kwok lead a port of the pods to the server.
async fn lead(client: &Client, real: &RealServer, port: u16) -> kube::Result<()> {
    let name = format!("{}.{}", real.subject.namespace, real.subject.instance);
    let forward = json!({
        "apiVersion": KWOK_API,
        "kind": "ClusterPortForward",
        "metadata": {"name": name},
        "spec": {
            "selector": {"matchNamespaces": [real.subject.namespace]},
            "forwards": [{"ports": [real.port], "target": {"address": "127.0.0.1", "port": port}}],
        },
    });
    let api = kwok_api(client, "ClusterPortForward", None);
    let params = PatchParams::apply(MANAGER).force();
    api.patch(&name, &params, &Patch::Apply(&forward)).await?;
    Ok(())
}
