//! Releases of the real helm, taken over as they are.

use mosipctl_helm::{Adopted, Releases, Rendering, Status, adopt};
use mosipctl_object::{Kind, Object, ObjectKey};
use serde_json::{Value, json};

use crate::charts;
use crate::support::{OWNER, World};

async fn generations(world: &World, adopted: &Adopted) -> Vec<(ObjectKey, Value)> {
    let mut found = Vec::new();
    for object in &adopted.objects {
        let live = world.kube.get(&object.key()).await.unwrap().unwrap();
        let content = json!([
            live.value()["metadata"]["generation"],
            live.value()["spec"],
            live.value()["data"]
        ]);
        found.push((object.key(), content));
    }
    found
}

/// Takes the release over, applies what its chart renders, and proves that nothing moved.
async fn nothing_moves(world: &World, chart: &std::path::Path) -> Adopted {
    world.ready(None).await;
    let pods = world.pods().await;
    assert_eq!(pods.len(), 2);
    let adopted = adopt(&world.kube, &world.release, World::labels())
        .await
        .unwrap();
    assert!(adopted.absent.is_empty());
    let before = generations(world, &adopted).await;

    let rendering = Rendering::parse(&world.rendered(chart, &json!({})).await);
    for object in world.objects(&rendering.manifest) {
        world.apply(&object).await;
    }
    assert_eq!(generations(world, &adopted).await, before);
    assert_eq!(world.pods().await, pods);

    let again = adopt(&world.kube, &world.release, World::labels())
        .await
        .unwrap();
    assert_eq!(again.migrated, 0, "taking over twice is taking over once");
    assert_eq!(again.release, adopted.release);
    adopted
}

/// The real helm goes on with it, and what we change meets no owner but us.
async fn everybody_can_go_on(world: &World, chart: &std::path::Path) {
    let rendering = Rendering::parse(&world.rendered(chart, &json!({"replicas": 3})).await);
    for object in world.objects(&rendering.manifest) {
        world.apply(&object).await;
    }
    assert_eq!(replicas(world).await, 3);
    world
        .cli(&[
            "upgrade",
            "demo",
            chart.to_str().unwrap(),
            "--set",
            "replicas=1",
            "--wait",
        ])
        .await;
    assert_eq!(replicas(world).await, 1);
    let history = Releases::of(world.kube.clone())
        .history(&world.release)
        .await
        .unwrap();
    let last = history.last().unwrap();
    assert_eq!((last.revision, last.info.status), (2, Status::Deployed));
    assert_eq!(last.labels[OWNER.0], OWNER.1, "ownership goes along");
    assert_eq!(serde_json::to_value(last.apply_method).unwrap(), "ssa");
}

async fn replicas(world: &World) -> u64 {
    let kind = Kind::new("apps", "Deployment");
    let key = ObjectKey::namespaced(kind, world.namespace(), "demo");
    let deployment: Object = world.kube.get(&key).await.unwrap().unwrap();
    deployment.value()["spec"]["replicas"].as_u64().unwrap()
}

#[tokio::test]
async fn a_server_side_release_is_taken_over_with_the_same_pods() {
    let world = World::new().await;
    let chart = charts::plain();
    world
        .cli(&["install", "demo", chart.path().to_str().unwrap()])
        .await;
    let adopted = nothing_moves(&world, chart.path()).await;
    assert_eq!(adopted.migrated, 0);
    everybody_can_go_on(&world, chart.path()).await;
}

#[tokio::test]
async fn a_client_side_release_is_taken_over_with_the_same_pods() {
    let world = World::new().await;
    let chart = charts::plain();
    let path = chart.path().to_str().unwrap();
    world
        .cli(&["install", "demo", path, "--server-side=false"])
        .await;
    let adopted = nothing_moves(&world, chart.path()).await;
    assert_eq!(adopted.migrated, 5, "each object was owned by updates");
    everybody_can_go_on(&world, chart.path()).await;
}

#[tokio::test]
async fn a_release_with_hooks_is_taken_over_and_keeps_them() {
    let world = World::new().await;
    let chart = charts::with_hooks();
    let path = chart.path().to_str().unwrap();
    world
        .cli(&["install", "demo", path, "--server-side=false"])
        .await;
    let adopted = nothing_moves(&world, chart.path()).await;
    assert_eq!(adopted.release.hooks.len(), 2);
    everybody_can_go_on(&world, chart.path()).await;
}

#[tokio::test]
async fn without_adoption_a_client_side_release_would_be_in_the_way() {
    let world = World::new().await;
    let chart = charts::plain();
    world
        .cli(&[
            "install",
            "demo",
            chart.path().to_str().unwrap(),
            "--server-side=false",
        ])
        .await;
    world.ready(None).await;
    let rendering = Rendering::parse(&world.rendered(chart.path(), &json!({"replicas": 3})).await);
    let objects = world.objects(&rendering.manifest);
    let deployment = objects
        .iter()
        .find(|object| object.kind().kind == "Deployment")
        .unwrap();
    let how = mosipctl_kube::Apply::new(mosipctl_kube::Manager::Helm);
    let applied = world.kube.apply(deployment, &how).await.unwrap();
    let mosipctl_kube::Applied::Conflicts(conflicts) = applied else {
        panic!("no conflict");
    };
    assert_eq!(conflicts[0].pointer(), "/spec/replicas");
    assert_eq!(conflicts[0].owner, "helm");
}

#[tokio::test]
async fn a_release_that_is_not_there_cannot_be_taken_over() {
    let world = World::new().await;
    let error = adopt(&world.kube, &world.release, World::labels())
        .await
        .unwrap_err();
    assert!(
        error.to_string().ends_with("there is no such release"),
        "{error}"
    );
}
