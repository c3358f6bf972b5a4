//! One run per environment: a Lease that its holder renews.
//!
//! A lease holds for 30 s and is renewed every 10. Who finds it held waits for nothing and is told by whom; who finds it
//! abandoned takes it over: when it ran out by the API server's clock, or at once when the holder was a process of this
//! machine that is dead. Each taking gets the next transition number, which is written beside whatever must not be done
//! by a holder of the past.

mod holder;

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use mosipctl_object::{Kind, Object, ObjectKey};
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::error::KubeError;
use crate::kubernetes::{Created, Kubernetes, Manager, Patch};

pub use holder::Holder;

/// Namespace of our own things.
const NAMESPACE: &str = "mosipctl-system";
/// How long a lease holds without being renewed.
const HOLDS: Duration = Duration::from_secs(30);
/// How often it is renewed.
const RENEW: Duration = Duration::from_secs(10);
/// After so long without a renewal, nothing new should be begun: there is time left to finish before it runs out.
const UNSURE: Duration = Duration::from_secs(20);
/// Wait before a failed renewal is tried again.
const RETRY: Duration = Duration::from_secs(2);
/// Tries to take a lease that others want too. Each lost race means that somebody else made a step forward.
const TRIES: usize = 5;

/// A lease that was not taken. Reads after "failed to".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LeaseError {
    /// Somebody else holds it.
    #[error("take the lease of `{name}`: {holder} holds it, last heard of {heard} s ago")]
    Held {
        /// Environment.
        name: String,
        /// Who.
        holder: String,
        /// Seconds since its last renewal.
        heard: i64,
    },
    /// The cluster did not answer as hoped.
    #[error("take the lease")]
    Kubernetes(#[from] KubeError),
}

/// Whether a lease is still held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LeaseState {
    /// It is.
    Held,
    /// It could not be renewed for 20 s: begin nothing new.
    Unsure,
    /// Somebody else holds it: stop.
    Lost {
        /// Who.
        to: String,
    },
}

/// A lease that was taken.
#[derive(Debug)]
pub struct Lease {
    kube: Arc<dyn Kubernetes>,
    key: ObjectKey,
    holder: Holder,
    transition: u64,
    version: String,
}

impl Lease {
    /// Takes the lease of an environment.
    ///
    /// # Errors
    /// Somebody else holds it, or the cluster does not answer.
    pub async fn take(
        kube: Arc<dyn Kubernetes>,
        name: &str,
        holder: Holder,
    ) -> Result<Self, LeaseError> {
        let kind = Kind::new("coordination.k8s.io", "Lease");
        let key = ObjectKey::namespaced(kind, NAMESPACE, name);
        let mut last = None;
        for _ in 0..TRIES {
            match try_to_take(&*kube, &key, &holder).await {
                Ok(Some(object)) => {
                    return Ok(Self {
                        transition: transition(&object),
                        version: version(&object),
                        kube,
                        key,
                        holder,
                    });
                }
                Ok(None) => {}
                Err(LeaseError::Kubernetes(error)) if error.is_conflict() => last = Some(error),
                Err(error) => return Err(error),
            }
        }
        let lost_every_race = KubeError::bug("take the lease", "it changes at every try");
        Err(last.unwrap_or(lost_every_race).into())
    }

    /// Which taking this is: each has a greater number than all before.
    pub fn transition(&self) -> u64 {
        self.transition
    }

    /// Renews it from now on, in the background, until it is released or dropped.
    pub fn keep(self) -> Keeper {
        let state = watch::Sender::new(LeaseState::Held);
        let seen = state.subscribe();
        let transition = self.transition;
        let (stop, stopped) = tokio::sync::oneshot::channel();
        let task = tokio::spawn(self.renew_until(stopped, state));
        Keeper {
            state: seen,
            transition,
            stop,
            task,
        }
    }

    async fn renew_until(
        mut self,
        mut stopped: tokio::sync::oneshot::Receiver<()>,
        state: watch::Sender<LeaseState>,
    ) -> Self {
        let mut renewed = Instant::now();
        let mut next = renewed + RENEW;
        loop {
            tokio::select! {
                _ = &mut stopped => return self,
                () = tokio::time::sleep_until(next) => {}
            }
            match self.renew().await {
                Ok(None) => {
                    renewed = Instant::now();
                    next = renewed + RENEW;
                    state.send_if_modified(|state| changed(state, LeaseState::Held));
                }
                Ok(Some(to)) => {
                    state.send_if_modified(|state| changed(state, LeaseState::Lost { to }));
                    return self;
                }
                Err(error) => {
                    tracing::warn!(%error, "the lease was not renewed");
                    next = Instant::now() + RETRY;
                    if renewed.elapsed() >= UNSURE {
                        state.send_if_modified(|state| changed(state, LeaseState::Unsure));
                    }
                }
            }
        }
    }

    /// Renews. Returns who holds it instead, when it was taken.
    async fn renew(&mut self) -> Result<Option<String>, KubeError> {
        match self.renew_once().await {
            Err(error) if error.is_conflict() => match self.look_who_holds_it().await? {
                None => self.renew_once().await.map(|()| None),
                other => Ok(other),
            },
            Err(error) if error.is_missing() => Ok(Some("nobody: it was deleted".to_owned())),
            other => other.map(|()| None),
        }
    }

    async fn renew_once(&mut self) -> Result<(), KubeError> {
        let patch = json!({
            "metadata": {"resourceVersion": self.version},
            "spec": {"renewTime": stamp(self.kube.now())},
        });
        // no answer within the time to the next renewal is as good as none
        let patching = self.patch(patch);
        let patched = tokio::time::timeout(RENEW, patching).await;
        let patched = patched.unwrap_or_else(|_| {
            Err(KubeError::transient(
                "renew the lease",
                crate::error::TransientCause::Timeout(RENEW),
            ))
        });
        self.version = version(&patched?);
        Ok(())
    }

    /// Somebody wrote to it: the next holder, or a person who only labelled it.
    async fn look_who_holds_it(&mut self) -> Result<Option<String>, KubeError> {
        let Some(object) = self.kube.get(&self.key).await? else {
            return Ok(Some("nobody: it was deleted".to_owned()));
        };
        let holder = holder_text(&object);
        if holder == self.holder.to_string() && transition(&object) == self.transition {
            self.version = version(&object);
            return Ok(None);
        }
        Ok(Some(match holder {
            "" => "nobody: it was released".to_owned(),
            holder => holder.to_owned(),
        }))
    }

    /// Gives it back, so that the next run need not wait.
    ///
    /// # Errors
    /// The cluster does not answer; the lease then runs out by itself.
    pub async fn release(mut self) -> Result<(), KubeError> {
        let patch = |version: &str| {
            json!({
                "metadata": {"resourceVersion": version},
                "spec": {"holderIdentity": "", "renewTime": null},
            })
        };
        match self.patch(patch(&self.version)).await {
            Err(error) if error.is_conflict() => match self.look_who_holds_it().await? {
                None => self.patch(patch(&self.version)).await.map(drop),
                Some(_) => Ok(()),
            },
            other => other.map(drop),
        }
    }

    async fn patch(&self, patch: Value) -> Result<Object, KubeError> {
        self.kube
            .patch(&self.key, &Patch::Merge(patch), Manager::Mosipctl)
            .await
    }
}

/// Keeps a lease renewed.
#[derive(Debug)]
pub struct Keeper {
    state: watch::Receiver<LeaseState>,
    transition: u64,
    stop: tokio::sync::oneshot::Sender<()>,
    task: JoinHandle<Lease>,
}

impl Keeper {
    /// Whether it is still held, to watch.
    pub fn state(&self) -> watch::Receiver<LeaseState> {
        self.state.clone()
    }

    /// Which taking this is.
    pub fn transition(&self) -> u64 {
        self.transition
    }

    /// Stops renewing and gives the lease back.
    ///
    /// # Errors
    /// The cluster does not answer; the lease then runs out by itself.
    pub async fn release(self) -> Result<(), KubeError> {
        let lost = matches!(*self.state.borrow(), LeaseState::Lost { .. });
        // a receiver that is gone means that the task has ended by itself
        let _ = self.stop.send(());
        match self.task.await {
            Ok(lease) if !lost => lease.release().await,
            _ => Ok(()),
        }
    }
}

fn changed(state: &mut LeaseState, new: LeaseState) -> bool {
    let changed = *state != new;
    *state = new;
    changed
}

/// One try. None when somebody else made the lease between our look and our write.
async fn try_to_take(
    kube: &dyn Kubernetes,
    key: &ObjectKey,
    holder: &Holder,
) -> Result<Option<Object>, LeaseError> {
    let Some(found) = kube.get(key).await? else {
        return Ok(make(kube, key, holder).await?);
    };
    if let Some((by, heard)) = held_by_another(&found, holder, kube.now()) {
        return Err(LeaseError::Held {
            name: key.name.clone(),
            holder: by,
            heard,
        });
    }
    let mut spec = taken(holder, kube.now());
    spec["leaseTransitions"] = json!(transition(&found) + 1);
    let patch = json!({"metadata": {"resourceVersion": version(&found)}, "spec": spec});
    let patched = kube
        .patch(key, &Patch::Merge(patch), Manager::Mosipctl)
        .await?;
    Ok(Some(patched))
}

/// Who holds it and how many seconds ago it was heard of; none when it is free or abandoned.
fn held_by_another(lease: &Object, me: &Holder, now: Timestamp) -> Option<(String, i64)> {
    let by = holder_text(lease);
    if by.is_empty() {
        return None;
    }
    let spec = &lease.value()["spec"];
    let renewed: Timestamp = spec["renewTime"].as_str()?.parse().ok()?;
    let holds = spec["leaseDurationSeconds"].as_i64().unwrap_or_default();
    let heard = now.duration_since(renewed);
    let ran_out = heard > SignedDuration::from_secs(holds);
    let is_dead = by
        .parse::<Holder>()
        .is_ok_and(|holder| holder.is_dead_as_seen_by(me));
    (!ran_out && !is_dead).then(|| (by.to_owned(), heard.as_secs()))
}

async fn make(
    kube: &dyn Kubernetes,
    key: &ObjectKey,
    holder: &Holder,
) -> Result<Option<Object>, KubeError> {
    let mut spec = taken(holder, kube.now());
    spec["leaseTransitions"] = json!(1);
    let lease = object(json!({
        "apiVersion": "coordination.k8s.io/v1", "kind": "Lease",
        "metadata": {"name": key.name, "namespace": NAMESPACE},
        "spec": spec,
    }))?;
    let created = match kube.create(&lease).await {
        Err(error) if error.is_missing() => {
            let namespace =
                json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}});
            kube.create(&object(namespace)?).await?;
            kube.create(&lease).await?
        }
        other => other?,
    };
    Ok(match created {
        Created::New(object) => Some(object),
        Created::Exists => None,
    })
}

fn taken(holder: &Holder, now: Timestamp) -> Value {
    json!({
        "holderIdentity": holder.to_string(),
        "leaseDurationSeconds": HOLDS.as_secs(),
        "acquireTime": stamp(now),
        "renewTime": stamp(now),
    })
}

fn object(value: Value) -> Result<Object, KubeError> {
    Object::try_from(value).map_err(|error| KubeError::bug("take the lease", error.to_string()))
}

/// A MicroTime has exactly six digits after the point.
fn stamp(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%S%.6fZ").to_string()
}

fn holder_text(lease: &Object) -> &str {
    lease.value()["spec"]["holderIdentity"]
        .as_str()
        .unwrap_or_default()
}

fn transition(lease: &Object) -> u64 {
    lease.value()["spec"]["leaseTransitions"]
        .as_u64()
        .unwrap_or_default()
}

fn version(lease: &Object) -> String {
    lease.value()["metadata"]["resourceVersion"]
        .as_str()
        .unwrap_or_default()
        .to_owned()
}

#[cfg(test)]
mod tests;
