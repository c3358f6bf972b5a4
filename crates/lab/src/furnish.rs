//! What a lab puts into its own cluster: kinds of kwok, stages, nodes, storage classes.

use std::collections::BTreeMap;

use futures::{StreamExt, TryStreamExt};
use k8s_openapi::api::core::v1::Node as ApiNode;
use k8s_openapi::api::storage::v1::StorageClass as ApiStorageClass;
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::api::{Api, DynamicObject, Patch, PatchParams, PostParams};
use kube::core::{ApiResource, GroupVersionKind};
use kube::runtime::{WatchStreamExt, watcher};
use kube::{Client, ResourceExt};
use mosipctl_artefact::Program;
use serde_json::{Value, json};

use crate::control_plane::KWOK_KINDS;
use crate::settings::{Access, Cluster, Node, StorageClass};
use crate::stages::KWOK_API;

/// Who writes what the lab puts into its cluster.
pub(crate) const MANAGER: &str = "mosipctl-lab";
/// Where the lab's own objects lie.
pub(crate) const NAMESPACE: &str = "mosipctl-lab";
/// Provisioner of the lab's storage classes, and driver of every volume.
pub(crate) const PROVISIONER: &str = "volumes.lab.mosipctl.io";
/// Parameter of a storage class: how its volumes can be written.
pub(crate) const ACCESS: &str = "access";
/// How many requests run at one time.
const AT_ONCE: usize = 16;

/// Makes kwok's kinds known and waits until the API server serves them.
pub(crate) async fn kinds(client: &Client) -> kube::Result<()> {
    let api: Api<CustomResourceDefinition> = Api::all(client.clone());
    futures::stream::iter(KWOK_KINDS)
        .map(|kind| kind_definition(&api, kind))
        .buffer_unordered(AT_ONCE)
        .try_collect()
        .await
}

async fn kind_definition(api: &Api<CustomResourceDefinition>, kind: &str) -> kube::Result<()> {
    let definition = definition(kind);
    let name = definition["metadata"]["name"].as_str().unwrap_or_default();
    apply(api, name, &definition).await?;
    let is_established = kube::runtime::conditions::is_crd_established();
    match kube::runtime::wait::await_condition(api.clone(), name, is_established).await {
        Ok(_) => Ok(()),
        Err(error) => Err(kube::Error::Service(Box::new(error))),
    }
}

/// kwok checks what its kinds hold, so the definition only names them.
fn definition(kind: &str) -> Value {
    let singular = kind.to_lowercase();
    // Logs and ClusterLogs are plural already
    let plural = match singular.ends_with('s') {
        true => singular.clone(),
        false => format!("{singular}s"),
    };
    let is_cluster_wide = kind == "Stage" || kind.starts_with("Cluster");
    let scope = if is_cluster_wide {
        "Cluster"
    } else {
        "Namespaced"
    };
    let (group, version) = KWOK_API.split_once('/').unwrap_or_default();
    json!({
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": format!("{plural}.{group}")},
        "spec": {
            "group": group,
            "scope": scope,
            "names": {"kind": kind, "listKind": format!("{kind}List"), "plural": plural, "singular": singular},
            "versions": [{
                "name": version,
                "served": true,
                "storage": true,
                "schema": {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}},
            }],
        },
    })
}

/// The API of one of kwok's kinds.
pub(crate) fn kwok_api(client: &Client, kind: &str, namespace: Option<&str>) -> Api<DynamicObject> {
    let definition = definition(kind);
    let (group, version) = KWOK_API.split_once('/').unwrap_or_default();
    let plural = definition["spec"]["names"]["plural"].as_str();
    let resource = ApiResource::from_gvk_with_plural(
        &GroupVersionKind::gvk(group, version, kind),
        plural.unwrap_or_default(),
    );
    match namespace {
        Some(namespace) => Api::namespaced_with(client.clone(), namespace, &resource),
        None => Api::all_with(client.clone(), &resource),
    }
}

/// Puts stages into the cluster, and removes those of the lab that are not among them.
pub(crate) async fn put_stages(client: &Client, stages: &[Value]) -> kube::Result<()> {
    let api = kwok_api(client, "Stage", None);
    let name = |stage: &Value| stage["metadata"]["name"].as_str().map(str::to_owned);
    let wanted: Vec<String> = stages.iter().filter_map(name).collect();
    let present = api.list(&Default::default()).await?;
    futures::stream::iter(stages)
        .map(|stage| async {
            let name = name(stage).unwrap_or_default();
            apply(&api, &name, stage).await
        })
        .buffer_unordered(AT_ONCE)
        .try_collect::<()>()
        .await?;
    for stage in present {
        if !wanted.contains(&stage.name_any()) {
            let deleted = api.delete(&stage.name_any(), &Default::default()).await;
            gone_is_fine(deleted.map(|_| ()))?;
        }
    }
    Ok(())
}

/// Makes the nodes and the storage classes.
pub(crate) async fn cluster(client: &Client, cluster: &Cluster) -> kube::Result<()> {
    let classes: Api<ApiStorageClass> = Api::all(client.clone());
    for class in &cluster.storage_classes {
        apply(&classes, &class.name, &storage_class(class)).await?;
    }
    let api: Api<ApiNode> = Api::all(client.clone());
    let nodes: Vec<Value> = nodes(cluster);
    futures::stream::iter(nodes)
        .map(|node| async {
            let node: ApiNode = serde_json::from_value(node).map_err(kube::Error::SerdeError)?;
            let made = api.create(&PostParams::default(), &node).await;
            there_is_fine(made.map(|_| ()))
        })
        .buffer_unordered(AT_ONCE)
        .try_collect()
        .await
}

/// Waits until every node is ready.
pub(crate) async fn nodes_ready(client: &Client) -> Result<(), watcher::Error> {
    let api: Api<ApiNode> = Api::all(client.clone());
    let mut ready: BTreeMap<String, bool> = BTreeMap::new();
    let mut complete = false;
    let mut events = watcher(api, watcher::Config::default())
        .default_backoff()
        .boxed();
    while !(complete && ready.values().all(|ready| *ready)) {
        match events.try_next().await? {
            Some(watcher::Event::InitDone) => complete = true,
            Some(watcher::Event::Apply(node) | watcher::Event::InitApply(node)) => {
                ready.insert(node.name_any(), is_ready(&node));
            }
            Some(watcher::Event::Delete(node)) => {
                ready.remove(&node.name_any());
            }
            Some(watcher::Event::Init) | None => {}
        }
    }
    Ok(())
}

/// Whether a node says that it is ready.
pub fn is_ready(node: &ApiNode) -> bool {
    let conditions = node.status.iter().flat_map(|status| &status.conditions);
    let mut ready = conditions
        .flatten()
        .filter(|condition| condition.type_ == "Ready");
    ready.any(|condition| condition.status == "True")
}

fn nodes(cluster: &Cluster) -> Vec<Value> {
    let nodes = cluster.nodes.iter().enumerate();
    nodes.map(|(index, node)| api_node(node, index)).collect()
}

/// A node as its kubelet would register it. `index` counts over all of them.
fn api_node(node: &Node, index: usize) -> Value {
    let architecture = match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    };
    let mut labels = node.labels.clone();
    for (key, value) in [
        ("kubernetes.io/hostname", node.name.as_str()),
        ("kubernetes.io/os", "linux"),
        ("kubernetes.io/arch", architecture),
    ] {
        let label = labels.entry(key.to_owned());
        label.or_insert_with(|| value.to_owned());
    }
    let taints: Vec<Value> = node
        .taints
        .iter()
        .map(|taint| json!({"key": taint.key, "value": taint.value, "effect": taint.effect}))
        .collect();
    let capacity = json!({
        "cpu": node.cpu,
        "memory": node.memory,
        "pods": node.pods.to_string(),
        "ephemeral-storage": "1Ti",
    });
    // 10.244.0.0/16 and on: a /24 for each node, as most network plugins give out
    let (second, third) = (244 + index / 256, index % 256);
    json!({
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            "name": node.name,
            "labels": labels,
            "annotations": {"kwok.x-k8s.io/node": "fake"},
        },
        "spec": {
            "podCIDR": format!("10.{second}.{third}.0/24"),
            "taints": taints,
            "unschedulable": node.is_cordoned,
        },
        "status": {
            "capacity": capacity,
            "allocatable": capacity,
            "nodeInfo": {
                "architecture": architecture,
                "operatingSystem": "linux",
                "kubeletVersion": format!("v{}", Program::KubeApiserver.version()),
                "kubeProxyVersion": "",
                "containerRuntimeVersion": format!("kwok://{}", Program::Kwok.version()),
                "osImage": "simulated",
                "kernelVersion": "",
                "bootID": "",
                "machineID": "",
                "systemUUID": "",
            },
        },
    })
}

fn storage_class(class: &StorageClass) -> Value {
    let access = match class.access {
        Access::OneNode => "ReadWriteOnce",
        Access::ManyNodes => "ReadWriteMany",
    };
    json!({
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {
            "name": class.name,
            "annotations": {"storageclass.kubernetes.io/is-default-class": class.is_default.to_string()},
        },
        "provisioner": PROVISIONER,
        "parameters": {ACCESS: access},
        "reclaimPolicy": "Delete",
        "volumeBindingMode": "Immediate",
        "allowVolumeExpansion": true,
    })
}

/// Applies an object as the lab.
pub(crate) async fn apply<K>(api: &Api<K>, name: &str, object: &Value) -> kube::Result<()>
where
    K: Clone + std::fmt::Debug + serde::de::DeserializeOwned,
{
    let params = PatchParams::apply(MANAGER).force();
    api.patch(name, &params, &Patch::Apply(object)).await?;
    Ok(())
}

/// What is gone need not be deleted.
pub(crate) fn gone_is_fine(result: kube::Result<()>) -> kube::Result<()> {
    match result {
        Err(kube::Error::Api(status)) if status.code == 404 => Ok(()),
        result => result,
    }
}

/// What is there need not be made.
pub(crate) fn there_is_fine(result: kube::Result<()>) -> kube::Result<()> {
    match result {
        Err(kube::Error::Api(status)) if status.code == 409 => Ok(()),
        result => result,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodes_are_numbered_and_spread_over_zones() {
        let nodes = nodes(&Cluster::default());
        let zones: Vec<_> = nodes
            .iter()
            .map(|node| node["metadata"]["labels"]["topology.kubernetes.io/zone"].as_str())
            .map(Option::unwrap)
            .collect();
        assert_eq!(
            zones,
            ["zone-a", "zone-b", "zone-c", "zone-a", "zone-b", "zone-c"]
        );
        assert_eq!(nodes[5]["metadata"]["name"], "node-6");
        assert_eq!(nodes[5]["spec"]["podCIDR"], "10.244.5.0/24");
    }

    #[test]
    fn kinds_have_the_plural_that_kwok_asks_for() {
        let names: Vec<_> = KWOK_KINDS
            .iter()
            .map(|kind| definition(kind)["metadata"]["name"].clone())
            .collect();
        assert_eq!(
            names,
            [
                "stages.kwok.x-k8s.io",
                "clusterlogs.kwok.x-k8s.io",
                "logs.kwok.x-k8s.io",
                "clusterportforwards.kwok.x-k8s.io",
                "portforwards.kwok.x-k8s.io",
                "clusterexecs.kwok.x-k8s.io",
            ]
        );
    }
}
