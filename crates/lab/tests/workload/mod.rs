//! Workloads that tests put into a lab, and waiting for what becomes of them.

#![allow(dead_code, reason = "each test binary uses a part")]

use std::fmt::Debug;
use std::time::Duration;

use futures::{StreamExt, TryStreamExt};
use k8s_openapi::NamespaceResourceScope;
use k8s_openapi::api::core::v1::{Event, Pod};
use kube::api::{Api, Patch, PatchParams};
use kube::core::{ApiResource, DynamicObject, GroupVersionKind};
use kube::runtime::{WatchStreamExt, watcher};
use kube::{Client, Resource, ResourceExt};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// How long anything may take; generous, for machines with much else to do.
const PATIENCE: Duration = Duration::from_secs(60);

/// One namespace of a cluster.
#[derive(Clone)]
pub(crate) struct Place {
    pub(crate) client: Client,
    pub(crate) namespace: String,
}

impl Place {
    /// Applies a namespaced object.
    pub(crate) async fn apply(&self, object: Value) {
        let (group, version) = match object["apiVersion"].as_str().unwrap().split_once('/') {
            Some((group, version)) => (group, version),
            None => ("", object["apiVersion"].as_str().unwrap()),
        };
        let kind = object["kind"].as_str().unwrap();
        let resource = ApiResource::from_gvk(&GroupVersionKind::gvk(group, version, kind));
        let api: Api<DynamicObject> =
            Api::namespaced_with(self.client.clone(), &self.namespace, &resource);
        let params = PatchParams::apply("test").force();
        let name = object["metadata"]["name"].as_str().unwrap();
        api.patch(name, &params, &Patch::Apply(&object))
            .await
            .unwrap();
    }

    pub(crate) fn api<K>(&self) -> Api<K>
    where
        K: Resource<DynamicType = (), Scope = NamespaceResourceScope>,
    {
        Api::namespaced(self.client.clone(), &self.namespace)
    }

    /// The first pod of a release that is as wanted. Fails with the last one seen.
    pub(crate) async fn pod(&self, instance: &str, is_wanted: impl Fn(&Pod) -> bool) -> Pod {
        let selector = format!("app.kubernetes.io/instance={instance}");
        self.find(watcher::Config::default().labels(&selector), is_wanted)
            .await
    }

    /// The first object that is as wanted. Fails with the last one seen.
    pub(crate) async fn object<K>(&self, name: &str, is_wanted: impl Fn(&K) -> bool) -> K
    where
        K: Resource<DynamicType = (), Scope = NamespaceResourceScope>
            + Clone
            + Debug
            + DeserializeOwned
            + Send
            + 'static,
    {
        let selector = format!("metadata.name={name}");
        self.find(watcher::Config::default().fields(&selector), is_wanted)
            .await
    }

    /// The message of the first event of this reason about an object.
    pub(crate) async fn event(&self, reason: &str, about: &str) -> String {
        let selector = format!("reason={reason},involvedObject.name={about}");
        let config = watcher::Config::default().fields(&selector);
        let event = self.find(config, |_: &Event| true).await;
        event.message.unwrap()
    }

    async fn find<K>(&self, config: watcher::Config, is_wanted: impl Fn(&K) -> bool) -> K
    where
        K: Resource<DynamicType = (), Scope = NamespaceResourceScope>
            + Clone
            + Debug
            + DeserializeOwned
            + Send
            + 'static,
    {
        let mut last = None;
        let mut objects = watcher(self.api::<K>(), config)
            .default_backoff()
            .applied_objects()
            .boxed();
        let search = async {
            while let Some(object) = objects.try_next().await.unwrap() {
                if is_wanted(&object) {
                    return object;
                }
                last = Some(object);
            }
            panic!("the watch ended");
        };
        match tokio::time::timeout(PATIENCE, search).await {
            Ok(found) => found,
            Err(_) => panic!("not found; the last one was {last:#?}"),
        }
    }
}

/// Waits until an object is gone.
pub(crate) async fn goes<K>(api: Api<K>, object: &K)
where
    K: Resource + Clone + Debug + DeserializeOwned + Send + 'static,
{
    let (uid, name) = (object.uid().unwrap(), object.name_any());
    let is_gone = kube::runtime::conditions::is_deleted(&uid);
    let gone = kube::runtime::wait::await_condition(api, &name, is_gone);
    tokio::time::timeout(PATIENCE, gone).await.unwrap().unwrap();
}

/// A container with one port, 8080, named `http`.
pub(crate) fn container(more: Value) -> Value {
    let mut container = json!({
        "name": "main",
        "image": "registry.example.org/service:1",
        "ports": [{"name": "http", "containerPort": 8080}],
    });
    merge(&mut container, more);
    container
}

/// A Deployment of one pod; `spec` goes into the pod's.
pub(crate) fn deployment(instance: &str, spec: Value) -> Value {
    let mut pod_spec = json!({"containers": [container(json!({}))]});
    merge(&mut pod_spec, spec);
    let labels = json!({"app.kubernetes.io/instance": instance});
    json!({
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": instance},
        "spec": {
            "replicas": 1,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": pod_spec},
        },
    })
}

/// A Job of one attempt.
pub(crate) fn job(instance: &str, spec: Value) -> Value {
    let mut pod_spec = json!({"containers": [container(json!({}))], "restartPolicy": "Never"});
    merge(&mut pod_spec, spec);
    json!({
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": instance},
        "spec": {
            "backoffLimit": 0,
            "template": {
                "metadata": {"labels": {"app.kubernetes.io/instance": instance}},
                "spec": pod_spec,
            },
        },
    })
}

pub(crate) fn config_map(name: &str, data: Value) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data})
}

pub(crate) fn secret(name: &str, data: Value) -> Value {
    json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "stringData": data})
}

/// Puts the fields of `more` over those of `value`.
fn merge(value: &mut Value, more: Value) {
    if let Value::Object(more) = more {
        for (key, more) in more {
            value[key] = more;
        }
    }
}

pub(crate) fn condition(pod: &Pod, kind: &str) -> Option<(String, String)> {
    let conditions = pod.status.as_ref()?.conditions.as_ref()?;
    let condition = conditions
        .iter()
        .find(|condition| condition.type_ == kind)?;
    let reason = condition.reason.clone().unwrap_or_default();
    Some((condition.status.clone(), reason))
}

pub(crate) fn is_ready(pod: &Pod) -> bool {
    condition(pod, "Ready").is_some_and(|(status, _)| status == "True")
}

/// Reason and message of the first container that waits for more than its turn, init containers first.
pub(crate) fn waiting(pod: &Pod) -> Option<(String, String)> {
    let status = pod.status.as_ref()?;
    let inits = status.init_container_statuses.iter().flatten();
    let containers = status.container_statuses.iter().flatten();
    inits.chain(containers).find_map(|container| {
        let waiting = container.state.as_ref()?.waiting.as_ref()?;
        Some((waiting.reason.clone()?, waiting.message.clone()?))
    })
}

pub(crate) fn name(pod: &Pod) -> String {
    pod.name_any()
}
