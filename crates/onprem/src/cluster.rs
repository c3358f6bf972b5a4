//! The cluster, asked through its control planes: before there is a way to its API, and when there is none.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use mosipctl_hosts::{Command, HostError, Hosts, Shell};
use serde_json::Value;
use tokio::sync::Mutex;
use zeroize::Zeroizing;

use crate::distribution::Distribution;
use crate::error::{OnpremError, first_line};
use crate::kubeadm::Secrets;

mod access;
pub(crate) mod member;
mod node;

pub(crate) use node::{IS_MEMBER, Node};

/// How long secrets for joining are good, and how long one is used: it must not run out on the way.
const TOKEN: (&str, Duration) = ("20m", Duration::from_secs(600));
/// How long a question may take.
const PATIENCE: Duration = Duration::from_secs(60);
/// The control planes of a cluster.
#[derive(Debug)]
pub(crate) struct ControlPlanes {
    hosts: Arc<Hosts>,
    distribution: &'static dyn Distribution,
    /// Each with its address, those that are members first.
    names: Vec<(String, String)>,
    token: Mutex<Option<(Instant, String, String)>>,
    certificate_key: Mutex<Option<(Instant, Zeroizing<String>)>>,
}

impl ControlPlanes {
    pub(crate) fn new(
        hosts: Arc<Hosts>,
        names: Vec<(String, String)>,
        distribution: &'static dyn Distribution,
    ) -> Self {
        Self {
            hosts,
            distribution,
            names,
            token: Mutex::default(),
            certificate_key: Mutex::default(),
        }
    }

    /// Who put Kubernetes there.
    pub(crate) fn distribution(&self) -> &'static dyn Distribution {
        self.distribution
    }

    /// Each with its address.
    pub(crate) fn names(&self) -> &[(String, String)] {
        &self.names
    }

    /// The one that is asked first.
    pub(crate) fn first(&self) -> Option<&str> {
        self.names.first().map(|(name, _)| name.as_str())
    }

    /// Waits until each of them answers for itself.
    pub(crate) async fn all_answer(&self, patience: Duration) -> Result<(), OnpremError> {
        let what = "wait until the API answers again";
        let line = format!(
            "end=$(($(date +%s) + {})); until kubectl get --raw /readyz > /dev/null 2>&1; do [ $(date +%s) -lt $end ] || {{ kubectl get --raw /readyz 2>&1 | tail -n 1 >&2; exit 1; }}; sleep 1; done",
            patience.as_secs()
        );
        let patience = patience + Duration::from_secs(30);
        for (name, address) in &self.names {
            self.ask_one(name, address, (what, &line), patience).await?;
        }
        Ok(())
    }

    /// Asks one after the other until one answers. `SELF` in the line is its address, `@HOST@` its name.
    pub(crate) async fn ask(
        &self,
        what: &str,
        line: &str,
        patience: Duration,
    ) -> Result<String, OnpremError> {
        self.ask_others("", what, line, patience).await
    }

    /// The same without one that is about to go.
    async fn ask_others(
        &self,
        but: &str,
        what: &str,
        line: &str,
        patience: Duration,
    ) -> Result<String, OnpremError> {
        let mut tried = Vec::new();
        for (name, address) in self.names.iter().filter(|(name, _)| name != but) {
            match self.ask_one(name, address, (what, line), patience).await {
                Ok(text) => return Ok(text),
                Err(error) => tried.push(first_line(&error)),
            }
        }
        Err(OnpremError::NoControlPlane {
            what: what.to_owned(),
            tried: tried.join("; "),
        })
    }

    async fn ask_one(
        &self,
        name: &str,
        address: &str,
        (what, line): (&str, &str),
        patience: Duration,
    ) -> Result<String, HostError> {
        let connection = self.hosts.connection(name).await?;
        let line = format!("{}{line}", self.distribution.functions())
            .replace("SELF", address)
            .replace("@HOST@", name);
        let command = Command::line(what, line).as_root().within(patience);
        let output = connection.run(&command).await?;
        Ok(output.succeeded(name, what)?.text())
    }

    /// Its nodes, by name.
    pub(crate) async fn nodes(&self) -> Result<BTreeMap<String, Node>, OnpremError> {
        let what = "list the cluster's nodes";
        let text = self
            .ask(what, "kubectl get nodes -o json", PATIENCE)
            .await?;
        let list: Value = serde_json::from_str(&text).map_err(|error| unexpected(what, &error))?;
        let items = list["items"].as_array();
        let nodes = items.into_iter().flatten().filter_map(Node::read);
        Ok(nodes.map(|node| (node.name.clone(), node)).collect())
    }

    /// What lets a host join. It is made once, and not written down anywhere.
    pub(crate) async fn secrets(&self, control_plane: bool) -> Result<Secrets, OnpremError> {
        let (token, ca) = self.token().await?;
        let certificate_key = match control_plane {
            true => Some(self.certificate_key().await?.to_string()),
            false => None,
        };
        Ok(Secrets {
            token,
            ca,
            certificate_key,
        })
    }

    async fn token(&self) -> Result<(String, String), OnpremError> {
        let mut kept = self.token.lock().await;
        if let Some((_, token, ca)) = kept.as_ref().filter(|(made, ..)| made.elapsed() < TOKEN.1) {
            return Ok((token.clone(), ca.clone()));
        }
        let what = "make a token for joining";
        let line = format!(
            "kubeadm token create --ttl {} --print-join-command",
            TOKEN.0
        );
        let text = self.ask(what, &line, PATIENCE).await?;
        let words: Vec<&str> = text.split_whitespace().collect();
        let after = |flag: &str| {
            let at = words.iter().position(|word| *word == flag)?;
            words.get(at + 1).map(|word| (*word).to_owned())
        };
        let found = after("--token").zip(after("--discovery-token-ca-cert-hash"));
        let (token, ca) = found.ok_or_else(|| OnpremError::Unexpected {
            what: what.to_owned(),
            problem: "kubeadm prints no token".to_owned(),
        })?;
        *kept = Some((Instant::now(), token.clone(), ca.clone()));
        Ok((token, ca))
    }

    async fn certificate_key(&self) -> Result<Zeroizing<String>, OnpremError> {
        let mut kept = self.certificate_key.lock().await;
        if let Some((_, key)) = kept.as_ref().filter(|(made, _)| made.elapsed() < TOKEN.1) {
            return Ok(key.clone());
        }
        let what = "offer the certificates of the control plane";
        let line = "kubeadm init phase upload-certs --upload-certs 2> /dev/null";
        let text = Zeroizing::new(self.ask(what, line, PATIENCE).await?);
        let is_key = |line: &&str| line.len() == 64 && line.bytes().all(|b| b.is_ascii_hexdigit());
        let key = text.lines().map(str::trim).find(is_key);
        let key = key.ok_or_else(|| OnpremError::Unexpected {
            what: what.to_owned(),
            problem: "kubeadm prints no key".to_owned(),
        })?;
        let key = Zeroizing::new(key.to_owned());
        *kept = Some((Instant::now(), key.clone()));
        Ok(key)
    }

    /// Waits until something is true of a node; `condition` is what `kubectl wait --for` takes.
    pub(crate) async fn wait(
        &self,
        node: &str,
        condition: &str,
        patience: Duration,
    ) -> Result<(), OnpremError> {
        let what = format!("wait for node `{node}`");
        let line = format!(
            "kubectl wait --for={condition} node/{node} --timeout={}s",
            patience.as_secs()
        );
        let patience = patience + Duration::from_secs(10);
        self.ask(&what, &line, patience).await.map(drop)
    }
}

fn unexpected(what: &str, problem: &dyn std::fmt::Display) -> OnpremError {
    OnpremError::Unexpected {
        what: what.to_owned(),
        problem: problem.to_string(),
    }
}
