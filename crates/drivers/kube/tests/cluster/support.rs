//! A cluster to test against, and small things that tests write again and again.

use std::future::Future;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use mosipctl_kube::{Access, Applied, Apply, Cluster, Kubernetes, Manager};
use mosipctl_object::{Kind, Object, ObjectKey};
use serde_json::{Value, json};

/// Longer than anything here takes, short enough for a test that hangs to fail.
const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) async fn kubeconfig() -> PathBuf {
    mosipctl_testkit::bare_control_plane().await.kubeconfig()
}

pub(crate) async fn cluster() -> Cluster {
    let access = Access {
        kubeconfig: Some(kubeconfig().await),
        context: None,
    };
    Cluster::connect(&access).await.unwrap()
}

/// A namespace of its own for each test.
pub(crate) async fn namespace(kube: &dyn Kubernetes) -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let name = format!("t{}-{number}", std::process::id());
    kube.create(&object("v1", "Namespace", None, &name, json!({})))
        .await
        .unwrap();
    name
}

pub(crate) fn object(
    api: &str,
    kind: &str,
    namespace: Option<&str>,
    name: &str,
    rest: Value,
) -> Object {
    let mut value = json!({"apiVersion": api, "kind": kind, "metadata": {"name": name}});
    if let Some(namespace) = namespace {
        value["metadata"]["namespace"] = json!(namespace);
    }
    for (field, part) in rest.as_object().unwrap() {
        match (field.as_str(), part.as_object()) {
            ("metadata", Some(map)) => {
                for (field, part) in map {
                    value["metadata"][field] = part.clone();
                }
            }
            _ => value[field] = part.clone(),
        }
    }
    Object::try_from(value).unwrap()
}

pub(crate) fn config_map(namespace: &str, name: &str, data: Value) -> Object {
    object(
        "v1",
        "ConfigMap",
        Some(namespace),
        name,
        json!({"data": data}),
    )
}

pub(crate) fn config_map_key(namespace: &str, name: &str) -> ObjectKey {
    ObjectKey::namespaced(Kind::core("ConfigMap"), namespace, name)
}

/// A Deployment of one container.
pub(crate) fn deployment(namespace: &str, name: &str, replicas: u32, pod: Value) -> Object {
    let mut spec = json!({"containers": [{"name": "main", "image": "img:1"}]});
    for (field, part) in pod.as_object().unwrap() {
        spec[field] = part.clone();
    }
    let labels = json!({"app": name});
    let rest = json!({"spec": {
        "replicas": replicas, "selector": {"matchLabels": labels},
        "template": {"metadata": {"labels": labels}, "spec": spec},
    }});
    object("apps/v1", "Deployment", Some(namespace), name, rest)
}

/// Applies as mosipctl; conflicts fail the test.
pub(crate) async fn apply(kube: &dyn Kubernetes, object: &Object) -> Object {
    match kube
        .apply(object, &Apply::new(Manager::Mosipctl))
        .await
        .unwrap()
    {
        Applied::Done(object) => object,
        Applied::Conflicts(conflicts) => panic!("{conflicts:?}"),
    }
}

/// What comes in time, or the test fails.
pub(crate) async fn in_time<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, what)
        .await
        .expect("nothing happened in time")
}

pub(crate) fn at<'a>(object: &'a Object, pointer: &str) -> &'a Value {
    object.value().pointer(pointer).unwrap_or(&Value::Null)
}

/// A token of a service account.
pub(crate) async fn token(namespace: &str, account: &str) -> String {
    use k8s_openapi::api::authentication::v1::{TokenRequest, TokenRequestSpec};
    use k8s_openapi::api::core::v1::ServiceAccount;
    let accounts: kube::Api<ServiceAccount> =
        kube::Api::namespaced(crate::somebody::client().await, namespace);
    let request = TokenRequest {
        spec: TokenRequestSpec {
            audiences: Vec::new(),
            ..TokenRequestSpec::default()
        },
        ..TokenRequest::default()
    };
    let params = kube::api::PostParams::default();
    let issued = accounts.create_token_request(account, &params, &request);
    issued.await.unwrap().status.unwrap().token
}
