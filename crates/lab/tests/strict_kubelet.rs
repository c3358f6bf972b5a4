//! The strict kubelet: what keeps a pod from starting, in the kubelet's words, and what lets it go on.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests fail by panicking"
)]

mod workload;

use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::{Pod, Service};
use mosipctl_lab::{Expectations, expect};
use mosipctl_testkit::lab;
use serde_json::{Value, json};
use tokio::sync::OnceCell;
use workload::{
    Place, condition, config_map, container, deployment, is_ready, name, secret, waiting,
};

mosipctl_testkit::supervisor!();

/// A namespace of its own in a lab that knows two images.
async fn place(prefix: &str) -> Place {
    static EXPECTED: OnceCell<()> = OnceCell::const_new();
    let lab = lab().await;
    let client = lab.client().await;
    let images = [
        "registry.example.org/service:1",
        "registry.example.org/init:1",
    ];
    let expectations = Expectations {
        images: images.map(str::to_owned).into(),
        ..Expectations::default()
    };
    EXPECTED
        .get_or_init(async || expect(&client, &expectations, 1.0).await.unwrap())
        .await;
    Place {
        namespace: lab.namespace(prefix).await,
        client,
    }
}

/// A Deployment whose container has this environment.
fn with_env(env: Value) -> Value {
    deployment("a", json!({"containers": [container(json!({"env": env}))]}))
}

/// A Deployment with this volume.
fn with_volume(volume: Value) -> Value {
    deployment("a", json!({"volumes": [volume]}))
}

fn from_config_map(name: &str, key: &str) -> Value {
    json!([{"name": "X", "valueFrom": {"configMapKeyRef": {"name": name, "key": key}}}])
}

/// Waits until the pod waits for this, and gives its name.
async fn waits_with(place: &Place, reason: &str, message: &str) -> String {
    let is_wanted = |pod: &Pod| {
        waiting(pod).is_some_and(|(r, m)| (r.as_str(), m.as_str()) == (reason, message))
    };
    let pod = place.pod("a", is_wanted).await;
    assert_eq!(
        pod.status.as_ref().unwrap().phase.as_deref(),
        Some("Pending")
    );
    assert!(!is_ready(&pod));
    name(&pod)
}

async fn gets_ready(place: &Place) -> Pod {
    place.pod("a", is_ready).await
}

#[tokio::test]
async fn a_pod_that_lacks_nothing_gets_ready() {
    let place = place("nothing").await;
    place.apply(deployment("a", json!({}))).await;
    let pod = gets_ready(&place).await;
    let status = pod.status.unwrap();
    assert_eq!(status.phase.as_deref(), Some("Running"));
    assert!(status.pod_ip.is_some());
    assert!(status.container_statuses.unwrap().iter().all(|c| c.ready));
    place
        .object("a", |deployment: &Deployment| {
            deployment
                .status
                .as_ref()
                .and_then(|status| status.available_replicas)
                == Some(1)
        })
        .await;
}

#[tokio::test]
async fn a_missing_key_is_waited_for() {
    let place = place("key").await;
    place
        .apply(config_map("global", json!({"other": "x"})))
        .await;
    place
        .apply(with_env(from_config_map("global", "host")))
        .await;
    let message = format!(
        "couldn't find key host in ConfigMap {}/global",
        place.namespace
    );
    let pod = waits_with(&place, "CreateContainerConfigError", &message).await;
    assert_eq!(
        place.event("Failed", &pod).await,
        format!("Error: {message}")
    );
    let before = jiff::Timestamp::now();
    place
        .apply(config_map("global", json!({"host": "x"})))
        .await;
    let pod = gets_ready(&place).await;
    // the time of admission is kept to the millisecond
    let conditions = pod.status.unwrap().conditions.unwrap();
    let admitted = conditions
        .iter()
        .find(|c| c.type_ == "lab.mosipctl.io/admitted");
    let admitted: jiff::Timestamp = admitted
        .unwrap()
        .message
        .as_deref()
        .unwrap()
        .parse()
        .unwrap();
    let took = admitted.duration_since(before);
    assert!(
        took.as_millis() < 1000,
        "admitted {took:#} after the key came"
    );
}

#[tokio::test]
async fn a_missing_config_map_is_waited_for() {
    let place = place("map").await;
    place
        .apply(with_env(from_config_map("global", "host")))
        .await;
    let message = "configmap \"global\" not found";
    waits_with(&place, "CreateContainerConfigError", message).await;
    place
        .apply(config_map("global", json!({"host": "x"})))
        .await;
    gets_ready(&place).await;
}

#[tokio::test]
async fn a_missing_secret_and_its_key_are_waited_for() {
    let place = place("secret").await;
    let env = json!([{"name": "X", "valueFrom": {"secretKeyRef": {"name": "s3", "key": "k"}}}]);
    place.apply(with_env(env)).await;
    let message = "secret \"s3\" not found";
    waits_with(&place, "CreateContainerConfigError", message).await;
    place.apply(secret("s3", json!({"other": "x"}))).await;
    let message = format!("couldn't find key k in Secret {}/s3", place.namespace);
    waits_with(&place, "CreateContainerConfigError", &message).await;
    place.apply(secret("s3", json!({"k": "x"}))).await;
    gets_ready(&place).await;
}

#[tokio::test]
async fn the_whole_environment_of_a_map_is_waited_for() {
    let place = place("whole").await;
    let from = json!([{"configMapRef": {"name": "all"}}, {"secretRef": {"name": "more", "optional": true}}]);
    let containers = json!([container(json!({"envFrom": from}))]);
    place
        .apply(deployment("a", json!({"containers": containers})))
        .await;
    let message = "configmap \"all\" not found";
    waits_with(&place, "CreateContainerConfigError", message).await;
    place.apply(config_map("all", json!({}))).await;
    gets_ready(&place).await;
}

#[tokio::test]
async fn what_is_optional_is_not_waited_for() {
    let place = place("optional").await;
    let reference = json!({"name": "none", "key": "none", "optional": true});
    let env = json!([
        {"name": "A", "valueFrom": {"configMapKeyRef": reference}},
        {"name": "B", "valueFrom": {"secretKeyRef": reference}},
    ]);
    let volumes = json!([
        {"name": "c", "configMap": {"name": "none", "optional": true}},
        {"name": "s", "secret": {"secretName": "none", "optional": true}},
    ]);
    let containers = json!([container(json!({"env": env}))]);
    let spec = json!({"containers": containers, "volumes": volumes});
    place.apply(deployment("a", spec)).await;
    gets_ready(&place).await;
}

/// Waits until the pod cannot mount, and gives the event.
async fn cannot_mount(place: &Place) -> String {
    let waits = |pod: &Pod| {
        condition(pod, "lab.mosipctl.io/admitted").is_some_and(|(status, _)| status == "False")
    };
    let pod = place.pod("a", waits).await;
    let status = pod
        .status
        .as_ref()
        .unwrap()
        .container_statuses
        .as_ref()
        .unwrap();
    let waiting = status[0].state.as_ref().unwrap().waiting.as_ref().unwrap();
    assert_eq!(waiting.reason.as_deref(), Some("ContainerCreating"));
    place.event("FailedMount", &name(&pod)).await
}

#[tokio::test]
async fn a_volume_waits_for_its_config_map() {
    let place = place("volume").await;
    place
        .apply(with_volume(
            json!({"name": "v", "configMap": {"name": "files"}}),
        ))
        .await;
    assert_eq!(
        cannot_mount(&place).await,
        "MountVolume.SetUp failed for volume \"v\" : configmap \"files\" not found"
    );
    place.apply(config_map("files", json!({}))).await;
    gets_ready(&place).await;
}

#[tokio::test]
async fn a_volume_waits_for_each_of_its_items() {
    let place = place("items").await;
    place.apply(config_map("files", json!({"a.xml": ""}))).await;
    let items = json!([{"key": "a.xml", "path": "a"}, {"key": "b.xml", "path": "b"}]);
    let volume = json!({"name": "v", "configMap": {"name": "files", "items": items}});
    place.apply(with_volume(volume)).await;
    assert_eq!(
        cannot_mount(&place).await,
        "MountVolume.SetUp failed for volume \"v\" : configmap references non-existent config key: b.xml"
    );
    place
        .apply(config_map("files", json!({"a.xml": "", "b.xml": ""})))
        .await;
    gets_ready(&place).await;
}

#[tokio::test]
async fn a_volume_waits_for_its_secret() {
    let place = place("secretvolume").await;
    let volume = json!({"name": "v", "secret": {"secretName": "pin", "items": [{"key": "pin", "path": "p"}]}});
    place.apply(with_volume(volume)).await;
    assert_eq!(
        cannot_mount(&place).await,
        "MountVolume.SetUp failed for volume \"v\" : secret \"pin\" not found"
    );
    place.apply(secret("pin", json!({"pin": "x"}))).await;
    gets_ready(&place).await;
}

#[tokio::test]
async fn a_claim_is_waited_for() {
    let place = place("claim").await;
    let volume = json!({"name": "v", "persistentVolumeClaim": {"claimName": "landing"}});
    place.apply(with_volume(volume)).await;
    // the scheduler finds it first, as on a real cluster
    let pod = place
        .pod("a", |pod| {
            condition(pod, "PodScheduled").is_some_and(|(_, reason)| reason == "Unschedulable")
        })
        .await;
    let conditions = pod.status.unwrap().conditions.unwrap();
    let message = conditions[0].message.as_deref().unwrap();
    assert!(
        message.contains("persistentvolumeclaim \"landing\" not found"),
        "{message}"
    );
    place
        .apply(json!({
            "apiVersion": "v1",
            "kind": "PersistentVolumeClaim",
            "metadata": {"name": "landing"},
            "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
        }))
        .await;
    gets_ready(&place).await;
}

#[tokio::test]
async fn an_unknown_image_cannot_be_pulled() {
    let place = place("image").await;
    let image = "registry.example.org/service:2";
    let containers = json!([container(json!({"image": image}))]);
    place
        .apply(deployment("a", json!({"containers": containers})))
        .await;
    let message = format!("Back-off pulling image \"{image}\": ErrImagePull: {image}: not found");
    let pod = waits_with(&place, "ImagePullBackOff", &message).await;
    assert_eq!(
        place.event("BackOff", &pod).await,
        format!("Back-off pulling image \"{image}\"")
    );
    assert_eq!(
        place.event("Failed", &pod).await,
        format!("Failed to pull image \"{image}\": {image}: not found")
    );
}

#[tokio::test]
async fn a_pull_secret_is_waited_for() {
    let place = place("pull").await;
    place
        .apply(deployment(
            "a",
            json!({"imagePullSecrets": [{"name": "regsecret"}]}),
        ))
        .await;
    let message = "Back-off pulling image \"registry.example.org/service:1\": ErrImagePull: pull secret \"regsecret\" not found, or without credentials";
    let pod = waits_with(&place, "ImagePullBackOff", message).await;
    let event = place.event("FailedToRetrieveImagePullSecret", &pod).await;
    assert!(event.contains("(regsecret)"), "{event}");
    place
        .apply(json!({
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": "regsecret"},
            "type": "kubernetes.io/dockerconfigjson",
            "stringData": {".dockerconfigjson": "{\"auths\":{}}"},
        }))
        .await;
    gets_ready(&place).await;
}

#[tokio::test]
async fn an_init_container_is_waited_for_first() {
    let place = place("init").await;
    let init = json!({
        "name": "init",
        "image": "registry.example.org/init:1",
        "env": from_config_map("early", "k"),
    });
    let main = container(json!({"env": from_config_map("late", "k")}));
    let spec = json!({"initContainers": [init], "containers": [main]});
    place.apply(deployment("a", spec)).await;
    waits_with(
        &place,
        "CreateContainerConfigError",
        "configmap \"early\" not found",
    )
    .await;
    let pod = place.pod("a", |_| true).await;
    assert_eq!(
        condition(&pod, "Initialized"),
        Some(("False".to_owned(), "ContainersNotInitialized".to_owned()))
    );
    place.apply(config_map("early", json!({"k": ""}))).await;
    waits_with(
        &place,
        "CreateContainerConfigError",
        "configmap \"late\" not found",
    )
    .await;
    place.apply(config_map("late", json!({"k": ""}))).await;
    let pod = gets_ready(&place).await;
    let statuses = pod.status.unwrap().init_container_statuses.unwrap();
    let end = statuses[0]
        .state
        .as_ref()
        .unwrap()
        .terminated
        .as_ref()
        .unwrap();
    assert_eq!(
        (end.exit_code, end.reason.as_deref()),
        (0, Some("Completed"))
    );
}

#[tokio::test]
async fn a_service_account_is_waited_for() {
    let place = place("account").await;
    place
        .apply(deployment("a", json!({"serviceAccountName": "worker"})))
        .await;
    // the API server itself refuses the pod; its controller tries again
    let deployment = place
        .object("a", |deployment: &Deployment| {
            let conditions = deployment
                .status
                .as_ref()
                .and_then(|s| s.conditions.as_ref());
            conditions.is_some_and(|c| c.iter().any(|c| c.type_ == "ReplicaFailure"))
        })
        .await;
    let conditions = deployment.status.unwrap().conditions.unwrap();
    let failure = conditions
        .iter()
        .find(|c| c.type_ == "ReplicaFailure")
        .unwrap();
    let message = failure.message.as_deref().unwrap();
    assert!(
        message.contains("serviceaccount \"worker\" not found"),
        "{message}"
    );
    place
        .apply(
            json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "worker"}}),
        )
        .await;
    gets_ready(&place).await;
}

/// Waits until the pod runs without answering, and gives the event.
async fn runs_unready(place: &Place) -> String {
    let pod = place
        .pod("a", |pod| {
            let is_running = pod
                .status
                .as_ref()
                .is_some_and(|s| s.phase.as_deref() == Some("Running"));
            let answers = condition(pod, "lab.mosipctl.io/answers");
            is_running && answers.is_some_and(|(status, _)| status == "False") && !is_ready(pod)
        })
        .await;
    place.event("Unhealthy", &name(&pod)).await
}

#[tokio::test]
async fn a_probe_must_meet_a_port() {
    for (prefix, port, message) in [
        (
            "probenumber",
            json!(8081),
            "Readiness probe failed: dial tcp :8081: connect: connection refused (no container of the pod has port 8081)",
        ),
        (
            "probename",
            json!("metrics"),
            "Readiness probe failed: container \"main\" has no port named \"metrics\"",
        ),
    ] {
        let place = place(prefix).await;
        let probe = json!({"httpGet": {"path": "/", "port": port}});
        let containers = json!([container(json!({"readinessProbe": probe}))]);
        place
            .apply(deployment("a", json!({"containers": containers})))
            .await;
        assert_eq!(runs_unready(&place).await, message);
        let probe = json!({"httpGet": {"path": "/", "port": "http"}});
        let containers = json!([container(json!({"readinessProbe": probe}))]);
        place
            .apply(deployment("a", json!({"containers": containers})))
            .await;
        gets_ready(&place).await;
    }
}

fn service(target: Value) -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "front"},
        "spec": {
            "selector": {"app.kubernetes.io/instance": "a"},
            "ports": [{"port": 80, "targetPort": target}],
        },
    })
}

#[tokio::test]
async fn a_service_must_meet_a_port_whenever_it_comes() {
    let place = place("service").await;
    place.apply(deployment("a", json!({}))).await;
    gets_ready(&place).await;
    place.apply(service(json!(9090))).await;
    assert_eq!(
        runs_unready(&place).await,
        format!(
            "Readiness probe failed: service {}/front sends port 80 to target port 9090, which no container of the pod has",
            place.namespace
        )
    );
    place.apply(service(json!("http"))).await;
    gets_ready(&place).await;
    place
        .object("front", |service: &Service| service.spec.is_some())
        .await;
}
