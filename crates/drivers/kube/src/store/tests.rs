use std::time::Duration;

use serde_json::json;

use super::*;

fn object(name: &str, version: &str) -> Object {
    let metadata = json!({"name": name, "namespace": "n", "resourceVersion": version});
    Object::try_from(json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata}))
        .unwrap()
}

fn store() -> Store {
    Store::new(Kind::core("ConfigMap"))
}

#[tokio::test]
async fn a_gate_is_woken_by_the_object_it_waits_for() {
    let store = store();
    let waiting = tokio::spawn({
        let store = store.clone();
        async move {
            store
                .until(Some("n"), "a", None, |object| {
                    object.map(ResourceVersion::of)
                })
                .await
        }
    });
    store.put(&None, object("b", "4"));
    store.put(&None, object("a", "5"));
    assert_eq!(waiting.await.unwrap(), ResourceVersion(5));
}

#[tokio::test]
async fn what_is_older_than_our_own_write_is_not_shown() {
    let store = store();
    store.put(&None, object("a", "5"));
    let after = Some(ResourceVersion(7));
    let seen = store.until(Some("n"), "a", after, |object| {
        object.map(ResourceVersion::of)
    });
    let too_early = tokio::time::timeout(Duration::from_millis(20), seen).await;
    assert!(
        too_early.is_err(),
        "an object of before the write was shown"
    );
    store.put(&None, object("a", "7"));
    let seen = store
        .until(Some("n"), "a", after, |object| {
            object.map(ResourceVersion::of)
        })
        .await;
    assert_eq!(seen, ResourceVersion(7));
}

#[tokio::test]
async fn an_object_that_is_gone_is_told_once_the_watch_has_come_that_far() {
    let store = store();
    store.put(&None, object("a", "5"));
    store.remove(&None, &object("a", "9"));
    let gone = store.until(Some("n"), "a", Some(ResourceVersion(9)), |object| {
        object.is_none().then_some(())
    });
    gone.await;
    assert!(store.is_empty());
}

#[test]
fn a_fresh_list_of_one_namespace_leaves_the_others() {
    let store = store();
    store.put(&None, object("a", "1"));
    let mut other = object("b", "2");
    other.set_namespace("m");
    store.put(&None, other);
    store.replace(
        &Some("n".to_owned()),
        vec![object("c", "3")],
        ResourceVersion(3),
    );
    let names: Vec<String> = store
        .select(None, |_| true)
        .iter()
        .map(|object| object.name().to_owned())
        .collect();
    assert_eq!(names, ["b", "c"]);
    assert_eq!(store.select(Some("n"), |_| true).len(), 1);
}

#[test]
fn being_behind_is_told_from_its_first_moment() {
    let store = store();
    let behind = |second, problem: &str| Freshness::Behind {
        since: Timestamp::from_second(second).unwrap(),
        problem: problem.to_owned(),
    };
    store.set_freshness(behind(1, "refused"));
    store.set_freshness(behind(2, "timed out"));
    assert_eq!(*store.freshness().borrow(), behind(1, "timed out"));
    store.set_freshness(Freshness::Fresh);
    assert_eq!(*store.freshness().borrow(), Freshness::Fresh);
}

#[test]
fn nobody_left_waiting_means_nothing_left_over() {
    let store = store();
    drop(store.subscribe(&key(Some("n"), "a")));
    drop(store.subscribe(&key(Some("n"), "b")));
    assert_eq!(store.of_object().len(), 1);
}

#[tokio::test]
async fn a_watch_of_one_namespace_says_nothing_of_another() {
    let store = store();
    store.put(&Some("n".to_owned()), object("a", "5"));
    store.reached(&Some("m".to_owned()), ResourceVersion(99));
    let seen = store.until(Some("n"), "a", Some(ResourceVersion(7)), |_| Some(()));
    assert!(
        tokio::time::timeout(Duration::from_millis(20), seen)
            .await
            .is_err()
    );
}
