use super::*;
use crate::finding::Outcome;

fn class(name: &str, provisioner: &str, is_default: bool) -> Class {
    Class {
        name: name.to_owned(),
        provisioner: provisioner.to_owned(),
        parameters: BTreeMap::new(),
        is_default,
    }
}

fn claim(class: Option<&str>, shared: bool) -> Claim {
    Claim {
        name: "app/data".to_owned(),
        class: class.map(str::to_owned),
        shared,
    }
}

fn found(check: Check, claims: &[Claim], classes: &[Class]) -> Finding {
    let findings = judge(claims, classes);
    let mut found = findings.into_iter().filter(|finding| finding.id == check);
    found.next().unwrap()
}

#[test]
fn claims_without_a_class_need_a_default_one() {
    let disks = class("disks", "ebs.csi.aws.com", false);
    let finding = found(
        Check::DefaultStorage,
        &[claim(None, false)],
        std::slice::from_ref(&disks),
    );
    assert_eq!(finding.outcome, Outcome::Failed);
    assert!(finding.remedy.unwrap().contains("disks"));
    let marked = [Class {
        is_default: true,
        ..disks
    }];
    let finding = found(Check::DefaultStorage, &[claim(None, false)], &marked);
    assert_eq!(finding.outcome, Outcome::Passed);
    let finding = found(Check::DefaultStorage, &[claim(Some("disks"), false)], &[]);
    assert_eq!(finding.outcome, Outcome::Skipped);
}

#[test]
fn a_class_that_is_named_must_be_there() {
    let finding = found(
        Check::StorageClass,
        &[claim(Some("fast"), false)],
        &[class("slow", "x", true)],
    );
    assert_eq!(finding.outcome, Outcome::Failed);
    assert!(finding.detail.contains("slow"), "{}", finding.detail);
}

#[test]
fn shared_claims_fail_on_a_driver_of_disks_and_pass_on_one_of_files() {
    let outcome = |provisioner| {
        let classes = [class("it", provisioner, true)];
        found(Check::SharedStorage, &[claim(None, true)], &classes).outcome
    };
    assert_eq!(outcome("ebs.csi.aws.com"), Outcome::Failed);
    assert_eq!(outcome("nfs.csi.k8s.io"), Outcome::Passed);
    assert_eq!(outcome("made.up.example.org"), Outcome::Warning);
}

#[test]
fn without_shared_claims_nothing_is_said_to_have_passed() {
    let finding = found(Check::SharedStorage, &[claim(None, false)], &[]);
    assert_eq!(finding.outcome, Outcome::Skipped);
}

#[test]
fn claims_of_stateful_sets_count() {
    let set = serde_json::json!({
        "apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": "db", "namespace": "app"},
        "spec": {"volumeClaimTemplates": [{"metadata": {"name": "data"}, "spec": {"accessModes": ["ReadWriteMany"], "storageClassName": "files"}}]},
    });
    let claims = of_object(&Object::try_from(set).unwrap());
    assert_eq!(claims[0].name, "app/data-db");
    assert_eq!(claims[0].class.as_deref(), Some("files"));
    assert!(claims[0].shared);
}

#[test]
fn a_class_that_the_plan_brings_counts_unless_it_is_there() {
    let rendered = serde_json::json!({
        "apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": {"name": "files"}, "provisioner": "nfs.csi.k8s.io",
    });
    let objects = [Object::try_from(rendered).unwrap()];
    let names = |there: &[Class]| -> Vec<String> {
        let brought = classes_of(objects.iter(), there);
        brought.into_iter().map(|class| class.name).collect()
    };
    assert_eq!(names(&[]), ["files"]);
    let there = class("files", "nfs.csi.k8s.io", false);
    assert!(names(&[there]).is_empty());
}
