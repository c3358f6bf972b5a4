//! All hosts of an environment, with one connection to each.

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use futures::future::BoxFuture;
use futures::stream;
use tokio::sync::Mutex;

use crate::connect;
use crate::connection::Connection;
use crate::door::{Door, Seen};
use crate::error::HostError;
use crate::key::HostKey;
use crate::known::KnownHosts;
use crate::target::Target;

/// How hosts are reached.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Pinned keys of hosts.
    pub known: Arc<KnownHosts>,
    /// Socket of ssh-agent.
    pub agent: Option<PathBuf>,
    /// How many hosts are worked on at once.
    pub at_once: usize,
    /// How long a host may take to answer, to exchange keys and to let us in.
    pub patience: Duration,
}

impl Settings {
    /// Twenty hosts at once, ten seconds for each answer, no agent.
    pub fn new(known: Arc<KnownHosts>) -> Self {
        Self {
            known,
            agent: None,
            at_once: 20,
            patience: Duration::from_secs(10),
        }
    }
}

/// All hosts of an environment. A host is connected to when it is first needed, and again when that connection broke off.
#[derive(Debug)]
pub struct Hosts {
    targets: Vec<Target>,
    connections: BTreeMap<String, Mutex<Option<Arc<Connection>>>>,
    settings: Settings,
}

impl Hosts {
    /// Hosts of which none is connected to yet.
    pub fn new(targets: Vec<Target>, settings: Settings) -> Self {
        let connections = targets
            .iter()
            .map(|target| (target.name.clone(), Mutex::default()));
        Self {
            connections: connections.collect(),
            targets,
            settings,
        }
    }

    /// The hosts, in the order in which they were given.
    pub fn targets(&self) -> &[Target] {
        &self.targets
    }

    /// The pinned keys.
    pub fn known(&self) -> &KnownHosts {
        &self.settings.known
    }

    /// The connection to a host, opened when there is none.
    ///
    /// # Errors
    /// It, or the host before it, cannot be reached, trusted or logged in to.
    pub fn connection<'a>(
        &'a self,
        name: &'a str,
    ) -> BoxFuture<'a, Result<Arc<Connection>, HostError>> {
        Box::pin(async move {
            let target = self.target(name)?;
            let slot = self.connections.get(name).ok_or_else(|| unknown(name))?;
            let mut slot = slot.lock().await;
            if let Some(open) = slot.as_ref().filter(|open| !open.is_closed()) {
                return Ok(open.clone());
            }
            *slot = None;
            let jump = self.jump(target).await?;
            let open = Connection::open(target, jump.as_deref(), &self.settings).await?;
            Ok(slot.insert(Arc::new(open)).clone())
        })
    }

    /// A connection that is made anew, whatever there was; it is the one of that host from now on.
    pub(crate) async fn anew(&self, name: &str) -> Result<Arc<Connection>, HostError> {
        let target = self.target(name)?;
        let slot = self.connections.get(name).ok_or_else(|| unknown(name))?;
        let jump = self.jump(target).await?;
        let open = Connection::open(target, jump.as_deref(), &self.settings).await?;
        Ok(slot.lock().await.insert(Arc::new(open)).clone())
    }

    /// The hosts that are reached through one, as far as they can be: each shows its key, nobody logs in.
    pub(crate) async fn seen_behind(&self, name: &str, through: &Connection) -> BTreeSet<String> {
        let mut seen: Vec<BoxFuture<'_, Option<String>>> = Vec::new();
        for target in &self.targets {
            if target.jump.as_deref() == Some(name) {
                seen.push(Box::pin(self.is_seen(target, through)));
            }
        }
        let at_once = self.settings.at_once.max(1);
        let seen: Vec<_> = stream::iter(seen).buffer_unordered(at_once).collect().await;
        seen.into_iter().flatten().collect()
    }

    async fn is_seen(&self, target: &Target, through: &Connection) -> Option<String> {
        let key = self.shown(target, Some(through)).await;
        key.ok().map(|_| target.name.clone())
    }

    /// The key that a host shows, whether it is pinned or not. Nobody logs in to it, only to hosts before it.
    ///
    /// # Errors
    /// Nobody answers there with SSH, or a host before it cannot be used.
    pub async fn key(&self, name: &str) -> Result<HostKey, HostError> {
        let target = self.target(name)?;
        let jump = self.jump(target).await?;
        self.shown(target, jump.as_deref()).await
    }

    async fn shown(
        &self,
        target: &Target,
        through: Option<&Connection>,
    ) -> Result<HostKey, HostError> {
        let seen = Seen::default();
        let door = Door::looking(&target.name, seen.clone());
        let opened = connect::open(target, through, (door, &seen), &self.settings).await;
        match (seen.key(), opened) {
            (Some((key, _)), _) => Ok(key),
            (None, Err(error)) => Err(error),
            (None, Ok(_)) => Err(HostError::NoSsh {
                host: target.name.clone(),
                place: target.place(),
                reason: "it shows no key".to_owned(),
            }),
        }
    }

    /// Does the same on several hosts, some at once, and gives what came of it in the order of the names.
    pub async fn each<'a, T, F>(
        &'a self,
        names: &'a [String],
        work: impl Fn(Arc<Connection>) -> F + Sync,
    ) -> Vec<(&'a str, Result<T, HostError>)>
    where
        F: Future<Output = Result<T, HostError>>,
    {
        let work = &work;
        let all = names.iter().enumerate().map(|(at, name)| async move {
            let result = match self.connection(name).await {
                Ok(connection) => work(connection).await,
                Err(error) => Err(error),
            };
            (at, name.as_str(), result)
        });
        // a slow host holds nobody up: they come in as they are done, and are put in order at the end
        let at_once = self.settings.at_once.max(1);
        let mut done: Vec<_> = stream::iter(all).buffer_unordered(at_once).collect().await;
        done.sort_by_key(|(at, ..)| *at);
        done.into_iter()
            .map(|(_, name, result)| (name, result))
            .collect()
    }

    fn target(&self, name: &str) -> Result<&Target, HostError> {
        let found = self.targets.iter().find(|target| target.name == name);
        found.ok_or_else(|| unknown(name))
    }

    /// The connection to the host before it, if there is one.
    async fn jump(&self, target: &Target) -> Result<Option<Arc<Connection>>, HostError> {
        let Some(jump) = &target.jump else {
            return Ok(None);
        };
        match self.connection(jump).await {
            Ok(connection) => Ok(Some(connection)),
            Err(error) => Err(HostError::Jump {
                host: target.name.clone(),
                jump: jump.clone(),
                why: "that host cannot be used".to_owned(),
                source: Some(Box::new(error)),
            }),
        }
    }
}

fn unknown(name: &str) -> HostError {
    HostError::NoHost {
        host: name.to_owned(),
    }
}
