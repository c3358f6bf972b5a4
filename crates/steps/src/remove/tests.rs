use mosipctl_kube::{Created, FakeCluster, Fault, Verb};
use mosipctl_object::{Mark, StatusSubresource};
use mosipctl_plan::Inventory;
use mosipctl_plan::inventory::OwnedObject;
use serde_json::json;

use super::*;

/// A cluster with the objects of release `default/web`, and the inventory that knows them.
async fn world() -> (FakeCluster, Arc<dyn Kubernetes>, Ledger) {
    let cluster = FakeCluster::new();
    let mut inventory = Inventory::default();
    for name in ["a", "b", "c"] {
        let object = json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name, "namespace": "default"}});
        let created = cluster.create(&Object::try_from(object).unwrap()).await;
        let Ok(Created::New(object)) = created else {
            panic!("{created:?}");
        };
        let mark = Mark::of(&object.value()["metadata"], StatusSubresource::Absent).unwrap();
        let owned = OwnedObject {
            wanted: String::new(),
            mark,
            young: false,
            release: Some(web()),
            found: false,
        };
        inventory.objects.insert(object.key(), owned);
    }
    let kube: Arc<dyn Kubernetes> = Arc::new(cluster.clone());
    let (ledger, _writer) = Ledger::start(kube.clone(), "e", inventory);
    (cluster, kube, ledger)
}

fn web() -> ReleaseName {
    ReleaseName::new("default", "web")
}

fn left(cluster: &FakeCluster) -> usize {
    let objects = cluster.objects();
    let accounts = objects
        .iter()
        .filter(|object| object.kind().kind == "ServiceAccount");
    accounts.count()
}

#[tokio::test]
async fn one_object_that_may_not_go_keeps_no_other_from_going() {
    for verb in [Verb::Get, Verb::Delete] {
        let (cluster, kube, ledger) = world().await;
        cluster.fail_next(Some(verb), 1, Fault::Forbidden);
        let (objects, asked) = release(&kube, &ledger, &web(), "web").await;
        assert!(asked.unwrap_err().of_cluster().unwrap().is_forbidden());
        assert_eq!((objects.len(), left(&cluster)), (3, 1), "{verb}");
    }
}

#[tokio::test]
async fn jobs_that_may_not_be_looked_for_keep_nothing_else_from_going() {
    let (cluster, kube, ledger) = world().await;
    cluster.fail_next(Some(Verb::List), 1, Fault::Forbidden);
    let (_, asked) = release(&kube, &ledger, &web(), "web").await;
    assert!(asked.unwrap_err().of_cluster().unwrap().is_forbidden());
    assert_eq!(left(&cluster), 0);
}

#[tokio::test]
async fn what_is_deleted_is_gone_and_forgotten() {
    let (cluster, kube, ledger) = world().await;
    let (objects, asked) = release(&kube, &ledger, &web(), "web").await;
    asked.unwrap();
    gone(&kube, &ledger, &objects, &|_| ()).await.unwrap();
    assert_eq!(left(&cluster), 0);
    assert!(ledger.read(|inventory| inventory.objects.is_empty()));
}
