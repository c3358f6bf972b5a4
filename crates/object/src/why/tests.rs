use serde_json::{Value, json};

use super::*;

fn object(value: Value) -> Object {
    Object::try_from(value).unwrap()
}

fn deployment() -> Object {
    object(
        json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "a", "namespace": "n"}}),
    )
}

fn pod(spec: Value, status: Value) -> Object {
    object(
        json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a-1", "namespace": "n", "uid": "u1"}, "spec": spec, "status": status}),
    )
}

fn waiting(reason: &str, message: &str) -> Object {
    let state = json!({"waiting": {"reason": reason, "message": message}});
    pod(
        json!({"containers": [{"name": "main", "image": "img:1"}]}),
        json!({"phase": "Pending", "containerStatuses": [{"name": "main", "image": "img:1", "state": state}]}),
    )
}

fn event(kind: &str, name: &str, reason: &str, message: &str, time: &str) -> Object {
    object(
        json!({"apiVersion": "v1", "kind": "Event", "metadata": {"name": "e", "namespace": "n"},
        "involvedObject": {"kind": kind, "name": name}, "reason": reason, "message": message, "lastTimestamp": time}),
    )
}

fn told(evidence: &Evidence) -> Vec<String> {
    why(&deployment(), evidence)
        .iter()
        .map(Reason::to_string)
        .collect()
}

fn of_pod(pod: Object) -> Evidence {
    Evidence {
        pods: vec![pod],
        ..Evidence::default()
    }
}

#[test]
fn a_missing_key_is_named_with_its_config_map() {
    let pod = waiting(
        "CreateContainerConfigError",
        "couldn't find key mosip-signup-host in ConfigMap n/global",
    );
    let reasons = why(&deployment(), &of_pod(pod));
    let cause = Cause::MissingKey {
        referent: Referent::ConfigMap,
        namespace: "n".to_owned(),
        name: "global".to_owned(),
        key: "mosip-signup-host".to_owned(),
    };
    assert_eq!(reasons[0].cause, cause);
    assert_eq!(
        reasons[0].to_string(),
        "container `main` of pod `a-1` cannot start: key `mosip-signup-host` is not in config map `n/global`"
    );
}

#[test]
fn a_missing_object_is_named() {
    for (message, words) in [
        (
            "configmap \"global\" not found",
            "there is no config map `n/global`",
        ),
        ("secret \"s3\" not found", "there is no secret `n/s3`"),
    ] {
        let told = told(&of_pod(waiting("CreateContainerConfigError", message)));
        assert_eq!(
            told,
            [format!(
                "container `main` of pod `a-1` cannot start: {words}"
            )]
        );
    }
}

#[test]
fn a_failed_mount_names_the_key_behind_the_volume() {
    let spec = json!({"volumes": [{"name": "files", "configMap": {"name": "conf"}}]});
    let mut evidence = of_pod(pod(spec, json!({"phase": "Pending"})));
    let message = "MountVolume.SetUp failed for volume \"files\" : configmap references non-existent config key: a.xml";
    evidence.events.push(event(
        "Pod",
        "a-1",
        "FailedMount",
        message,
        "2026-01-01T00:00:00Z",
    ));
    assert_eq!(
        told(&evidence),
        ["pod `a-1` cannot start: key `a.xml` is not in config map `n/conf`"]
    );

    evidence.events[0] = event(
        "Pod",
        "a-1",
        "FailedMount",
        "MountVolume.SetUp failed for volume \"files\" : configmap \"conf\" not found",
        "",
    );
    assert_eq!(
        told(&evidence),
        ["pod `a-1` cannot start: there is no config map `n/conf`"]
    );
}

#[test]
fn an_image_that_cannot_be_pulled_comes_with_the_words_of_the_registry() {
    let mut evidence = of_pod(waiting(
        "ImagePullBackOff",
        "Back-off pulling image \"img:1\"",
    ));
    let message =
        "Failed to pull image \"img:1\": rpc error: code = NotFound desc = manifest unknown";
    evidence.events.push(event(
        "Pod",
        "a-1",
        "Failed",
        message,
        "2026-01-01T00:00:00Z",
    ));
    assert_eq!(
        told(&evidence),
        [
            "container `main` of pod `a-1` cannot pull image `img:1`: rpc error: code = NotFound desc = manifest unknown"
        ]
    );
}

#[test]
fn a_pending_pod_says_what_the_scheduler_says() {
    let status = json!({"phase": "Pending", "conditions": [{"type": "PodScheduled", "status": "False", "message": "0/3 nodes are available: 3 Insufficient cpu."}]});
    assert_eq!(
        told(&of_pod(pod(json!({}), status))),
        ["pod `a-1` fits on no node: 0/3 nodes are available: 3 Insufficient cpu."]
    );
}

#[test]
fn an_unbound_claim_is_the_reason_of_an_unscheduled_pod() {
    let status = json!({"phase": "Pending", "conditions": [{"type": "PodScheduled", "status": "False", "message": "pod has unbound immediate PersistentVolumeClaims"}]});
    let spec = json!({"volumes": [{"name": "d", "persistentVolumeClaim": {"claimName": "data"}}]});
    let mut evidence = of_pod(pod(spec, status));
    evidence.claims.push(object(json!({"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "data", "namespace": "n"}, "status": {"phase": "Pending"}})));
    evidence.events.push(event(
        "PersistentVolumeClaim",
        "data",
        "ProvisioningFailed",
        "storageclass.storage.k8s.io \"nfs\" not found",
        "",
    ));
    assert_eq!(
        told(&evidence),
        [
            "pod `a-1` waits for claim `data`, which is not bound: storageclass.storage.k8s.io \"nfs\" not found"
        ]
    );
}

#[test]
fn a_claim_whose_driver_does_not_answer_is_told_though_it_waited_for_its_pod() {
    let status = json!({"phase": "Pending"});
    let spec = json!({"volumes": [{"name": "d", "persistentVolumeClaim": {"claimName": "data"}}]});
    let mut evidence = of_pod(pod(spec, status));
    evidence.claims.push(object(json!({"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "data", "namespace": "n"}, "status": {"phase": "Pending"}})));
    let kind = "PersistentVolumeClaim";
    let waits = "waiting for first consumer to be created before binding";
    let asks = "Waiting for a volume to be created either by the external provisioner 'rancher.io/local-path' or manually";
    for (reason, message) in [
        ("WaitForFirstConsumer", waits),
        ("ExternalProvisioning", asks),
    ] {
        evidence
            .events
            .push(event(kind, "data", reason, message, ""));
    }
    let told = told(&evidence);
    assert!(
        told[0].contains("external provisioner 'rancher.io/local-path'"),
        "{told:?}"
    );
}

#[test]
fn a_crash_comes_with_exit_code_restarts_and_last_log_lines() {
    let status = json!({"phase": "Running", "containerStatuses": [{"name": "main", "restartCount": 4, "ready": false,
        "state": {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 40s"}},
        "lastState": {"terminated": {"exitCode": 1, "reason": "Error"}}}]});
    let mut evidence = of_pod(pod(json!({}), status));
    let lines = vec!["connection to `postgres-postgresql:5432` refused".to_owned()];
    evidence
        .logs
        .insert(("a-1".to_owned(), "main".to_owned()), lines.clone());
    let reasons = why(&deployment(), &evidence);
    assert_eq!(
        reasons[0].to_string(),
        "container `main` of pod `a-1` ended with exit code 1, restarted 4 times"
    );
    assert_eq!(reasons[0].log, lines);
}

#[test]
fn memory_and_signals_are_said_in_words() {
    let ended = |terminated: Value| {
        let status = json!({"phase": "Failed", "containerStatuses": [{"name": "main", "state": {"terminated": terminated}}]});
        told(&of_pod(pod(json!({}), status))).remove(0)
    };
    assert_eq!(
        ended(json!({"exitCode": 137, "reason": "OOMKilled"})),
        "container `main` of pod `a-1` ended: it needs more memory than its limit"
    );
    assert_eq!(
        ended(json!({"exitCode": 137, "signal": 9})),
        "container `main` of pod `a-1` ended by signal 9"
    );
}

#[test]
fn a_failing_probe_is_told_with_the_youngest_event() {
    let status = json!({"phase": "Running", "conditions": [{"type": "Ready", "status": "False"}],
        "containerStatuses": [{"name": "main", "ready": false, "state": {"running": {}}}]});
    let mut evidence = of_pod(pod(json!({}), status));
    evidence.events.push(event(
        "Pod",
        "a-1",
        "Unhealthy",
        "Startup probe failed: connection refused",
        "2026-01-01T00:00:00Z",
    ));
    evidence.events.push(event(
        "Pod",
        "a-1",
        "Unhealthy",
        "Readiness probe failed: HTTP probe failed with statuscode: 503",
        "2026-01-01T00:01:00Z",
    ));
    assert_eq!(
        told(&evidence),
        [
            "container `main` of pod `a-1` runs, but its readiness probe fails: HTTP probe failed with statuscode: 503"
        ]
    );
}

#[test]
fn pods_that_cannot_be_made_are_explained_by_their_maker() {
    let quota = Evidence {
        events: vec![event(
            "ReplicaSet",
            "a-5d",
            "FailedCreate",
            "pods \"a-5d-x\" is forbidden: exceeded quota: small",
            "",
        )],
        ..Evidence::default()
    };
    assert_eq!(
        told(&quota),
        ["its pods cannot be created: pods \"a-5d-x\" is forbidden: exceeded quota: small"]
    );
    let account = Evidence {
        events: vec![event(
            "ReplicaSet",
            "a-5d",
            "FailedCreate",
            "pods \"a-5d-\" is forbidden: error looking up service account n/sa: serviceaccount \"sa\" not found",
            "",
        )],
        ..Evidence::default()
    };
    assert_eq!(
        told(&account),
        ["its pods cannot start: there is no service account `n/sa`"]
    );
}

#[test]
fn the_most_telling_reason_stands_first_and_each_once() {
    let mut second = waiting("CreateContainerConfigError", "secret \"s3\" not found");
    second.value_mut()["metadata"]["name"] = json!("a-2");
    let status = json!({"phase": "Pending", "conditions": [{"type": "PodScheduled", "status": "False", "message": "0/3 nodes are available"}]});
    let mut third = pod(json!({}), status);
    third.value_mut()["metadata"]["name"] = json!("a-3");
    let evidence = Evidence {
        pods: vec![
            third,
            waiting("CreateContainerConfigError", "secret \"s3\" not found"),
            second,
        ],
        ..Evidence::default()
    };
    assert_eq!(
        told(&evidence),
        [
            "container `main` of pod `a-1` cannot start: there is no secret `n/s3`",
            "pod `a-3` fits on no node: 0/3 nodes are available",
        ]
    );
}

#[test]
fn a_ready_pod_gives_no_reason_and_a_quiet_one_says_so() {
    let ready = json!({"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]});
    assert!(told(&of_pod(pod(json!({}), ready))).is_empty());
    let quiet = json!({"phase": "Running", "conditions": [{"type": "Ready", "status": "False"}]});
    assert_eq!(
        told(&of_pod(pod(json!({}), quiet))),
        ["pod `a-1` runs, but is not ready yet"]
    );
}
