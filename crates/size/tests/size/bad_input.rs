//! What cannot be sized is said with its field. What a file may say at all is tested in the spec.

use mosipctl_size::SizeError;

use crate::{production, sized, with};

/// The message and the field of what is wrong with an environment.
fn wrong(text: &str) -> (String, String) {
    let error = sized(text).unwrap_err();
    assert!(!error.remedy().is_empty());
    (error.to_string(), error.path().join("."))
}

#[test]
fn a_file_without_a_workload_is_told_so() {
    let (message, field) = wrong(&with(""));
    assert_eq!(
        message,
        "`spec.workload` is missing, so there is nothing to size"
    );
    assert_eq!(field, "spec");
}

#[test]
fn a_workload_without_work_is_told_what_it_could_name() {
    for workload in ["{}", "{monthsToKeep: 3}", "{node: {cpu: 12, memory: 64Gi}}"] {
        let (message, field) = wrong(&with(&format!("  workload: {workload}\n")));
        assert_eq!(message, "`spec.workload` names no work");
        assert_eq!(field, "spec.workload");
    }
}

#[test]
fn a_missing_shape_of_nodes_is_named() {
    let text = with("  workload: {registrationsPerDay: 1000}\n");
    let (message, field) = wrong(&text);
    assert!(message.contains("`spec.workload.node`"), "{message}");
    assert_eq!(field, "spec.workload");
}

#[test]
fn the_nodes_of_a_lab_are_a_shape_too() {
    let lab = "  cluster: {kind: lab, nodes: {count: 3, cpu: 16, memory: 64Gi}}\n  workload: {registrationsPerDay: 1000}\n";
    let report = sized(&with(lab)).unwrap();
    assert_eq!(
        (report.nodes.shape.cpu, report.nodes.shape.memory_gib()),
        (16.0, 64.0)
    );
}

#[test]
fn nodes_that_are_smaller_than_a_pod_are_named_with_the_pod() {
    let small = "registrationsPerDay: 1000, node: {cpu: 8, memory: 64Gi}";
    let (message, field) = wrong(&production(small));
    assert_eq!(
        message,
        "`spec.workload.node.cpu` is too small: 6.67 cores for pods, and `postgres` takes 8.1"
    );
    assert_eq!(field, "spec.workload.node.cpu");

    let low = "registrationsPerDay: 1000, node: {cpu: 16, memory: 16Gi}";
    let (message, field) = wrong(&production(low));
    assert!(message.contains("13.3 GiB for pods"), "{message}");
    assert_eq!(field, "spec.workload.node.memory");
}

#[test]
fn what_no_cluster_bears_is_refused_at_once() {
    for work in [
        "registrationsPerDay: 1000000000",
        "authenticationsPerSecond: 1000000000",
    ] {
        let error = sized(&production(work)).unwrap_err();
        assert!(matches!(error, SizeError::TooManyNodes { .. }), "{error}");
        assert!(
            error.to_string().ends_with("a cluster has at most 5,000"),
            "{error}"
        );
    }
}

#[test]
fn a_chart_value_that_is_no_amount_is_named_with_its_component() {
    let values = "  components: {web: {}}\n";
    let bad = values.replace(
        "web: {}",
        "postgres: {values: {resources: {requests: {memory: lots}}}}",
    );
    let work = "  workload: {registrationsPerDay: 1000, node: {cpu: 12, memory: 64Gi}}\n";
    let (message, field) = wrong(&with(&format!("{bad}{work}")));
    assert_eq!(
        message,
        "component `postgres` has `lots` for its memory, which is no amount"
    );
    assert_eq!(field, "spec.components.postgres");
}
