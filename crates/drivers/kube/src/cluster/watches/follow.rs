//! One watch: list, follow, come back after every kind of break.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::TryStreamExt;
use jiff::Timestamp;
use kube::core::WatchEvent;
use serde_json::Value;

use crate::cluster::requests::{self, Listing, Query, Request};
use crate::cluster::transport::{self, Transport};
use crate::counts::Verb;
use crate::error::{KubeError, Status};
use crate::served::ServedKind;
use crate::store::{Freshness, ResourceVersion, Scope, Store, trimmed};

/// How long the API server keeps one watch request open. Short, because a connection that died silently is found only
/// when this time has passed.
const OPEN: Duration = Duration::from_secs(120);

/// Silence after which a watch counts as dead.
const SILENCE: Duration = Duration::from_secs(150);

/// Waits between tries: the first break is mostly a restart of the API server, ready again within seconds.
const FIRST_WAIT: Duration = Duration::from_millis(200);
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// Helm's release records are the bulk of all Secrets and of no interest to gates.
const SECRETS_BUT_RELEASES: &str = "type!=helm.sh/release.v1";

/// Keeps a store up to date.
pub(super) struct Follower {
    transport: Arc<Transport>,
    served: ServedKind,
    store: Store,
    scope: Scope,
    what: String,
    /// How far it has come. Kept through every break: going on from an older one would show old states again.
    reached: ResourceVersion,
}

/// How a watch request ended.
enum End {
    /// The API server closed it in order, or it fell silent: go on from where it was.
    Resume,
    /// What happened since is forgotten (410): list again.
    Relist,
}

impl Follower {
    pub(super) fn new(
        transport: Arc<Transport>,
        served: &ServedKind,
        store: Store,
        scope: Scope,
    ) -> Self {
        Self {
            what: format!("watch {}", served.kind),
            transport,
            served: served.clone(),
            store,
            scope,
            reached: ResourceVersion::default(),
        }
    }

    /// Lists, and puts what it finds into the store.
    pub(super) async fn list(&mut self) -> Result<(), KubeError> {
        let listing = Listing {
            request: self.request(Verb::List, Query::default()),
            served: &self.served,
            what: &self.what,
            keep: trimmed,
        };
        let listed = requests::list_all(&self.transport, &listing).await?;
        self.store
            .replace(&self.scope, listed.objects, listed.version);
        self.reached = listed.version;
        Ok(())
    }

    /// Follows for ever. Whatever breaks is told through the store's freshness and tried again.
    pub(super) async fn run(mut self) {
        let mut listed = true;
        let mut wait = FIRST_WAIT;
        loop {
            let started = Instant::now();
            let end = match listed {
                true => self.follow().await,
                false => self.list().await.map(|()| End::Resume),
            };
            match end {
                Ok(End::Relist) => listed = false,
                Ok(End::Resume) => {
                    // an API server that closes at once must not be asked in a loop
                    if listed && started.elapsed() < FIRST_WAIT {
                        tokio::time::sleep(FIRST_WAIT).await;
                    }
                    listed = true;
                    wait = FIRST_WAIT;
                }
                Err(error) => {
                    tracing::debug!(%error, "a watch broke");
                    self.store.set_freshness(Freshness::Behind {
                        since: Timestamp::now(),
                        problem: error.to_string(),
                    });
                    tokio::time::sleep(wait).await;
                    wait = (wait * 2).min(LONGEST_WAIT);
                }
            }
        }
    }

    /// One watch request, to its end.
    async fn follow(&mut self) -> Result<End, KubeError> {
        let query = Query::default()
            .with("watch", "true")
            .with("allowWatchBookmarks", "true")
            .with("resourceVersion", &self.reached.to_string())
            .with("timeoutSeconds", &OPEN.as_secs().to_string());
        let request = self.request(Verb::Watch, query);
        self.transport
            .counter()
            .count(Verb::Watch, &self.served.plural);
        let wire = transport::watch_wire(&request, &self.what)?;
        let client = self.transport.client();
        let opening = client.request_events::<Value>(wire);
        let events = tokio::time::timeout(transport::REQUEST, opening)
            .await
            .map_err(|_| transport::timed_out(&self.what, transport::REQUEST))?;
        let events = match events {
            Err(kube::Error::Api(status)) if status.code == 410 => return Ok(End::Relist),
            other => other.map_err(|error| transport::error(error, &self.what))?,
        };
        self.store.set_freshness(Freshness::Fresh);
        let mut events = std::pin::pin!(events);
        loop {
            let event = match tokio::time::timeout(SILENCE, events.try_next()).await {
                Err(_) => return Ok(End::Resume),
                Ok(event) => event.map_err(|error| transport::error(error, &self.what))?,
            };
            match event {
                None => return Ok(End::Resume),
                Some(WatchEvent::Error(status)) if status.code == 410 => return Ok(End::Relist),
                Some(WatchEvent::Error(status)) => {
                    let body = serde_json::to_vec(&status).unwrap_or_default();
                    return Err(Status::of_body(status.code, &body).into_error(&self.what));
                }
                Some(event) => self.take(event)?,
            }
        }
    }

    /// Puts one event into the store.
    fn take(&mut self, event: WatchEvent<Value>) -> Result<(), KubeError> {
        let object = |value| {
            let named = requests::named(&self.served, value);
            requests::object(named, &self.what)
        };
        let version = match event {
            WatchEvent::Added(value) | WatchEvent::Modified(value) => {
                let object = object(value)?;
                let version = ResourceVersion::of(&object);
                self.store.put(&self.scope, object);
                version
            }
            WatchEvent::Deleted(value) => {
                let object = object(value)?;
                self.store.remove(&self.scope, &object);
                ResourceVersion::of(&object)
            }
            WatchEvent::Bookmark(bookmark) => {
                let version = ResourceVersion::parse(&bookmark.metadata.resource_version);
                self.store.reached(&self.scope, version);
                version
            }
            WatchEvent::Error(_) => self.reached,
        };
        self.reached = version.max(self.reached);
        Ok(())
    }

    fn request(&self, verb: Verb, query: Query) -> Request {
        let path = self
            .served
            .path(&self.served.api_version(), self.scope.as_deref(), None);
        let is_secret = self.served.kind == mosipctl_object::Kind::core("Secret");
        let query = match is_secret {
            true => query.with("fieldSelector", SECRETS_BUT_RELEASES),
            false => query,
        };
        Request::get(verb, &self.served.plural, &path).query(query)
    }
}
