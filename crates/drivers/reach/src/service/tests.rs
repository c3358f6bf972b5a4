use mosipctl_kube::{Apply, FakeCluster, Fault, Manager};
use serde_json::json;

use super::*;

fn object(value: Value) -> Object {
    Object::try_from(value).unwrap()
}

async fn put(kube: &FakeCluster, value: Value) {
    let apply = Apply::new(Manager::Mosipctl);
    kube.apply(&object(value), &apply).await.unwrap();
}

fn service(target: Value) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Service", "metadata": {"namespace": "postgres", "name": "db"},
        "spec": {
            "selector": {"app": "db"},
            "ports": [{"name": "tcp-postgresql", "port": 5432, "targetPort": target}],
        },
    })
}

fn pod(name: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"namespace": "postgres", "name": name, "labels": {"app": "db"}},
        "spec": {"containers": [
            {"name": "metrics", "image": "m", "ports": [{"name": "metrics", "containerPort": 9187}]},
            {"name": "main", "image": "i", "ports": [{"name": "tcp", "containerPort": 15432}]},
        ]},
    })
}

fn set_ready(kube: &FakeCluster, name: &str, ready: &str) {
    let key = ObjectKey::namespaced(Kind::core("Pod"), "postgres", name);
    let status = json!({"conditions": [{"type": "Ready", "status": ready}]});
    kube.set_status(&key, &status).unwrap();
}

async fn resolve(kube: &FakeCluster, port: impl Into<ServicePort>) -> Result<PodPort, ReachError> {
    let service = Service {
        namespace: "postgres".to_owned(),
        name: "db".to_owned(),
        port: port.into(),
    };
    service.resolve(kube).await
}

/// Nothing comes to life by itself in it, so a pod is as ready as the test says.
async fn cluster(target: Value) -> FakeCluster {
    let kube = FakeCluster::new();
    let namespace =
        json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "postgres"}});
    put(&kube, namespace).await;
    put(&kube, service(target)).await;
    kube
}

#[tokio::test]
async fn a_port_is_found_by_number_or_name_behind_a_number_or_name() {
    for target in [json!(15432), json!("tcp")] {
        let kube = cluster(target).await;
        put(&kube, pod("db-0")).await;
        set_ready(&kube, "db-0", "True");
        let expected = PodPort {
            pod: "db-0".to_owned(),
            port: 15432,
        };
        assert_eq!(resolve(&kube, 5432).await.unwrap(), expected);
        assert_eq!(resolve(&kube, "tcp-postgresql").await.unwrap(), expected);
    }
}

#[tokio::test]
async fn only_a_ready_pod_is_chosen() {
    let kube = cluster(json!(15432)).await;
    let error = resolve(&kube, 5432).await.unwrap_err();
    assert!(error.is_transient());
    assert_eq!(
        error.to_string(),
        "connect to postgres/db:5432: no pod is behind the Service"
    );
    put(&kube, pod("db-0")).await;
    set_ready(&kube, "db-0", "False");
    let error = resolve(&kube, 5432).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "connect to postgres/db:5432: pod `db-0` is not ready"
    );
    put(&kube, pod("db-1")).await;
    set_ready(&kube, "db-1", "True");
    assert_eq!(resolve(&kube, 5432).await.unwrap().pod, "db-1");
}

#[tokio::test]
async fn what_is_wrong_with_the_service_is_said() {
    let kube = cluster(json!("https")).await;
    put(&kube, pod("db-0")).await;
    set_ready(&kube, "db-0", "True");
    let error = resolve(&kube, 80).await.unwrap_err();
    assert!(!error.is_transient());
    assert_eq!(
        error.to_string(),
        "connect to postgres/db:80: the Service has no such port"
    );
    let error = resolve(&kube, 5432).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "connect to postgres/db:5432: it leads to port \"https\" of pod `db-0`, which has none"
    );
    kube.vanish(&ObjectKey::namespaced(
        Kind::core("Service"),
        "postgres",
        "db",
    ));
    let error = resolve(&kube, 5432).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "connect to postgres/db:5432: there is no such Service"
    );
}

#[tokio::test]
async fn trouble_of_the_cluster_is_passed_on() {
    let kube = cluster(json!(15432)).await;
    kube.fail_next(None, 1, Fault::Unreachable);
    let error = resolve(&kube, 5432).await.unwrap_err();
    assert!(matches!(error, ReachError::Cluster { .. }), "{error}");
    assert!(error.is_transient());
}
