use serde_json::{Value, json};

use super::*;
use crate::finding::Outcome;

fn service(metadata: Value) -> Object {
    let mut value = json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web", "namespace": "app"}});
    for (name, field) in metadata.as_object().unwrap() {
        value["metadata"][name] = field.clone();
    }
    Object::try_from(value).unwrap()
}

fn judged(objects: Vec<Object>) -> Vec<Finding> {
    let home = |object: &Object| match object.kind().kind.as_str() {
        "Service" => Some(ReleaseName::new("app", "web")),
        _ => None,
    };
    let wanted = objects.iter().map(|object| (object.key(), home(object)));
    let wanted = wanted.collect();
    let present = Present {
        objects,
        unseen: Vec::new(),
    };
    judge("blue", &wanted, &present, &Inventory::default())
}

#[test]
fn what_carries_our_label_is_ours() {
    let findings = judged(vec![service(
        json!({"labels": {"mosipctl.io/environment": "blue"}}),
    )]);
    assert_eq!(findings[0].outcome, Outcome::Passed);
}

#[test]
fn what_somebody_made_under_a_name_that_is_wanted_fails_by_its_name() {
    let by_hand = json!({"managedFields": [{"manager": "kubectl-create"}]});
    let findings = judged(vec![service(by_hand)]);
    assert_eq!(findings[0].outcome, Outcome::Failed);
    assert_eq!(findings[0].what, "Service `app/web`");
    assert!(findings[0].detail.contains("`kubectl-create`"));
}

#[test]
fn what_another_environment_or_release_owns_is_told_with_its_owner() {
    let label = json!({"labels": {"mosipctl.io/environment": "green"}});
    let findings = judged(vec![service(label)]);
    assert!(findings[0].detail.contains("environment `green`"));
    let notes = |name| json!({"annotations": {"meta.helm.sh/release-name": name, "meta.helm.sh/release-namespace": "app"}});
    let findings = judged(vec![service(notes("other"))]);
    assert_eq!(findings[0].outcome, Outcome::Failed);
    assert!(findings[0].detail.contains("release `app/other`"));
    let findings = judged(vec![service(notes("web"))]);
    assert_eq!(findings[0].outcome, Outcome::Warning);
    assert!(findings[0].remedy.as_ref().unwrap().contains("adopts"));
}

#[test]
fn a_namespace_of_others_is_used_unless_it_is_being_deleted() {
    let namespace = |metadata: Value| {
        let value = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata});
        Object::try_from(value).unwrap()
    };
    let findings = judged(vec![namespace(json!({"name": "app"}))]);
    assert_eq!(findings[0].outcome, Outcome::Warning);
    let going = json!({"name": "app", "deletionTimestamp": "2026-01-01T00:00:00Z"});
    let findings = judged(vec![namespace(going)]);
    assert_eq!(findings[0].outcome, Outcome::Failed);
}

#[test]
fn what_may_not_be_listed_is_skipped_with_the_reason() {
    let present = Present {
        objects: Vec::new(),
        unseen: vec![(Kind::core("Secret"), "list Secret: forbidden".to_owned())],
    };
    let findings = judge("blue", &BTreeMap::new(), &present, &Inventory::default());
    assert_eq!(findings[0].outcome, Outcome::Skipped);
}
