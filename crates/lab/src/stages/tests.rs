use std::collections::BTreeSet;

use super::*;
use crate::expectations::{Drill, Startup, Subject};

fn startup(instance: &str, work: Work, seconds: f64) -> Startup {
    Startup {
        subject: Subject::new("ns", instance),
        work,
        seconds,
    }
}

fn strict(expectations: &Expectations, speed: f64) -> Vec<Value> {
    stages(&Script {
        expectations,
        speed,
        kubelet: Kubelet::Strict,
    })
}

fn names(stages: &[Value]) -> BTreeSet<&str> {
    let names = stages
        .iter()
        .map(|stage| stage["metadata"]["name"].as_str());
    names.map(Option::unwrap).collect()
}

fn when<'a>(stages: &'a [Value], name: &str) -> &'a str {
    let stage = stages
        .iter()
        .find(|stage| stage["metadata"]["name"] == name);
    let expression = stage
        .unwrap()
        .pointer("/spec/selector/matchExpressions/0/jq/key");
    expression.and_then(Value::as_str).unwrap()
}

#[test]
fn releases_of_equal_delay_share_a_stage() {
    let expectations = Expectations {
        startups: vec![
            startup("a", Work::Service, 90.0),
            startup("b", Work::Service, 90.0),
            startup("c", Work::Service, 20.0),
            startup("keygen", Work::Job, 30.0),
        ],
        ..Expectations::default()
    };
    let stages = strict(&expectations, 30.0);
    let expected = [
        "node-heartbeat",
        "node-start",
        "pod-delete",
        "pod-done-1.000s",
        "pod-done-others",
        "pod-gates-fail",
        "pod-gates-pass",
        "pod-ready-0.666s",
        "pod-ready-3.000s",
        "pod-ready-others",
    ];
    assert_eq!(names(&stages), expected.into());
    assert!(when(&stages, "pod-ready-3.000s").contains(r#"{"ns/a": true, "ns/b": true}"#));
    let others = when(&stages, "pod-ready-others");
    assert!(others.contains(r#"{"ns/c": true, "ns/a": true, "ns/b": true}[.] == true) | not"#));
}

#[test]
fn what_fails_neither_completes_nor_gets_ready() {
    let expectations = Expectations {
        startups: vec![startup("keygen", Work::Job, 30.0)],
        drills: vec![Drill::JobFails {
            subject: Subject::new("ns", "keygen"),
            exit_code: 3,
            log: Vec::new(),
        }],
        ..Expectations::default()
    };
    let stages = strict(&expectations, 1.0);
    let names = names(&stages);
    assert!(!names.contains("pod-done-30.000s"), "{names:?}");
    assert!(names.contains("pod-fail-ns.keygen"), "{names:?}");
    for others in ["pod-done-others", "pod-ready-others"] {
        assert!(when(&stages, others).contains(r#"{"ns/keygen": true}[.] == true) | not"#));
    }
}

#[test]
fn nothing_happens_on_a_lost_node() {
    let expectations = Expectations {
        drills: vec![Drill::NodeLost {
            node: "node-2".to_owned(),
        }],
        ..Expectations::default()
    };
    for stage in strict(&expectations, 1.0) {
        let name = stage["metadata"]["name"].as_str().unwrap();
        let expression = stage.pointer("/spec/selector/matchExpressions/0/jq/key");
        let expression = expression.and_then(Value::as_str).unwrap();
        assert!(expression.contains(r#""node-2": true"#), "{name}");
    }
}

#[test]
fn a_careless_kubelet_asks_for_nothing() {
    let expectations = Expectations::default();
    let stages = stages(&Script {
        expectations: &expectations,
        speed: 1.0,
        kubelet: Kubelet::Careless,
    });
    let text = serde_json::to_string(&stages).unwrap();
    assert!(!text.contains(ADMITTED) && !text.contains(ANSWERS));
}
