use serde_json::{Value, json};

use super::*;

fn object(api: &str, kind: &str, rest: Value) -> Object {
    let mut value = json!({"apiVersion": api, "kind": kind, "metadata": {"name": "a", "namespace": "b", "generation": 2}});
    for (name, part) in rest.as_object().unwrap() {
        value[name] = part.clone();
    }
    Object::try_from(value).unwrap()
}

fn said(api: &str, kind: &str, rest: Value) -> String {
    readiness(&object(api, kind, rest), StatusSubresource::Present).to_string()
}

fn condition(kind: &str, status: &str, message: &str) -> Value {
    json!({"type": kind, "status": status, "reason": "Because", "message": message})
}

#[test]
fn a_deployment_is_ready_when_all_pods_of_the_last_change_are_available_and_no_old_one_is_left() {
    let with = |spec: Value, status: Value| {
        said(
            "apps/v1",
            "Deployment",
            json!({"spec": spec, "status": status}),
        )
    };
    let two = json!({"replicas": 2});
    assert_eq!(
        with(two.clone(), json!({})),
        "waiting: its controller has not looked at it yet"
    );
    assert_eq!(
        with(
            two.clone(),
            json!({"observedGeneration": 1, "replicas": 2, "updatedReplicas": 2, "readyReplicas": 2, "availableReplicas": 2})
        ),
        "waiting: its controller has not seen the last change yet"
    );
    assert_eq!(
        with(two.clone(), json!({"observedGeneration": 2})),
        "waiting: 0 of 2 pods exist"
    );
    assert_eq!(
        with(
            two.clone(),
            json!({"observedGeneration": 2, "replicas": 2, "updatedReplicas": 1})
        ),
        "waiting: 1 of 2 pods have the last change"
    );
    assert_eq!(
        with(
            two.clone(),
            json!({"observedGeneration": 2, "replicas": 3, "updatedReplicas": 2, "readyReplicas": 3, "availableReplicas": 3})
        ),
        "waiting: 1 old pod is ending"
    );
    assert_eq!(
        with(
            two.clone(),
            json!({"observedGeneration": 2, "replicas": 2, "updatedReplicas": 2, "readyReplicas": 1, "availableReplicas": 0})
        ),
        "waiting: 1 of 2 pods are ready"
    );
    assert_eq!(
        with(
            json!({}),
            json!({"observedGeneration": 2, "replicas": 1, "updatedReplicas": 1, "readyReplicas": 1})
        ),
        "waiting: 0 of 1 pod is available"
    );
    assert_eq!(
        with(
            two.clone(),
            json!({"observedGeneration": 2, "replicas": 2, "updatedReplicas": 2, "readyReplicas": 2, "availableReplicas": 2})
        ),
        "ready"
    );
    assert_eq!(
        with(json!({"replicas": 0}), json!({"observedGeneration": 2})),
        "ready"
    );
    assert_eq!(
        with(
            two,
            json!({"observedGeneration": 2, "conditions": [condition("ReplicaFailure", "True", "exceeded quota")]})
        ),
        "waiting: its pods cannot be created: exceeded quota"
    );
    assert_eq!(
        with(json!({"paused": true}), json!({"observedGeneration": 2})),
        "waiting: 0 of 1 pod exists, and the roll-out is paused"
    );
}

#[test]
fn a_missed_progress_deadline_is_no_failure() {
    let status = json!({"observedGeneration": 2, "replicas": 1, "updatedReplicas": 1,
        "conditions": [{"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded"}]});
    assert_eq!(
        said(
            "apps/v1",
            "Deployment",
            json!({"spec": {}, "status": status})
        ),
        "waiting: 0 of 1 pod is ready"
    );
}

#[test]
fn a_stateful_set_honours_partitions_and_on_delete() {
    let with = |spec: Value, status: Value| {
        said(
            "apps/v1",
            "StatefulSet",
            json!({"spec": spec, "status": status}),
        )
    };
    let rolling = json!({"observedGeneration": 2, "replicas": 3, "readyReplicas": 3, "availableReplicas": 3,
        "updatedReplicas": 1, "currentRevision": "a", "updateRevision": "b"});
    assert_eq!(
        with(json!({"replicas": 3}), rolling.clone()),
        "waiting: 1 of 3 pods have the last change"
    );
    let partition = json!({"replicas": 3, "updateStrategy": {"rollingUpdate": {"partition": 2}}});
    assert_eq!(with(partition, rolling.clone()), "ready");
    assert_eq!(
        with(
            json!({"replicas": 3, "updateStrategy": {"type": "OnDelete"}}),
            rolling.clone()
        ),
        "ready"
    );
    let mut done = rolling;
    done["updateRevision"] = json!("a");
    assert_eq!(with(json!({"replicas": 3}), done.clone()), "ready");
    assert_eq!(
        with(json!({"replicas": 2}), done),
        "waiting: 1 pod too many is ending"
    );
}

#[test]
fn a_daemon_set_counts_the_nodes_it_is_for() {
    let with = |status: Value| {
        said(
            "apps/v1",
            "DaemonSet",
            json!({"spec": {}, "status": status}),
        )
    };
    assert_eq!(
        with(json!({"observedGeneration": 2})),
        "waiting: its controller has not looked at it yet"
    );
    assert_eq!(
        with(json!({"observedGeneration": 2, "desiredNumberScheduled": 0})),
        "ready"
    );
    assert_eq!(
        with(
            json!({"observedGeneration": 2, "desiredNumberScheduled": 3, "currentNumberScheduled": 3, "updatedNumberScheduled": 2})
        ),
        "waiting: 2 of 3 pods have the last change"
    );
    assert_eq!(
        with(
            json!({"observedGeneration": 2, "desiredNumberScheduled": 3, "currentNumberScheduled": 3, "updatedNumberScheduled": 3, "numberReady": 3, "numberAvailable": 3})
        ),
        "ready"
    );
}

#[test]
fn a_job_must_complete() {
    let with = |status: Value| {
        said(
            "batch/v1",
            "Job",
            json!({"spec": {"completions": 2}, "status": status}),
        )
    };
    assert_eq!(with(json!({})), "waiting: job has not started, 0 of 2 done");
    assert_eq!(
        with(json!({"active": 1, "succeeded": 1, "failed": 1})),
        "waiting: job is running, 1 of 2 done, 1 pod has failed"
    );
    assert_eq!(
        with(json!({"succeeded": 2, "conditions": [condition("Complete", "True", "")]})),
        "ready"
    );
    assert_eq!(
        with(
            json!({"failed": 3, "conditions": [condition("Failed", "True", "Job has reached the specified backoff limit")]})
        ),
        "failed: job failed: Job has reached the specified backoff limit"
    );
    assert_eq!(
        said("batch/v1", "Job", json!({"spec": {"suspend": true}})),
        "waiting: job is suspended"
    );
}

#[test]
fn a_pod_that_runs_is_not_a_pod_that_is_ready() {
    let with = |status: Value| said("v1", "Pod", json!({"status": status}));
    assert_eq!(with(json!({})), "waiting: waits for the scheduler");
    assert_eq!(
        with(
            json!({"phase": "Pending", "conditions": [condition("PodScheduled", "False", "0/3 nodes are available")]})
        ),
        "waiting: cannot be scheduled: 0/3 nodes are available"
    );
    assert_eq!(
        with(
            json!({"phase": "Running", "conditions": [condition("Ready", "False", "containers with unready status: [main]")]})
        ),
        "waiting: is not Ready: containers with unready status: [main]"
    );
    assert_eq!(
        with(json!({"phase": "Running", "conditions": [condition("Ready", "True", "")]})),
        "ready"
    );
    assert_eq!(with(json!({"phase": "Succeeded"})), "ready");
    assert_eq!(
        with(json!({"phase": "Failed", "reason": "Evicted"})),
        "failed: pod failed: Evicted"
    );
}

#[test]
fn a_claim_waits_for_a_volume_unless_its_first_pod_brings_it() {
    let claim = |phase: &str| {
        object(
            "v1",
            "PersistentVolumeClaim",
            json!({"status": {"phase": phase}}),
        )
    };
    let waiting = Readiness::Waiting("is not bound to a volume yet".to_owned());
    assert_eq!(
        claim_readiness(&claim("Pending"), ClaimBinding::Immediate),
        waiting
    );
    assert_eq!(
        claim_readiness(&claim("Pending"), ClaimBinding::FirstConsumer),
        Readiness::Ready
    );
    assert_eq!(
        claim_readiness(&claim("Bound"), ClaimBinding::Immediate),
        Readiness::Ready
    );
    let lost = Readiness::Failed("has lost its volume".to_owned());
    assert_eq!(
        claim_readiness(&claim("Lost"), ClaimBinding::FirstConsumer),
        lost
    );
}

#[test]
fn a_load_balancer_needs_an_address() {
    let spec = json!({"type": "LoadBalancer"});
    assert_eq!(
        said(
            "v1",
            "Service",
            json!({"spec": spec, "status": {"loadBalancer": {}}})
        ),
        "waiting: has no load balancer address yet"
    );
    assert_eq!(
        said(
            "v1",
            "Service",
            json!({"spec": spec, "status": {"loadBalancer": {"ingress": [{"ip": "10.0.0.1"}]}}})
        ),
        "ready"
    );
    assert_eq!(
        said("v1", "Service", json!({"spec": {"type": "ClusterIP"}})),
        "ready"
    );
}

#[test]
fn small_kinds_have_rules_of_their_own() {
    let established = json!({"status": {"conditions": [condition("NamesAccepted", "True", ""), condition("Established", "True", "")]}});
    let taken =
        json!({"status": {"conditions": [condition("NamesAccepted", "False", "plural is taken")]}});
    let group = "apiextensions.k8s.io/v1";
    assert_eq!(
        said(group, "CustomResourceDefinition", established),
        "ready"
    );
    assert_eq!(
        said(group, "CustomResourceDefinition", taken),
        "failed: its names are taken: plural is taken"
    );
    assert_eq!(
        said(group, "CustomResourceDefinition", json!({})),
        "waiting: has no condition Established yet"
    );
    assert_eq!(
        said("v1", "Namespace", json!({"status": {"phase": "Active"}})),
        "ready"
    );
    assert_eq!(
        said(
            "apiregistration.k8s.io/v1",
            "APIService",
            json!({"status": {"conditions": [condition("Available", "False", "no endpoints")]}})
        ),
        "waiting: is not Available: no endpoints"
    );
    let autoscaler = |conditions: Value| {
        said(
            "autoscaling/v2",
            "HorizontalPodAutoscaler",
            json!({"status": {"conditions": conditions}}),
        )
    };
    assert_eq!(
        autoscaler(json!([condition("ScalingActive", "False", "no metrics")])),
        "waiting: cannot scale: no metrics"
    );
    assert_eq!(
        autoscaler(json!([
            condition("ScalingActive", "True", ""),
            condition("AbleToScale", "True", "")
        ])),
        "ready"
    );
    let budget = |status: Value| {
        said(
            "policy/v1",
            "PodDisruptionBudget",
            json!({"status": status}),
        )
    };
    assert_eq!(
        budget(json!({})),
        "waiting: its controller has not looked at it yet"
    );
    assert_eq!(
        budget(json!({"observedGeneration": 2, "currentHealthy": 0, "desiredHealthy": 1})),
        "waiting: 0 of 1 pods are healthy"
    );
    assert_eq!(
        budget(json!({"observedGeneration": 2, "currentHealthy": 1, "desiredHealthy": 1})),
        "ready"
    );
}

#[test]
fn only_kinds_with_nothing_to_say_are_ready_when_silent() {
    for (api, kind) in [
        ("v1", "ConfigMap"),
        ("v1", "Secret"),
        ("v1", "ServiceAccount"),
        ("rbac.authorization.k8s.io/v1", "Role"),
        ("networking.k8s.io/v1", "NetworkPolicy"),
        ("networking.istio.io/v1", "VirtualService"),
        ("networking.istio.io/v1", "Gateway"),
        ("monitoring.coreos.com/v1", "ServiceMonitor"),
    ] {
        assert_eq!(said(api, kind, json!({})), "ready", "{kind}");
    }
    let silent = object("cert-manager.io/v1", "Certificate", json!({}));
    let waiting = Readiness::Waiting("has no status yet".to_owned());
    assert_eq!(readiness(&silent, StatusSubresource::Present), waiting);
    assert_eq!(
        readiness(&silent, StatusSubresource::Absent),
        Readiness::Ready
    );
}

#[test]
fn unknown_kinds_are_taken_at_their_word() {
    let with = |conditions: Value| {
        said(
            "cert-manager.io/v1",
            "Certificate",
            json!({"status": {"conditions": conditions}}),
        )
    };
    assert_eq!(
        with(json!([condition("Ready", "False", "issuer not found")])),
        "waiting: is not Ready: issuer not found"
    );
    assert_eq!(
        with(json!([
            condition("Ready", "True", ""),
            condition("Reconciling", "True", "renewing")
        ])),
        "waiting: is being reconciled: renewing"
    );
    assert_eq!(
        with(json!([condition("Stalled", "True", "bad spec")])),
        "failed: is stalled: bad spec"
    );
    assert_eq!(with(json!([condition("Available", "True", "")])), "ready");
    assert_eq!(with(json!([condition("Other", "False", "")])), "ready");
    assert_eq!(
        said(
            "cert-manager.io/v1",
            "Certificate",
            json!({"status": {"observedGeneration": 1, "conditions": [condition("Ready", "True", "")]}})
        ),
        "waiting: its controller has not seen the last change yet"
    );
}

#[test]
fn an_object_that_is_being_deleted_is_not_ready() {
    let metadata = json!({"name": "a", "deletionTimestamp": "2026-01-01T00:00:00Z", "finalizers": ["kubernetes.io/pvc-protection"]});
    assert_eq!(
        said("v1", "ConfigMap", json!({"metadata": metadata})),
        "waiting: is being deleted, waiting for kubernetes.io/pvc-protection"
    );
}
