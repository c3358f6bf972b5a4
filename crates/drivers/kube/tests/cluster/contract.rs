//! What the fake and a real API server have in common. Each test runs on both.

use mosipctl_kube::{
    Applied, Apply, Created, Delete, Deleted, Kubernetes, Manager, Patch, Propagation, Selection,
    Verb,
};
use mosipctl_object::{Kind, Mark, Object, ObjectKey, StatusSubresource};
use serde_json::json;

use crate::somebody::World;
use crate::support::{apply, at, config_map, config_map_key, deployment, in_time, object};

/// Runs a test on both worlds.
macro_rules! on_both {
    ($($name:ident)*) => {$(
        mod $name {
            #[tokio::test]
            async fn fake() {
                super::cases::$name(super::World::fake().await).await;
            }
            #[tokio::test]
            async fn real() {
                super::cases::$name(super::World::real().await).await;
            }
        }
    )*};
}

on_both! {
    applying_the_same_again_changes_nothing
    a_field_that_is_no_longer_applied_goes_away
    fields_of_others_are_named_and_left_alone
    equal_values_are_shared_without_conflict
    a_dry_run_shows_the_result_and_writes_nothing
    an_object_that_exists_is_not_created_again
    only_the_object_with_that_uid_is_deleted
    an_object_with_a_finalizer_goes_when_it_is_done
    a_patch_of_an_old_version_is_a_conflict
    a_json_patch_can_move_owners
    lists_take_selectors
    metadata_lists_tell_owners_and_no_content
    what_is_not_there_is_missing
    a_definition_is_known_as_soon_as_it_is_applied
    a_watch_shows_what_happens_and_asks_only_once
    marks_move_with_spec_and_stay_with_status
    the_cluster_and_ourselves_have_names
}

fn changed_at(object: &Object) -> String {
    at(object, "/metadata/resourceVersion")
        .as_str()
        .unwrap()
        .to_owned()
}

async fn read(kube: &dyn Kubernetes, key: &ObjectKey) -> Object {
    kube.get(key).await.unwrap().unwrap()
}

mod cases {
    use super::*;

    pub(super) async fn applying_the_same_again_changes_nothing(world: World) {
        let map = config_map(&world.namespace, "a", json!({"x": "1"}));
        let first = apply(&*world.kube, &map).await;
        let second = apply(&*world.kube, &map).await;
        assert_eq!(changed_at(&first), changed_at(&second));
        let read = read(&*world.kube, &map.key()).await;
        assert_eq!(at(&read, "/data"), &json!({"x": "1"}));
    }

    pub(super) async fn a_field_that_is_no_longer_applied_goes_away(world: World) {
        apply(
            &*world.kube,
            &config_map(&world.namespace, "a", json!({"x": "1", "y": "2"})),
        )
        .await;
        let after = apply(
            &*world.kube,
            &config_map(&world.namespace, "a", json!({"x": "1"})),
        )
        .await;
        assert_eq!(at(&after, "/data"), &json!({"x": "1"}));
    }

    pub(super) async fn fields_of_others_are_named_and_left_alone(world: World) {
        let key = config_map_key(&world.namespace, "a");
        apply(
            &*world.kube,
            &config_map(&world.namespace, "a", json!({"x": "1"})),
        )
        .await;
        world
            .edit_as("kubectl-edit", &key, json!({"data": {"x": "theirs"}}))
            .await;

        let ours = config_map(&world.namespace, "a", json!({"x": "ours"}));
        let how = Apply::new(Manager::Mosipctl);
        let Applied::Conflicts(conflicts) = world.kube.apply(&ours, &how).await.unwrap() else {
            panic!("no conflict");
        };
        assert_eq!(conflicts.len(), 1);
        assert_eq!(
            (conflicts[0].field.as_str(), conflicts[0].owner.as_str()),
            (".data.x", "kubectl-edit")
        );
        assert_eq!(at(&read(&*world.kube, &key).await, "/data/x"), "theirs");

        let taken = world.kube.apply(&ours, &how.taking_over()).await.unwrap();
        assert!(matches!(taken, Applied::Done(_)));
        assert_eq!(at(&read(&*world.kube, &key).await, "/data/x"), "ours");
        apply(
            &*world.kube,
            &config_map(&world.namespace, "a", json!({"x": "again"})),
        )
        .await;
    }

    pub(super) async fn equal_values_are_shared_without_conflict(world: World) {
        let map = config_map(&world.namespace, "a", json!({"x": "1"}));
        apply(&*world.kube, &map).await;
        let helm = world
            .kube
            .apply(&map, &Apply::new(Manager::Helm))
            .await
            .unwrap();
        assert!(matches!(helm, Applied::Done(_)));
        // one of two owners lets go: the field stays
        let empty = object("v1", "ConfigMap", Some(&world.namespace), "a", json!({}));
        let after = apply(&*world.kube, &empty).await;
        assert_eq!(at(&after, "/data/x"), "1");
    }

    pub(super) async fn a_dry_run_shows_the_result_and_writes_nothing(world: World) {
        let how = Apply::new(Manager::Mosipctl).dry();
        let map = config_map(&world.namespace, "a", json!({"x": "1"}));
        assert!(matches!(
            world.kube.apply(&map, &how).await.unwrap(),
            Applied::Done(_)
        ));
        assert_eq!(world.kube.get(&map.key()).await.unwrap(), None);

        let before = apply(&*world.kube, &map).await;
        let changed = config_map(&world.namespace, "a", json!({"x": "2"}));
        let Applied::Done(shown) = world.kube.apply(&changed, &how).await.unwrap() else {
            panic!("a conflict with ourselves");
        };
        assert_eq!(at(&shown, "/data/x"), "2");
        let after = read(&*world.kube, &map.key()).await;
        assert_eq!(changed_at(&after), changed_at(&before));
    }

    pub(super) async fn an_object_that_exists_is_not_created_again(world: World) {
        let first = config_map(&world.namespace, "a", json!({"x": "1"}));
        assert!(matches!(
            world.kube.create(&first).await.unwrap(),
            Created::New(_)
        ));
        let second = config_map(&world.namespace, "a", json!({"x": "2"}));
        assert_eq!(world.kube.create(&second).await.unwrap(), Created::Exists);
        assert_eq!(at(&read(&*world.kube, &first.key()).await, "/data/x"), "1");
    }

    pub(super) async fn only_the_object_with_that_uid_is_deleted(world: World) {
        let map = apply(&*world.kube, &config_map(&world.namespace, "a", json!({}))).await;
        let delete = |uid: &str| Delete::of(uid);
        let key = map.key();
        let foreign = delete("11111111-1111-1111-1111-111111111111");
        assert_eq!(
            world.kube.delete(&key, &foreign).await.unwrap(),
            Deleted::AnotherObject
        );
        let own = delete(map.uid().unwrap());
        assert_eq!(
            world.kube.delete(&key, &own).await.unwrap(),
            Deleted::Accepted
        );
        assert_eq!(world.kube.delete(&key, &own).await.unwrap(), Deleted::Gone);
        assert_eq!(world.kube.get(&key).await.unwrap(), None);
    }

    pub(super) async fn an_object_with_a_finalizer_goes_when_it_is_done(world: World) {
        let mut map = config_map(&world.namespace, "a", json!({}));
        map.value_mut()["metadata"]["finalizers"] = json!(["example.org/held"]);
        let map = apply(&*world.kube, &map).await;
        let store = world
            .kube
            .watch(&Kind::core("ConfigMap"), Some(&world.namespace))
            .await
            .unwrap();
        let any = Delete {
            uid: None,
            propagation: Propagation::Background,
        };
        assert_eq!(
            world.kube.delete(&map.key(), &any).await.unwrap(),
            Deleted::Accepted
        );
        let held = read(&*world.kube, &map.key()).await;
        assert!(at(&held, "/metadata/deletionTimestamp").is_string());
        world
            .edit_as(
                "holder",
                &map.key(),
                json!({"metadata": {"finalizers": null}}),
            )
            .await;
        in_time(store.until(Some(&world.namespace), "a", None, |object| {
            object.is_none().then_some(())
        }))
        .await;
        assert_eq!(world.kube.get(&map.key()).await.unwrap(), None);
    }

    pub(super) async fn a_patch_of_an_old_version_is_a_conflict(world: World) {
        let old = apply(
            &*world.kube,
            &config_map(&world.namespace, "a", json!({"x": "1"})),
        )
        .await;
        let key = old.key();
        world
            .edit_as("somebody", &key, json!({"data": {"y": "2"}}))
            .await;
        let patch = json!({"metadata": {"resourceVersion": changed_at(&old)}, "data": {"x": "3"}});
        let error = world
            .kube
            .patch(&key, &Patch::Merge(patch), Manager::Mosipctl)
            .await
            .unwrap_err();
        assert!(error.is_conflict(), "{error}");
        let patch = Patch::Merge(json!({"data": {"x": "3"}}));
        let patched = world
            .kube
            .patch(&key, &patch, Manager::Mosipctl)
            .await
            .unwrap();
        assert_eq!(at(&patched, "/data"), &json!({"x": "3", "y": "2"}));
    }

    pub(super) async fn a_json_patch_can_move_owners(world: World) {
        let map = config_map(&world.namespace, "a", json!({"x": "1"}));
        let map = apply(&*world.kube, &map).await;
        let mut entries = at(&map, "/metadata/managedFields").clone();
        entries[0]["manager"] = json!("helm");
        let patch = json!([
            {"op": "replace", "path": "/metadata/managedFields", "value": entries},
            {"op": "replace", "path": "/metadata/resourceVersion", "value": changed_at(&map)},
        ]);
        world
            .kube
            .patch(&map.key(), &Patch::Json(patch), Manager::Helm)
            .await
            .unwrap();
        let changed = config_map(&world.namespace, "a", json!({"x": "2"}));
        let helm = world
            .kube
            .apply(&changed, &Apply::new(Manager::Helm))
            .await
            .unwrap();
        assert!(matches!(helm, Applied::Done(_)));
        let ours = config_map(&world.namespace, "a", json!({"x": "3"}));
        let ours = world
            .kube
            .apply(&ours, &Apply::new(Manager::Mosipctl))
            .await
            .unwrap();
        assert!(matches!(ours, Applied::Conflicts(_)));
    }

    pub(super) async fn lists_take_selectors(world: World) {
        for (name, tier) in [("a", "web"), ("b", "web"), ("c", "data")] {
            let mut map = config_map(&world.namespace, name, json!({"k": name}));
            map.set_label("tier", tier);
            apply(&*world.kube, &map).await;
        }
        let kind = Kind::core("ConfigMap");
        let names = async |selection: Selection| -> Vec<String> {
            let listed = world.kube.list(&kind, &selection).await.unwrap();
            let mut names: Vec<String> = listed
                .iter()
                .map(|object| object.name().to_owned())
                .collect();
            names.sort();
            names
        };
        let here = || Selection::namespace(&world.namespace);
        assert_eq!(names(here().labels("tier=web")).await, ["a", "b"]);
        assert_eq!(names(here().labels("tier in (data)")).await, ["c"]);
        assert_eq!(names(here().fields("metadata.name=b")).await, ["b"]);
        assert!(
            names(Selection::everywhere().labels("tier=web"))
                .await
                .len()
                >= 2
        );
        let listed = world
            .kube
            .list(&kind, &here().labels("tier=data"))
            .await
            .unwrap();
        assert_eq!(listed[0].key(), config_map_key(&world.namespace, "c"));
        assert_eq!(at(&listed[0], "/data/k"), "c");
    }

    pub(super) async fn metadata_lists_tell_owners_and_no_content(world: World) {
        let map = apply(
            &*world.kube,
            &config_map(&world.namespace, "a", json!({"x": "secret"})),
        )
        .await;
        let selection = Selection::namespace(&world.namespace).fields("metadata.name=a");
        let listed = world
            .kube
            .list_metadata(&Kind::core("ConfigMap"), &selection)
            .await
            .unwrap();
        assert_eq!(listed.len(), 1);
        assert_eq!(listed[0].key(), map.key());
        assert_eq!(listed[0].uid(), map.uid());
        assert_eq!(at(&listed[0], "/data"), &json!(null));
        assert_eq!(
            at(&listed[0], "/metadata/managedFields/0/manager"),
            "mosipctl"
        );
        assert_eq!(
            at(&listed[0], "/metadata/managedFields/0/fieldsV1/f:data"),
            at(&map, "/metadata/managedFields/0/fieldsV1/f:data")
        );
    }

    pub(super) async fn what_is_not_there_is_missing(world: World) {
        let nowhere = config_map("no-such-namespace", "a", json!({}));
        let error = world
            .kube
            .apply(&nowhere, &Apply::new(Manager::Mosipctl))
            .await
            .unwrap_err();
        assert!(error.is_missing(), "{error}");
        let kind = Kind::new("example.org", "Nothing");
        let error = world
            .kube
            .list(&kind, &Selection::everywhere())
            .await
            .unwrap_err();
        assert_eq!(
            error.to_string(),
            "list Nothing.example.org: kind `Nothing.example.org` is not served here"
        );
        let old = object(
            "apps/v1beta1",
            "Deployment",
            Some(&world.namespace),
            "a",
            json!({}),
        );
        let error = world
            .kube
            .apply(&old, &Apply::new(Manager::Mosipctl))
            .await
            .unwrap_err();
        assert!(error.is_missing(), "{error}");
        let key = config_map_key(&world.namespace, "absent");
        let error = world
            .kube
            .patch(&key, &Patch::Merge(json!({})), Manager::Mosipctl)
            .await
            .unwrap_err();
        assert!(error.is_missing(), "{error}");
    }

    pub(super) async fn a_definition_is_known_as_soon_as_it_is_applied(world: World) {
        let group = format!("{}.example.org", world.namespace);
        let definition = object(
            "apiextensions.k8s.io/v1",
            "CustomResourceDefinition",
            None,
            &format!("things.{group}"),
            json!({"spec": {
                "group": group, "scope": "Namespaced", "names": {"kind": "Thing", "plural": "things", "singular": "thing"},
                "versions": [{"name": "v1", "served": true, "storage": true, "subresources": {"status": {}},
                    "schema": {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}}}],
            }}),
        );
        world.kube.served().await.unwrap();
        let before = world.kube.requests();
        let applied = apply(&*world.kube, &definition).await;
        let store = world.kube.watch(&definition.kind(), None).await.unwrap();
        let after = Some(mosipctl_kube::ResourceVersion::of(&applied));
        in_time(store.until(None, definition.name(), after, |object| {
            let readiness = mosipctl_object::readiness(object?, StatusSubresource::Present);
            readiness.is_ready().then_some(())
        }))
        .await;
        let kind = Kind::new(&group, "Thing");
        assert_eq!(
            world.kube.served().await.unwrap().status(&kind),
            StatusSubresource::Present
        );
        let thing = object(
            &format!("{group}/v1"),
            "Thing",
            Some(&world.namespace),
            "one",
            json!({"spec": {"a": 1}}),
        );
        apply(&*world.kube, &thing).await;
        assert_eq!(
            world
                .kube
                .list(&kind, &Selection::everywhere())
                .await
                .unwrap()
                .len(),
            1
        );
        assert_eq!(world.kube.requests().since(&before).of(Verb::Discover), 0);
    }

    pub(super) async fn a_watch_shows_what_happens_and_asks_only_once(world: World) {
        let kind = Kind::core("ConfigMap");
        let here = Some(world.namespace.as_str());
        let store = world.kube.watch(&kind, here).await.unwrap();
        let before = world.kube.requests();
        let again = world.kube.watch(&kind, here).await.unwrap();
        assert_eq!(world.kube.requests().since(&before).of(Verb::List), 0);

        let made = apply(
            &*world.kube,
            &config_map(&world.namespace, "a", json!({"x": "1"})),
        )
        .await;
        let after = Some(mosipctl_kube::ResourceVersion::of(&made));
        let seen = in_time(again.until(here, "a", after, |object| object.cloned())).await;
        // keys are kept, values are not
        assert_eq!(at(&seen, "/data"), &json!({"x": null}));

        let waiting = tokio::spawn({
            let (store, namespace) = (store.clone(), world.namespace.clone());
            async move {
                let labelled = |object: Option<&Object>| {
                    Some(object?.labels().contains_key("done")).filter(|&done| done)
                };
                store.until(Some(&namespace), "a", None, labelled).await
            }
        });
        world
            .edit_as(
                "somebody",
                &made.key(),
                json!({"metadata": {"labels": {"done": "yes"}}}),
            )
            .await;
        in_time(waiting).await.unwrap();

        world
            .kube
            .delete(&made.key(), &Delete::of(made.uid().unwrap()))
            .await
            .unwrap();
        in_time(store.until_gone(here, "a", made.uid().unwrap())).await;
        assert!(store.select(here, |object| object.name() == "a").is_empty());
    }

    pub(super) async fn marks_move_with_spec_and_stay_with_status(world: World) {
        let mark = async |key: &ObjectKey| {
            let selection = Selection::namespace(&world.namespace)
                .fields(format!("metadata.name={}", key.name));
            let listed = world
                .kube
                .list_metadata(&key.kind, &selection)
                .await
                .unwrap();
            let status = world.kube.served().await.unwrap().status(&key.kind);
            Mark::of(at(&listed[0], "/metadata"), status).unwrap()
        };
        // zero replicas: nobody but this test writes
        let key = apply(
            &*world.kube,
            &deployment(&world.namespace, "a", 0, json!({})),
        )
        .await
        .key();
        let first = mark(&key).await;
        world
            .set_status(&key, json!({"observedGeneration": 7}))
            .await;
        assert_eq!(mark(&key).await, first);
        world
            .edit_as("kubectl-edit", &key, json!({"spec": {"paused": true}}))
            .await;
        let second = mark(&key).await;
        assert_ne!(second, first);
        assert!(!second.is_another_object(&first));
    }

    pub(super) async fn the_cluster_and_ourselves_have_names(world: World) {
        let server = world.kube.server();
        assert!(server.version.starts_with("v1."), "{server:?}");
        assert_eq!(server.uid.len(), 36);
        assert!(!world.kube.user().await.unwrap().is_empty());
        let rights = world.kube.rights(&world.namespace).await.unwrap();
        assert!(rights.allow("create", "apps", "deployments"));
    }
}
