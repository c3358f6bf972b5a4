//! A cluster with somebody else in it: a person or a controller who writes too.

use std::sync::Arc;

use kube::api::{Api, DynamicObject, Patch, PatchParams};
use kube::core::{ApiResource, GroupVersionKind};
use mosipctl_kube::{Cluster, FakeCluster, Kubernetes};
use mosipctl_object::{Object, ObjectKey};
use serde_json::Value;

use crate::support;

/// What a contract test runs on.
pub(crate) struct World {
    pub(crate) kube: Arc<dyn Kubernetes>,
    pub(crate) namespace: String,
    other: Somebody,
}

enum Somebody {
    InFake(FakeCluster),
    InReal(kube::Client),
}

impl World {
    pub(crate) async fn fake() -> Self {
        let fake = FakeCluster::new();
        Self {
            namespace: support::namespace(&fake).await,
            kube: Arc::new(fake.clone()),
            other: Somebody::InFake(fake),
        }
    }

    pub(crate) async fn real() -> Self {
        let cluster: Cluster = support::cluster().await;
        Self {
            namespace: support::namespace(&cluster).await,
            kube: Arc::new(cluster),
            other: Somebody::InReal(client().await),
        }
    }

    /// Changes an object as somebody else.
    pub(crate) async fn edit_as(&self, manager: &str, key: &ObjectKey, patch: Value) -> Object {
        match &self.other {
            Somebody::InFake(fake) => fake.edit_as(manager, key, &patch).unwrap(),
            Somebody::InReal(client) => {
                let params = PatchParams::apply(manager);
                let params = PatchParams {
                    field_manager: params.field_manager,
                    ..PatchParams::default()
                };
                let api = api(client, &*self.kube, key).await;
                let patched = api
                    .patch(&key.name, &params, &Patch::Merge(patch))
                    .await
                    .unwrap();
                Object::try_from(serde_json::to_value(patched).unwrap()).unwrap()
            }
        }
    }

    /// Writes a status as its controller.
    pub(crate) async fn set_status(&self, key: &ObjectKey, status: Value) {
        match &self.other {
            Somebody::InFake(fake) => {
                fake.set_status(key, &status).unwrap();
            }
            Somebody::InReal(client) => {
                let api = api(client, &*self.kube, key).await;
                let patch = Patch::Merge(serde_json::json!({"status": status}));
                api.patch_status(&key.name, &PatchParams::default(), &patch)
                    .await
                    .unwrap();
            }
        }
    }
}

/// A plain client, for what the driver has no words for.
pub(crate) async fn client() -> kube::Client {
    mosipctl_testkit::bare_control_plane().await.client().await
}

pub(crate) async fn api(
    client: &kube::Client,
    kube: &dyn Kubernetes,
    key: &ObjectKey,
) -> Api<DynamicObject> {
    let served = kube.served().await.unwrap();
    let served = served.kind(&key.kind).unwrap();
    let version = served.versions.first().unwrap();
    let kind = GroupVersionKind::gvk(&key.kind.group, version, &key.kind.kind);
    let resource = ApiResource::from_gvk_with_plural(&kind, &served.plural);
    match &key.namespace {
        Some(namespace) => Api::namespaced_with(client.clone(), namespace, &resource),
        None => Api::all_with(client.clone(), &resource),
    }
}
