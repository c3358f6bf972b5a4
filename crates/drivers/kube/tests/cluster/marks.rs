//! For every kind that is applied, a change of any class of field moves the mark; a status write does not.

use mosipctl_kube::{Kubernetes, Selection};
use mosipctl_object::{Mark, Object, ObjectKey, mark};
use serde_json::{Value, json};

use crate::somebody::World;
use crate::support::{apply, at, object};

/// A kind with an object of it, changes of its content, and a status for kinds that have one.
struct Case {
    object: Object,
    changes: Vec<Value>,
    status: Option<Value>,
}

fn cases(namespace: &str) -> Vec<Case> {
    let here = Some(namespace);
    let labels = json!({"app": "a"});
    let pod = json!({"containers": [{"name": "main", "image": "i", "env": [{"name": "A", "value": "1"}],
        "ports": [{"containerPort": 80}], "resources": {"limits": {"memory": "1Gi"}}}], "restartPolicy": "Always"});
    let mut job_pod = pod.clone();
    job_pod["restartPolicy"] = json!("Never");
    let template = |spec: &Value| json!({"metadata": {"labels": labels}, "spec": spec});
    let image =
        json!({"spec": {"template": {"spec": {"containers": [{"name": "main", "image": "j"}]}}}});
    let group = "rbac.authorization.k8s.io";
    let rbac = "rbac.authorization.k8s.io/v1";
    let subject =
        |name: &str| json!({"kind": "ServiceAccount", "name": name, "namespace": namespace});
    let rule = |verb: &str| json!({"apiGroups": [""], "resources": ["pods"], "verbs": [verb]});
    let case = |object, changes: Value, status: Option<Value>| Case {
        object,
        changes: changes.as_array().unwrap().clone(),
        status,
    };
    vec![
        case(
            object(
                "v1",
                "Namespace",
                None,
                &format!("{namespace}-more"),
                json!({}),
            ),
            json!([]),
            None,
        ),
        case(
            object("v1", "ConfigMap", here, "a", json!({"data": {"k": "v"}})),
            json!([{"data": {"k": "w"}}, {"data": {"l": "v"}}, {"data": {"k": null}}, {"binaryData": {"b": "AA=="}}, {"immutable": false}]),
            None,
        ),
        case(
            object("v1", "Secret", here, "a", json!({"data": {"k": "AA=="}})),
            json!([{"data": {"k": "AAA="}}, {"data": {"l": "AA=="}}]),
            None,
        ),
        case(
            object("v1", "ServiceAccount", here, "a", json!({})),
            json!([{"imagePullSecrets": [{"name": "p"}]}, {"automountServiceAccountToken": false}]),
            None,
        ),
        case(
            object(rbac, "Role", here, "a", json!({"rules": [rule("get")]})),
            json!([{"rules": [rule("list")]}]),
            None,
        ),
        case(
            object(
                rbac,
                "RoleBinding",
                here,
                "a",
                json!({"roleRef": {"apiGroup": group, "kind": "Role", "name": "a"}, "subjects": [subject("a")]}),
            ),
            json!([{"subjects": [subject("b")]}]),
            None,
        ),
        case(
            object(
                "v1",
                "PersistentVolumeClaim",
                here,
                "a",
                json!({"spec": {"accessModes": ["ReadWriteOnce"], "storageClassName": "none",
                "resources": {"requests": {"storage": "1Gi"}}}}),
            ),
            json!([]),
            Some(
                json!({"phase": "Pending", "conditions": [{"type": "Resizing", "status": "True"}]}),
            ),
        ),
        case(
            object(
                "v1",
                "Service",
                here,
                "a",
                json!({"spec": {"selector": labels, "ports": [{"name": "http", "port": 80}]}}),
            ),
            json!([{"spec": {"selector": {"app": "b"}}}, {"spec": {"ports": [{"name": "http", "port": 81}]}}, {"spec": {"type": "NodePort"}}]),
            Some(
                json!({"conditions": [{"type": "X", "status": "True", "reason": "R", "message": "", "lastTransitionTime": "2026-01-01T00:00:00Z"}]}),
            ),
        ),
        case(
            object(
                "apps/v1",
                "Deployment",
                here,
                "a",
                json!({"spec": {"replicas": 0, "selector": {"matchLabels": labels}, "template": template(&pod)}}),
            ),
            json!([{"spec": {"paused": true}}, {"spec": {"replicas": 0, "minReadySeconds": 3}}, image,
                {"spec": {"strategy": {"type": "Recreate", "rollingUpdate": null}}}, {"spec": {"template": {"metadata": {"annotations": {"x": "y"}}}}}]),
            Some(json!({"observedGeneration": 99})),
        ),
        case(
            object(
                "apps/v1",
                "StatefulSet",
                here,
                "a",
                json!({"spec": {"replicas": 0, "serviceName": "a", "selector": {"matchLabels": labels}, "template": template(&pod)}}),
            ),
            json!([image, {"spec": {"updateStrategy": {"type": "OnDelete", "rollingUpdate": null}}}]),
            Some(json!({"replicas": 0, "observedGeneration": 99})),
        ),
        case(
            object(
                "batch/v1",
                "Job",
                here,
                "a",
                json!({"spec": {"suspend": true, "template": template(&job_pod)}}),
            ),
            json!([{"spec": {"backoffLimit": 2}}, {"spec": {"ttlSecondsAfterFinished": 100}}]),
            None,
        ),
        case(
            object(
                "policy/v1",
                "PodDisruptionBudget",
                here,
                "a",
                json!({"spec": {"minAvailable": 1, "selector": {"matchLabels": {"no": "pod"}}}}),
            ),
            json!([{"spec": {"minAvailable": 2}}]),
            Some(
                json!({"observedGeneration": 99, "currentHealthy": 0, "desiredHealthy": 0, "disruptionsAllowed": 0, "expectedPods": 0}),
            ),
        ),
        case(
            object(
                "networking.k8s.io/v1",
                "NetworkPolicy",
                here,
                "a",
                json!({"spec": {"podSelector": {}, "policyTypes": ["Ingress"]}}),
            ),
            json!([{"spec": {"policyTypes": ["Ingress", "Egress"]}}]),
            None,
        ),
        case(
            definition(namespace),
            json!([{"spec": {"names": {"shortNames": ["th"]}}}]),
            None,
        ),
    ]
}

fn definition(namespace: &str) -> Object {
    let schema = json!({"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}});
    let group = format!("{namespace}.example.org");
    object(
        "apiextensions.k8s.io/v1",
        "CustomResourceDefinition",
        None,
        &format!("things.{group}"),
        json!({"spec": {
            "group": group, "scope": "Namespaced", "names": {"kind": "Thing", "plural": "things", "singular": "thing"},
            "versions": [{"name": "v1", "served": true, "storage": true, "subresources": {"status": {}}, "schema": schema}],
        }}),
    )
}

async fn marked(kube: &dyn Kubernetes, key: &ObjectKey) -> (Mark, String) {
    let selection = Selection {
        namespace: key.namespace.clone(),
        ..Selection::default()
    };
    let selection = selection.fields(format!("metadata.name={}", key.name));
    let listed = kube.list_metadata(&key.kind, &selection).await.unwrap();
    let metadata = at(&listed[0], "/metadata");
    let status = kube.served().await.unwrap().status(&key.kind);
    let written = mark::last_write(metadata).unwrap_or_default().to_owned();
    (Mark::of(metadata, status).unwrap(), written)
}

/// Waits until the API server's clock shows another second than that of the last write: marks promise no more than that.
async fn let_a_second_pass(kube: &dyn Kubernetes, written: &str) {
    let second = || kube.now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    while second().as_str() <= written {
        // reading something is what moves our idea of the server's clock
        kube.user().await.unwrap();
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
}

/// By whom the changes are made: the one who applied it, and somebody else.
const WRITERS: [&str; 2] = ["mosipctl", "kubectl-edit"];

async fn check(world: &World, case: &Case) {
    let kube = &*world.kube;
    let key = case.object.key();
    let of_everything = [
        json!({"metadata": {"labels": {"x": "1"}}}),
        json!({"metadata": {"labels": {"x": "2"}}}),
        json!({"metadata": {"annotations": {"x": "1"}}}),
        json!({"metadata": {"annotations": {"x": null}}}),
        json!({"metadata": {"finalizers": ["example.org/x"]}}),
        json!({"metadata": {"finalizers": null}}),
    ];
    let (mut last, mut written) = marked(kube, &key).await;
    for (index, change) in of_everything.iter().chain(&case.changes).enumerate() {
        let_a_second_pass(kube, &written).await;
        world
            .edit_as(WRITERS[index % 2], &key, change.clone())
            .await;
        let (mark, when) = marked(kube, &key).await;
        assert_ne!(mark, last, "{key}: {change}");
        (last, written) = (mark, when);
    }
    if let Some(status) = &case.status {
        let version = async || {
            at(
                &kube.get(&key).await.unwrap().unwrap(),
                "/metadata/resourceVersion",
            )
            .clone()
        };
        let before = version().await;
        world.set_status(&key, status.clone()).await;
        assert_ne!(version().await, before, "{key}: the status was not written");
        assert_eq!(marked(kube, &key).await.0, last, "{key}: {status}");
    }
}

#[tokio::test]
async fn every_change_of_every_kind_is_noticed_and_no_status_is() {
    let world = World::real().await;
    let kube = &*world.kube;
    let mut all = cases(&world.namespace);
    for case in &all {
        apply(kube, &case.object).await;
    }
    let definition = definition(&world.namespace);
    let store = kube.watch(&definition.kind(), None).await.unwrap();
    let established = |object: Option<&Object>| {
        mosipctl_object::readiness(object?, mosipctl_object::StatusSubresource::Present)
            .is_ready()
            .then_some(())
    };
    crate::support::in_time(store.until(None, definition.name(), None, established)).await;
    let api = format!("{}.example.org/v1", world.namespace);
    let thing = object(
        &api,
        "Thing",
        Some(&world.namespace),
        "a",
        json!({"spec": {"a": 1, "list": [1]}}),
    );
    apply(kube, &thing).await;
    all.push(Case {
        object: thing,
        changes: vec![
            json!({"spec": {"a": 2}}),
            json!({"spec": {"list": [1, 2]}}),
            json!({"more": {"b": 1}}),
        ],
        status: Some(json!({"phase": "Fine"})),
    });
    // each kind waits for the clock by itself, so all at once
    futures::future::join_all(all.iter().map(|case| check(&world, case))).await;
}
