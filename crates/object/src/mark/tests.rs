use proptest::prelude::*;
use serde_json::json;

use super::*;

fn metadata() -> Value {
    json!({
        "uid": "u1", "resourceVersion": "7", "generation": 1,
        "labels": {"app": "a"}, "annotations": {"note": "n", "deployment.kubernetes.io/revision": "1"},
        "managedFields": [
            {"manager": "helm", "operation": "Apply", "apiVersion": "apps/v1", "time": "2026-01-01T00:00:00Z",
             "fieldsV1": {"f:metadata": {"f:labels": {"f:app": {}}, "f:annotations": {"f:note": {}}}, "f:spec": {"f:replicas": {}}}},
            {"manager": "kcm", "operation": "Update", "apiVersion": "apps/v1", "time": "2026-01-01T00:00:05Z", "subresource": "status",
             "fieldsV1": {"f:metadata": {"f:annotations": {"f:deployment.kubernetes.io/revision": {}}}, "f:status": {}}},
        ],
    })
}

fn mark(metadata: &Value) -> Mark {
    Mark::of(metadata, StatusSubresource::Present).unwrap()
}

#[test]
fn every_class_of_change_but_status_moves_the_mark() {
    let changes: [(&str, Value); 9] = [
        ("/labels/app", json!("b")),
        ("/annotations/note", json!("m")),
        ("/finalizers", json!(["x"])),
        ("/ownerReferences", json!([{"uid": "o"}])),
        ("/deletionTimestamp", json!("2026-01-01T00:00:00Z")),
        ("/uid", json!("u2")),
        // the same writer changed a value among the same fields
        ("/managedFields/0/time", json!("2026-01-01T00:01:00Z")),
        // somebody took a field over
        ("/managedFields/0/fieldsV1/f:spec", json!({})),
        ("/managedFields/0/manager", json!("kubectl")),
    ];
    let before = mark(&metadata());
    for (pointer, value) in changes {
        let mut after = metadata();
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        let parent = after.pointer_mut(parent).unwrap();
        parent[name] = value;
        assert_ne!(mark(&after), before, "{pointer}");
    }
}

#[test]
fn status_writes_do_not_move_it() {
    let before = mark(&metadata());
    let mut after = metadata();
    after["resourceVersion"] = json!("99");
    after["managedFields"][1]["time"] = json!("2026-02-02T00:00:00Z");
    after["managedFields"][1]["fieldsV1"]["f:status"] = json!({"f:replicas": {}});
    after["annotations"]["deployment.kubernetes.io/revision"] = json!("2");
    assert_eq!(mark(&after), before);
}

#[test]
fn an_annotation_of_a_status_writer_counts_once_somebody_else_owns_it_too() {
    let mut owned = metadata();
    owned["managedFields"][0]["fieldsV1"]["f:metadata"]["f:annotations"]["f:deployment.kubernetes.io/revision"] =
        json!({});
    let mut changed = owned.clone();
    changed["annotations"]["deployment.kubernetes.io/revision"] = json!("2");
    assert_ne!(mark(&owned), mark(&changed));
}

#[test]
fn kinds_without_status_and_wiped_fields_are_marked_by_resource_version() {
    let absent = Mark::of(&metadata(), StatusSubresource::Absent).unwrap();
    assert_eq!(absent.to_string(), "u1/rv:7");
    let mut wiped = metadata();
    wiped["managedFields"] = json!([]);
    assert_eq!(mark(&wiped).to_string(), "u1/rv:7");
}

#[test]
fn the_last_write_is_that_of_the_youngest_writer_of_anything_but_status() {
    assert_eq!(last_write(&metadata()), Some("2026-01-01T00:00:00Z"));
}

#[test]
fn metadata_that_came_from_no_server_has_no_mark() {
    assert_eq!(
        Mark::of(&json!({"name": "a"}), StatusSubresource::Present),
        None
    );
}

proptest! {
    #[test]
    fn the_order_of_keys_and_entries_does_not_matter(swap in any::<bool>(), time in 0..60u8) {
        let mut a = metadata();
        let other = json!({"manager": "m", "operation": "Update", "time": format!("2026-01-01T00:00:{time:02}Z")});
        a["managedFields"].as_array_mut().unwrap().push(other);
        let mut b: Value = serde_json::from_str(&crate::canonical(&a)).unwrap();
        if swap {
            b["managedFields"].as_array_mut().unwrap().reverse();
        }
        prop_assert_eq!(mark(&a), mark(&b));
    }

    #[test]
    fn the_text_form_survives_a_round_trip(label in "[a-z]{1,8}") {
        let mut metadata = metadata();
        metadata["labels"]["app"] = json!(label);
        let mark = mark(&metadata);
        prop_assert_eq!(mark.to_string().parse::<Mark>().unwrap(), mark);
    }
}
