use k8s_openapi::api::core::v1::{ConfigMap, Pod as ApiPod, Secret, Service};
use kube::runtime::watcher::Event;
use serde_json::{Value, json};

use super::answers::unanswered;
use super::pod::Pod;
use super::status::started;
use super::verdict::{Trouble, Verdict, Wait, verdict};
use super::world::{Change, Touched, World};

fn object<K: serde::de::DeserializeOwned>(name: &str, mut more: Value) -> K {
    more["metadata"] = json!({"name": name, "namespace": "n"});
    serde_json::from_value(more).unwrap()
}

/// A pod of release `a` on a node.
fn pod(spec: Value) -> Pod {
    let labels = json!({"app.kubernetes.io/instance": "a"});
    let metadata = json!({"name": "a-1", "namespace": "n", "uid": "u", "labels": labels});
    let pod = json!({"metadata": metadata, "spec": spec});
    let mut pod: ApiPod = serde_json::from_value(pod).unwrap();
    pod.spec.as_mut().unwrap().node_name = Some("node-1".to_owned());
    Pod::of(&pod)
}

/// A pod that lacks a volume's secret, an image, a key of its init container, a key of its container.
fn lacks_all() -> Pod {
    let env = |name: &str| json!([{"name": "X", "valueFrom": {"configMapKeyRef": {"name": name, "key": "k"}}}]);
    pod(json!({
        "volumes": [{"name": "v", "secret": {"secretName": "pin"}}],
        "initContainers": [{"name": "init", "image": "known:1", "env": env("early")}],
        "containers": [
            {"name": "main", "image": "known:1", "env": env("late")},
            {"name": "other", "image": "unknown:1"},
        ],
    }))
}

fn world(changes: impl IntoIterator<Item = Change>) -> World {
    let mut world = World::default();
    world.expectations.images.insert("known:1".to_owned());
    for change in changes {
        world.take(change, &mut Touched::default());
    }
    world
}

fn config_map(name: &str, key: &str) -> Change {
    let map: ConfigMap = object(name, json!({"data": {key: ""}}));
    Change::ConfigMap(Event::Apply(map))
}

fn secret(name: &str) -> Change {
    let secret: Secret = object(name, json!({}));
    Change::Secret(Event::Apply(secret))
}

fn service(name: &str, port: Value) -> Change {
    let selector = json!({"app.kubernetes.io/instance": "a"});
    let service: Service = object(
        name,
        json!({"spec": {"selector": selector, "ports": [port]}}),
    );
    Change::Service(Event::Apply(service))
}

#[test]
fn only_the_first_hurdle_is_told() {
    let pod = lacks_all();
    let volumes = Verdict::Wait(Wait::Volumes(vec![
        "MountVolume.SetUp failed for volume \"v\" : secret \"pin\" not found".to_owned(),
    ]));
    assert_eq!(verdict(&pod, &world([])), volumes);
    let Verdict::Wait(Wait::InitContainers(stuck)) = verdict(&pod, &world([secret("pin")])) else {
        panic!("the init container has to wait");
    };
    assert_eq!(stuck[0].container, "init");
    let changes = [
        secret("pin"),
        config_map("early", "k"),
        config_map("late", "other"),
    ];
    let Verdict::Wait(Wait::Containers(stuck)) = verdict(&pod, &world(changes)) else {
        panic!("the containers have to wait");
    };
    let told: Vec<_> = stuck
        .iter()
        .map(|s| (s.container.as_str(), s.trouble.reason()))
        .collect();
    assert_eq!(
        told,
        [
            ("main", "CreateContainerConfigError"),
            ("other", "ImagePullBackOff")
        ]
    );
    let missing = Trouble::Config("couldn't find key k in ConfigMap n/late".to_owned());
    assert_eq!(stuck[0].trouble, missing);
}

#[test]
fn what_another_namespace_has_does_not_count() {
    let mut map: ConfigMap = object("early", json!({"data": {"k": ""}}));
    map.metadata.namespace = Some("elsewhere".to_owned());
    let changes = [secret("pin"), Change::ConfigMap(Event::Apply(map))];
    let verdict = verdict(&lacks_all(), &world(changes));
    assert!(matches!(verdict, Verdict::Wait(Wait::InitContainers(_))));
}

#[test]
fn a_port_is_met_by_number_or_name_and_protocol() {
    let ports = json!([{"name": "web", "containerPort": 8080}, {"name": "dns", "containerPort": 53, "protocol": "UDP"}]);
    let pod = pod(json!({"containers": [{"name": "main", "ports": ports}]}));
    for (port, is_met) in [
        (json!({"port": 80, "targetPort": 8080}), true),
        (json!({"port": 80, "targetPort": "web"}), true),
        (json!({"port": 8080}), true),
        (json!({"port": 53, "protocol": "UDP"}), true),
        (json!({"port": 53}), false),
        (json!({"port": 80}), false),
        (json!({"port": 80, "targetPort": "http"}), false),
    ] {
        let world = world([service("front", port.clone())]);
        assert_eq!(unanswered(&pod, &world).is_none(), is_met, "{port}");
    }
}

#[test]
fn a_probe_may_meet_a_port_of_another_container_by_number_only() {
    let probed = |port: Value| {
        pod(json!({"containers": [
            {"name": "main", "readinessProbe": {"httpGet": {"port": port}}},
            {"name": "proxy", "ports": [{"name": "status", "containerPort": 15021}]},
        ]}))
    };
    assert_eq!(unanswered(&probed(json!(15021)), &world([])), None);
    assert!(unanswered(&probed(json!("status")), &world([])).is_some());
}

#[test]
fn a_service_of_other_pods_does_not_count() {
    let other: Service = object(
        "other",
        json!({"spec": {"selector": {"app.kubernetes.io/instance": "b"}, "ports": [{"port": 1}]}}),
    );
    let headless: Service = object("none", json!({"spec": {"ports": [{"port": 1}]}}));
    let changes = [other, headless].map(|service| Change::Service(Event::Apply(service)));
    let pod = pod(json!({"containers": [{"name": "main"}]}));
    assert_eq!(unanswered(&pod, &world(changes)), None);
}

#[test]
fn a_pod_that_starts_runs_with_its_sidecars_and_is_not_ready() {
    let pod = pod(json!({
        "initContainers": [
            {"name": "setup", "image": "known:1"},
            {"name": "proxy", "image": "known:1", "restartPolicy": "Always"},
        ],
        "containers": [{"name": "main", "startupProbe": {"tcpSocket": {"port": 1}}}],
    }));
    let status = started(&pod, Vec::new(), jiff::Timestamp::UNIX_EPOCH);
    assert_eq!(status["phase"], "Running");
    let inits = &status["initContainerStatuses"];
    assert_eq!(inits[0]["state"]["terminated"]["reason"], "Completed");
    assert!(inits[1]["state"]["running"].is_object());
    let main = &status["containerStatuses"][0];
    assert_eq!(
        (&main["ready"], &main["started"]),
        (&json!(false), &json!(false))
    );
    let not_ready = status["conditions"].as_array().unwrap().iter();
    let not_ready = not_ready.filter(|condition| condition["status"] == "False");
    let kinds: Vec<_> = not_ready.map(|condition| &condition["type"]).collect();
    assert_eq!(kinds, ["ContainersReady", "Ready"]);
    assert!(status["podIP"].as_str().unwrap().starts_with("10."));
}
