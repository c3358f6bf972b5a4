//! The objects of one kind as a watch last saw them, for any number of gates to wait on.
//!
//! A store keeps what gates look at and nothing more: no `managedFields`, no pod templates, and of config maps and
//! Secrets the keys without the values. What a gate must not miss is its own write: an answer that is older than the
//! write proves nothing, so [`Store::until`] takes the [`ResourceVersion`] of the write and waits for the watch to have
//! come that far.

mod trim;

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use jiff::Timestamp;
use mosipctl_object::{Kind, Object};
use tokio::sync::watch;

pub(crate) use trim::trimmed;

/// How far a cluster's history has come. Later writes have greater versions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct ResourceVersion(u64);

impl ResourceVersion {
    /// The version of an object that came from a cluster. API servers give numbers, and say so since Kubernetes 1.35
    /// (KEP-5504); what is no number counts as the oldest.
    pub fn of(object: &Object) -> Self {
        let text = object.value()["metadata"]["resourceVersion"].as_str();
        Self::parse(text.unwrap_or_default())
    }

    pub(crate) fn parse(text: &str) -> Self {
        Self(text.parse().unwrap_or_default())
    }
}

impl std::fmt::Display for ResourceVersion {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// Whether a store follows the cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Freshness {
    /// It does.
    Fresh,
    /// It lost the cluster and keeps trying.
    Behind {
        /// Since when.
        since: Timestamp,
        /// What the last try ended with.
        problem: String,
    },
}

type Name = (Option<String>, String);

/// A live view on the objects of a kind. Cheap to clone; all clones are one store.
#[derive(Clone)]
pub struct Store {
    kind: Kind,
    state: Arc<State>,
}

struct State {
    content: RwLock<Content>,
    /// Wakes who looks at many objects.
    changes: watch::Sender<()>,
    /// Wakes who looks at one object.
    of_object: Mutex<HashMap<Name, watch::Sender<()>>>,
    freshness: watch::Sender<Freshness>,
}

#[derive(Default)]
struct Content {
    objects: BTreeMap<Name, Arc<Object>>,
    /// How far each watch has come: the cluster-wide one, or one per namespace.
    reached: BTreeMap<Scope, ResourceVersion>,
}

/// What one watch looks at: a namespace, or everything.
pub(crate) type Scope = Option<String>;

impl Content {
    /// How far the watch of a namespace has come.
    fn reached(&self, namespace: &Scope) -> ResourceVersion {
        let of = |scope: &Scope| self.reached.get(scope).copied().unwrap_or_default();
        of(&None).max(of(namespace))
    }

    fn advance(&mut self, scope: &Scope, version: ResourceVersion) {
        let reached = self.reached.entry(scope.clone()).or_default();
        *reached = version.max(*reached);
    }
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Store({}, {} objects)", self.kind, self.len())
    }
}

impl Store {
    pub(crate) fn new(kind: Kind) -> Self {
        let state = State {
            content: RwLock::default(),
            changes: watch::Sender::new(()),
            of_object: Mutex::default(),
            freshness: watch::Sender::new(Freshness::Fresh),
        };
        Self {
            kind,
            state: Arc::new(state),
        }
    }

    /// The kind of its objects.
    pub fn kind(&self) -> &Kind {
        &self.kind
    }

    /// How many objects it holds.
    pub fn len(&self) -> usize {
        self.read(|content| content.objects.len())
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// One object.
    pub fn get(&self, namespace: Option<&str>, name: &str) -> Option<Arc<Object>> {
        let name = key(namespace, name);
        self.read(|content| content.objects.get(&name).cloned())
    }

    /// The objects that a test picks, of one namespace or of all.
    pub fn select(
        &self,
        namespace: Option<&str>,
        mut pick: impl FnMut(&Object) -> bool,
    ) -> Vec<Arc<Object>> {
        self.read(|content| {
            let in_scope = content.objects.iter().filter(|((of, _), _)| {
                namespace.is_none_or(|namespace| of.as_deref() == Some(namespace))
            });
            in_scope
                .map(|(_, object)| object)
                .filter(|object| pick(object))
                .cloned()
                .collect()
        })
    }

    /// Whether it follows the cluster, to watch.
    pub fn freshness(&self) -> watch::Receiver<Freshness> {
        self.state.freshness.subscribe()
    }

    /// Waits until `look` finds what it looks for in one object, `None` standing for "there is none".
    ///
    /// With `after`, nothing is shown that may be older than that write. There is no deadline here: the caller has one.
    pub async fn until<T>(
        &self,
        namespace: Option<&str>,
        name: &str,
        after: Option<ResourceVersion>,
        mut look: impl FnMut(Option<&Object>) -> Option<T>,
    ) -> T {
        let key = key(namespace, name);
        let mut changes = self.subscribe(&key);
        loop {
            changes.mark_unchanged();
            let (object, seen) = self.read(|content| {
                let object = content.objects.get(&key).cloned();
                let own = object.as_deref().map(ResourceVersion::of);
                (object, own.unwrap_or_default().max(content.reached(&key.0)))
            });
            if seen >= after.unwrap_or_default()
                && let Some(found) = look(object.as_deref())
            {
                return found;
            }
            wait(&mut changes).await;
        }
    }

    /// Waits until the object with this uid is gone; another one of its name may have taken its place.
    pub async fn until_gone(&self, namespace: Option<&str>, name: &str, uid: &str) {
        self.until(namespace, name, None, |object| {
            let is_there = object.is_some_and(|object| object.uid() == Some(uid));
            (!is_there).then_some(())
        })
        .await;
    }

    /// Waits until `look` finds what it looks for in the store as a whole.
    pub async fn until_any<T>(&self, mut look: impl FnMut(&Self) -> Option<T>) -> T {
        let mut changes = self.state.changes.subscribe();
        loop {
            changes.mark_unchanged();
            if let Some(found) = look(self) {
                return found;
            }
            wait(&mut changes).await;
        }
    }

    /// Puts in an object that a watch saw.
    pub(crate) fn put(&self, scope: &Scope, object: Object) {
        let key = name_of(&object);
        let version = ResourceVersion::of(&object);
        let object = Arc::new(trimmed(object));
        self.write(|content| {
            content.objects.insert(key.clone(), object);
            content.advance(scope, version);
        });
        self.wake(&key);
    }

    /// Takes out an object that a watch saw deleted.
    pub(crate) fn remove(&self, scope: &Scope, object: &Object) {
        let key = name_of(object);
        let version = ResourceVersion::of(object);
        self.write(|content| {
            content.objects.remove(&key);
            content.advance(scope, version);
        });
        self.wake(&key);
    }

    /// Replaces everything that a watch looks at by a fresh list of [`trimmed`] objects.
    pub(crate) fn replace(&self, scope: &Scope, objects: Vec<Object>, version: ResourceVersion) {
        let fresh = objects
            .into_iter()
            .map(|object| (name_of(&object), Arc::new(object)));
        self.write(|content| {
            match scope {
                Some(_) => content.objects.retain(|(of, _), _| of != scope),
                None => content.objects.clear(),
            }
            content.objects.extend(fresh);
            content.advance(scope, version);
        });
        self.wake_all();
    }

    /// Notes how far the cluster has come without a change of these objects.
    pub(crate) fn reached(&self, scope: &Scope, version: ResourceVersion) {
        self.write(|content| content.advance(scope, version));
    }

    pub(crate) fn set_freshness(&self, freshness: Freshness) {
        self.state.freshness.send_if_modified(|current| {
            let keeps = match (&*current, &freshness) {
                // the first moment of being behind is the one to tell
                (Freshness::Behind { problem: old, .. }, Freshness::Behind { problem, .. }) => {
                    old == problem
                }
                (old, new) => old == new,
            };
            if !keeps {
                *current = match (&*current, freshness) {
                    (Freshness::Behind { since, .. }, Freshness::Behind { problem, .. }) => {
                        Freshness::Behind {
                            since: *since,
                            problem,
                        }
                    }
                    (_, new) => new,
                };
            }
            !keeps
        });
    }

    fn subscribe(&self, key: &Name) -> watch::Receiver<()> {
        let mut of_object = self.of_object();
        // forget objects that nobody waits for any more, so that the table stays as small as the number of gates
        of_object.retain(|_, sender| sender.receiver_count() > 0);
        of_object
            .entry(key.clone())
            .or_insert_with(|| watch::Sender::new(()))
            .subscribe()
    }

    fn wake(&self, key: &Name) {
        if let Some(sender) = self.of_object().get(key) {
            sender.send_replace(());
        }
        self.state.changes.send_replace(());
    }

    fn wake_all(&self) {
        for sender in self.of_object().values() {
            sender.send_replace(());
        }
        self.state.changes.send_replace(());
    }

    fn of_object(&self) -> MutexGuard<'_, HashMap<Name, watch::Sender<()>>> {
        self.state
            .of_object
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn read<T>(&self, look: impl FnOnce(&Content) -> T) -> T {
        look(
            &self
                .state
                .content
                .read()
                .unwrap_or_else(PoisonError::into_inner),
        )
    }

    fn write(&self, change: impl FnOnce(&mut Content)) {
        change(
            &mut self
                .state
                .content
                .write()
                .unwrap_or_else(PoisonError::into_inner),
        );
    }
}

/// Waits for a change. A store that is gone never changes: who waits on it is ended by its deadline.
async fn wait(changes: &mut watch::Receiver<()>) {
    if changes.changed().await.is_err() {
        std::future::pending::<()>().await;
    }
}

fn key(namespace: Option<&str>, name: &str) -> Name {
    (namespace.map(str::to_owned), name.to_owned())
}

fn name_of(object: &Object) -> Name {
    key(object.namespace(), object.name())
}

#[cfg(test)]
mod tests;
