use serde_json::{Value, json};

use super::*;

fn read<T: serde::de::DeserializeOwned>(value: Value) -> T {
    serde_json::from_value(value).unwrap()
}

fn node(name: &str, ready: &str) -> ApiNode {
    read(json!({
        "metadata": {"name": name, "labels": {"topology.kubernetes.io/zone": "a", "disk": "fast"}},
        "spec": {"unschedulable": true, "taints": [
            {"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"},
            {"key": "dedicated", "value": "db", "effect": "NoSchedule"},
        ]},
        "status": {
            "allocatable": {"cpu": "4", "memory": "8Gi", "pods": "110"},
            "conditions": [{"type": "Ready", "status": ready}],
        },
    }))
}

fn pod(name: &str, node: &str, owner: (&str, &str)) -> Pod {
    read(json!({
        "metadata": {
            "name": name,
            "namespace": "theirs",
            "labels": {"app": "it"},
            "ownerReferences": [{"apiVersion": "v1", "kind": owner.0, "name": owner.1, "uid": owner.1, "controller": true}],
        },
        "spec": {
            "nodeName": node,
            "nodeSelector": {"disk": "fast"},
            "containers": [{"name": "c", "resources": {"requests": {"cpu": "500m", "memory": "1Gi"}}}],
        },
    }))
}

#[test]
fn a_node_keeps_what_the_scheduler_looks_at_less_what_daemons_take() {
    let daemon = pod("proxy-x", "n1", ("DaemonSet", "proxy"));
    let seen = Likeness::of(&[node("n1", "True")], &[daemon], vec![], |_| false);
    let copy = &seen.nodes[0];
    assert_eq!((copy.cpu.as_str(), copy.pods), ("3500m", 109));
    assert_eq!(copy.memory, (7_u64 << 30).to_string());
    assert_eq!(copy.labels["disk"], "fast");
    assert!(copy.is_cordoned);
    let taints: Vec<&str> = copy.taints.iter().map(|taint| taint.key.as_str()).collect();
    assert_eq!(taints, ["dedicated"]);
    assert!(seen.neighbours.is_empty());
}

#[test]
fn pods_of_one_controller_are_one_neighbour() {
    let set = ("ReplicaSet", "web-5f");
    let pods = [pod("web-5f-a", "n1", set), pod("web-5f-b", "n2", set)];
    let own = pod("own", "n1", ("ReplicaSet", "own"));
    let all = [pods[0].clone(), own, pods[1].clone()];
    let seen = Likeness::of(&[], &all, vec![], |pod| pod.name_any() == "own");
    let [neighbour] = seen.neighbours.as_slice() else {
        panic!("{:?}", seen.neighbours)
    };
    assert_eq!((neighbour.name.as_str(), neighbour.replicas), ("web-5f", 2));
    assert_eq!(neighbour.requests.milli_cpu, 500);
}

#[test]
fn a_node_that_is_not_ready_is_left_out_and_that_is_said() {
    let seen = Likeness::of(&[node("n1", "Unknown")], &[], vec![], |_| false);
    assert!(seen.nodes.is_empty());
    assert_eq!(seen.notes, ["node n1 is not ready there and left out"]);
}
