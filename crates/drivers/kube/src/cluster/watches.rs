//! One shared watch per kind.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex as SyncMutex, PoisonError};

use mosipctl_object::Kind;
use tokio::sync::Mutex;
use tokio::task::JoinSet;

use super::is_forbidden;
use super::transport::Transport;
use crate::error::KubeError;
use crate::served::ServedKind;
use crate::store::{Scope, Store};

mod follow;

/// The watches that are open.
#[derive(Default)]
pub(super) struct Watches {
    by_kind: SyncMutex<HashMap<Kind, Arc<KindWatch>>>,
}

/// The watch of a kind, or its watches of several namespaces.
struct KindWatch {
    store: Store,
    open: Mutex<Open>,
}

#[derive(Default)]
struct Open {
    reach: Reach,
    /// Ends with the cluster.
    followers: JoinSet<()>,
}

/// How far we may look.
#[derive(Default)]
enum Reach {
    #[default]
    NotAsked,
    Everywhere,
    Namespaces(BTreeSet<String>),
}

impl Watches {
    /// The store of a kind, filled at least for this namespace.
    pub(super) async fn store(
        &self,
        transport: &Arc<Transport>,
        served: &ServedKind,
        namespace: Option<&str>,
    ) -> Result<Store, KubeError> {
        let watch = self.of_kind(&served.kind);
        let mut open = watch.open.lock().await;
        let namespace = namespace.filter(|_| served.namespaced);
        if matches!(open.reach, Reach::NotAsked) {
            match open.follow(transport, served, &watch.store, None).await {
                Ok(()) => open.reach = Reach::Everywhere,
                Err(error) if is_forbidden(&error) && namespace.is_some() => {
                    open.reach = Reach::Namespaces(BTreeSet::new());
                }
                Err(error) => return Err(error),
            }
        }
        if let (Reach::Namespaces(followed), Some(namespace)) = (&open.reach, namespace)
            && !followed.contains(namespace)
        {
            let scope = Some(namespace.to_owned());
            open.follow(transport, served, &watch.store, scope).await?;
            if let Reach::Namespaces(followed) = &mut open.reach {
                followed.insert(namespace.to_owned());
            }
        }
        Ok(watch.store.clone())
    }

    fn of_kind(&self, kind: &Kind) -> Arc<KindWatch> {
        let mut by_kind = self.by_kind.lock().unwrap_or_else(PoisonError::into_inner);
        let watch = by_kind.entry(kind.clone()).or_insert_with(|| {
            Arc::new(KindWatch {
                store: Store::new(kind.clone()),
                open: Mutex::default(),
            })
        });
        Arc::clone(watch)
    }
}

impl Open {
    /// Lists once, so that refusals are told at once, and goes on from there for as long as the cluster lives.
    async fn follow(
        &mut self,
        transport: &Arc<Transport>,
        served: &ServedKind,
        store: &Store,
        scope: Scope,
    ) -> Result<(), KubeError> {
        let mut follower =
            follow::Follower::new(Arc::clone(transport), served, store.clone(), scope);
        follower.list().await?;
        self.followers.spawn(follower.run());
        Ok(())
    }
}
