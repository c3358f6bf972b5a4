//! Reasons as a real control plane gives them.

use mosipctl_kube::{Kubernetes, events_of, gather};
use mosipctl_object::{Kind, Object, Reason, Referent, StatusSubresource, readiness, why};
use serde_json::json;

use crate::support::{apply, cluster, deployment, in_time, namespace, object};

/// The first reason, once there is one that says more than that the pod is on its way.
async fn reason(kube: &dyn Kubernetes, workload: &Object) -> Reason {
    let pods = kube
        .watch(&Kind::core("Pod"), workload.namespace())
        .await
        .unwrap();
    let events = kube
        .watch(&Kind::core("Event"), workload.namespace())
        .await
        .unwrap();
    in_time(async {
        loop {
            let (pods_before, events_before) = (seen(&pods), seen(&events));
            let evidence = gather(kube, workload).await.unwrap();
            let found = why(workload, &evidence).into_iter().next();
            if let Some(reason) = found.filter(|reason| !reason.to_string().contains("is starting"))
            {
                return reason;
            }
            tokio::select! {
                () = pods.until_any(|store| (seen(store) != pods_before).then_some(())) => {}
                () = events.until_any(|store| (seen(store) != events_before).then_some(())) => {}
            }
        }
    })
    .await
}

fn seen(store: &mosipctl_kube::Store) -> Vec<mosipctl_kube::ResourceVersion> {
    let objects = store.select(None, |_| true);
    objects
        .iter()
        .map(|object| mosipctl_kube::ResourceVersion::of(object))
        .collect()
}

#[tokio::test]
async fn a_missing_service_account_is_named_by_the_controller() {
    let kube = cluster().await;
    let namespace = namespace(&kube).await;
    let pod = json!({"serviceAccountName": "absent"});
    let workload = apply(&kube, &deployment(&namespace, "a", 1, pod)).await;
    let reason = reason(&kube, &workload).await;
    let expected = mosipctl_object::Cause::MissingObject {
        referent: Referent::ServiceAccount,
        namespace,
        name: "absent".to_owned(),
    };
    assert_eq!(reason.cause, expected);
}

#[tokio::test]
async fn a_pod_that_fits_nowhere_is_told_in_the_schedulers_words() {
    let kube = cluster().await;
    let namespace = namespace(&kube).await;
    let pod = json!({"containers": [{"name": "main", "image": "i", "resources": {"requests": {"cpu": "9000"}}}]});
    let workload = apply(&kube, &deployment(&namespace, "a", 1, pod)).await;
    let reason = reason(&kube, &workload).await.to_string();
    assert!(
        reason.contains("fits on no node: 0/") && reason.contains("Insufficient cpu"),
        "{reason}"
    );
}

#[tokio::test]
async fn a_claim_without_a_volume_is_named_by_the_pod_that_waits_for_it() {
    let kube = cluster().await;
    let namespace = namespace(&kube).await;
    let claim = json!({"spec": {"accessModes": ["ReadWriteOnce"], "storageClassName": "no-such-class",
        "resources": {"requests": {"storage": "1Gi"}}}});
    apply(
        &kube,
        &object(
            "v1",
            "PersistentVolumeClaim",
            Some(&namespace),
            "data",
            claim,
        ),
    )
    .await;
    let pod = json!({"volumes": [{"name": "d", "persistentVolumeClaim": {"claimName": "data"}}]});
    let workload = apply(&kube, &deployment(&namespace, "a", 1, pod)).await;
    let reason = reason(&kube, &workload).await.to_string();
    assert!(reason.contains("waits for claim `data`"), "{reason}");
}

#[tokio::test]
async fn a_quota_that_is_used_up_is_told() {
    let kube = cluster().await;
    let namespace = namespace(&kube).await;
    let quota = json!({"spec": {"hard": {"pods": "0"}}});
    let quota = apply(
        &kube,
        &object("v1", "ResourceQuota", Some(&namespace), "none", quota),
    )
    .await;
    let quotas = kube.watch(&quota.kind(), Some(&namespace)).await.unwrap();
    let enforced =
        |object: Option<&Object>| object?.value().pointer("/status/hard/pods").map(|_| ());
    in_time(quotas.until(Some(&namespace), "none", None, enforced)).await;
    let workload = apply(&kube, &deployment(&namespace, "a", 1, json!({}))).await;
    let reason = reason(&kube, &workload).await.to_string();
    assert!(
        reason.contains("cannot be created") && reason.contains("exceeded quota"),
        "{reason}"
    );
}

#[tokio::test]
async fn a_deployment_that_runs_is_ready_and_needs_no_explanation() {
    let kube = cluster().await;
    let namespace = namespace(&kube).await;
    let store = kube
        .watch(&Kind::new("apps", "Deployment"), Some(&namespace))
        .await
        .unwrap();
    let workload = apply(&kube, &deployment(&namespace, "a", 2, json!({}))).await;
    let after = Some(mosipctl_kube::ResourceVersion::of(&workload));
    let ready = |object: Option<&Object>| {
        readiness(object?, StatusSubresource::Present)
            .is_ready()
            .then_some(())
    };
    in_time(store.until(Some(&namespace), "a", after, ready)).await;
    let evidence = gather(&kube, &workload).await.unwrap();
    assert_eq!(evidence.pods.len(), 2);
    assert!(why(&workload, &evidence).is_empty());
}

#[tokio::test]
async fn events_of_one_object_are_its_own() {
    let kube = cluster().await;
    let namespace = namespace(&kube).await;
    for name in ["a", "b"] {
        apply(&kube, &deployment(&namespace, name, 1, json!({}))).await;
    }
    let key = deployment(&namespace, "a", 1, json!({})).key();
    let events = kube
        .watch(&Kind::core("Event"), Some(&namespace))
        .await
        .unwrap();
    let scaled = |object: &Object| object.value()["involvedObject"]["name"] == "a";
    in_time(events.until_any(|store| store.select(Some(&namespace), scaled).pop())).await;
    let workload = kube.get(&key).await.unwrap().unwrap();
    let own = events_of(&kube, &workload).await.unwrap();
    assert!(!own.is_empty());
    assert!(
        own.iter()
            .all(|event| event.value()["involvedObject"]["uid"] == workload.uid().unwrap())
    );
}
