use serde_json::json;

use super::*;

/// Puts `responder:1` in place of every image but `kept`.
fn stood_in(mut spec: Value, is_job: bool) -> (Value, StoodIn) {
    let mut told = StoodIn::default();
    let responder = |image: &str| (image != "kept").then(|| "responder:1".to_owned());
    stand_in(&mut spec, is_job, &responder, &mut told);
    (spec, told)
}

#[test]
fn ports_and_probes_tell_what_is_answered_and_nothing_else_changes() {
    let container = json!({
        "name": "web", "image": "web:1", "args": ["--production"],
        "env": [{"name": "A", "value": "b"}],
        "volumeMounts": [{"name": "data", "mountPath": "/data"}],
        "securityContext": {"runAsUser": 1001},
        "resources": {"limits": {"memory": "1Gi"}},
        "ports": [
            {"name": "http", "containerPort": 8080},
            {"containerPort": 9090, "protocol": "TCP"},
            {"containerPort": 53, "protocol": "UDP"},
        ],
        "startupProbe": {"httpGet": {"port": "http", "path": "/v1/health"}, "periodSeconds": 5},
        "readinessProbe": {"httpGet": {"port": "8080", "path": "ready"}},
        "livenessProbe": {"tcpSocket": {"port": 7070}},
    });
    let (spec, told) = stood_in(json!({"containers": [container]}), false);
    let mut expected = container.clone();
    expected["image"] = json!("responder:1");
    expected["imagePullPolicy"] = json!("IfNotPresent");
    expected["command"] = json!(["/responder"]);
    expected["args"] = json!(["serve", "7070", "8080=/ready", "8080=/v1/health", "9090"]);
    assert_eq!(spec["containers"][0], expected);
    assert_eq!(told.responder, "responder:1");
    assert_eq!(told.images, BTreeSet::from(["web:1".to_owned()]));
    assert_eq!(told.changes, BTreeSet::new());
}

#[test]
fn a_probe_that_the_responder_cannot_answer_asks_for_less_and_that_is_told() {
    let (spec, told) = stood_in(
        json!({"containers": [{
            "image": "x",
            "ports": [{"name": "https", "containerPort": 8443}],
            "startupProbe": {"exec": {"command": ["pg_isready"]}, "failureThreshold": 30},
            "readinessProbe": {"httpGet": {"scheme": "HTTPS", "port": "https", "path": "/"}},
            "livenessProbe": {"grpc": {"port": 9000, "service": "s"}},
            "lifecycle": {"postStart": {"exec": {"command": ["x"]}}, "preStop": {"sleep": {"seconds": 5}}},
        }]}),
        false,
    );
    let container = &spec["containers"][0];
    let asks =
        json!({"exec": {"command": ["/responder", "ask", "8443", "9000"]}, "failureThreshold": 30});
    assert_eq!(container["startupProbe"], asks);
    let connects = |port: Value| json!({"tcpSocket": {"port": port}});
    assert_eq!(container["readinessProbe"], connects(json!("https")));
    assert_eq!(container["livenessProbe"], connects(json!(9000)));
    assert_eq!(container["args"], json!(["serve", "8443", "9000"]));
    assert_eq!(
        container["lifecycle"],
        json!({"preStop": {"sleep": {"seconds": 5}}})
    );
    let changes: Vec<&str> = told.changes.into_iter().collect();
    let expected = [
        "HTTPS probes only connect",
        "exec probes ask the responder",
        "gRPC probes only connect",
        "lifecycle hooks are left out",
    ];
    assert_eq!(changes, expected);
}

#[test]
fn what_ends_by_itself_ends_well_and_sidecars_serve() {
    let containers = json!({
        "initContainers": [
            {"image": "init"},
            {"image": "sidecar", "restartPolicy": "Always", "ports": [{"containerPort": 1}]},
        ],
        "containers": [{"image": "main", "ports": [{"containerPort": 2}]}],
    });
    let arguments = |spec: &Value| {
        let of = |pointer: &str| spec.pointer(pointer).unwrap()["args"].clone();
        [
            of("/initContainers/0"),
            of("/initContainers/1"),
            of("/containers/0"),
        ]
    };
    let (spec, told) = stood_in(containers.clone(), false);
    let (ends, serves) = (json!(["once"]), |port: &str| json!(["serve", port]));
    assert_eq!(arguments(&spec), [ends.clone(), serves("1"), serves("2")]);
    assert_eq!(told.changes, BTreeSet::from([ENDS_WELL]));
    let (spec, _) = stood_in(containers, true);
    assert_eq!(arguments(&spec), [ends.clone(), serves("1"), ends]);
}

#[test]
fn no_two_containers_of_a_pod_answer_one_port() {
    let container = |image: &str| json!({"image": image, "ports": [{"containerPort": 8080}]});
    let (spec, _) = stood_in(
        json!({"containers": [container("a"), container("b"), {"image": "kept", "command": ["k"]}]}),
        false,
    );
    let containers = spec["containers"].as_array().unwrap();
    assert_eq!(containers[0]["args"], json!(["serve", "8080"]));
    assert_eq!(containers[1]["args"], json!(["serve"]));
    assert_eq!(containers[2], json!({"image": "kept", "command": ["k"]}));
}

#[test]
fn a_second_time_changes_nothing_more() {
    let spec = json!({"containers": [{
        "image": "x",
        "ports": [{"containerPort": 8443}],
        "startupProbe": {"exec": {"command": ["x"]}},
        "readinessProbe": {"httpGet": {"scheme": "HTTPS", "port": 8443}},
        "livenessProbe": {"httpGet": {"port": 80}},
    }]});
    let (once, _) = stood_in(spec, false);
    assert_eq!(stood_in(once.clone(), false).0, once);
}

#[test]
fn the_api_server_is_not_made_to_ask_a_responder() {
    let object = |value| Object::try_from(value).unwrap();
    let mut objects = vec![
        object(
            json!({"apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingWebhookConfiguration", "metadata": {"name": "a"}}),
        ),
        object(
            json!({"apiVersion": "apiregistration.k8s.io/v1", "kind": "APIService", "metadata": {"name": "b"}}),
        ),
        object(json!({
            "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": "c"},
            "spec": {"conversion": {"strategy": "Webhook", "webhook": {}}},
        })),
    ];
    let mut told = StoodIn::default();
    leave_out_webhooks(&mut objects, &mut told);
    assert_eq!(objects.len(), 1);
    let conversion = &objects[0].value()["spec"]["conversion"];
    assert_eq!(*conversion, json!({"strategy": "None"}));
    assert_eq!(told.changes, BTreeSet::from([NO_WEBHOOKS]));
    let mut again = StoodIn::default();
    leave_out_webhooks(&mut objects, &mut again);
    assert_eq!(again, StoodIn::default());
}
