use super::*;
use crate::seen::{Controller, SeenBudget, SeenNode};

fn amount(cores: u64, gibibytes: u64) -> Amount {
    Amount {
        milli_cpu: cores * 1000,
        memory: gibibytes << 30,
    }
}

fn pod(name: &str, node: &str, requests: Amount) -> SeenPod {
    SeenPod {
        namespace: "n".to_owned(),
        name: name.to_owned(),
        owner: "set".to_owned(),
        node: node.to_owned(),
        requests,
        is_ready: !node.is_empty(),
        unschedulable: node
            .is_empty()
            .then(|| "0/1 nodes are available: 1 Insufficient memory.".to_owned()),
        ..SeenPod::default()
    }
}

fn seen(pods: Vec<SeenPod>) -> Seen {
    Seen {
        nodes: vec![SeenNode {
            name: "node-1".to_owned(),
            zone: String::new(),
            allocatable: amount(4, 16),
        }],
        controllers: vec![Controller {
            uid: "set".to_owned(),
            replicas: i32::try_from(pods.len()).unwrap(),
            one_by_one: false,
        }],
        pods,
        budgets: Vec::new(),
    }
}

#[test]
fn a_cluster_is_settled_when_every_pod_is_placed_or_refused() {
    let placed = seen(vec![pod("a", "node-1", amount(1, 1))]);
    assert!(is_settled(&placed) && !is_stuck(&placed));
    let refused = seen(vec![
        pod("a", "node-1", amount(1, 1)),
        pod("b", "", amount(1, 20)),
    ]);
    assert!(is_settled(&refused) && is_stuck(&refused));
    let mut waiting = refused.clone();
    waiting.pods[1].unschedulable = None;
    assert!(!is_settled(&waiting), "the scheduler has not looked at it");
    let mut leaving = placed.clone();
    leaving.pods[0].is_leaving = true;
    assert!(!is_settled(&leaving));
    let mut missing = placed;
    missing.controllers[0].replicas = 2;
    assert!(!is_settled(&missing), "its second pod is not made yet");
    missing.controllers[0].one_by_one = true;
    missing.pods[0].is_ready = false;
    assert!(is_settled(&missing), "its second pod waits for the first");
}

#[test]
fn a_pod_that_starts_keeps_a_cluster_from_being_stuck() {
    let mut seen = seen(vec![
        pod("a", "node-1", amount(1, 1)),
        pod("b", "", amount(1, 20)),
    ]);
    seen.pods[0].is_ready = false;
    assert!(!is_stuck(&seen));
}

#[test]
fn the_remedy_is_as_many_nodes_as_hold_what_is_left_over() {
    let left = |pods: Vec<SeenPod>| {
        let seen = seen(pods);
        remedy(&seen, &unplaced(&seen))
    };
    assert_eq!(left(vec![pod("a", "node-1", amount(1, 1))]), None);
    let three = ["a", "b", "c"].map(|name| pod(name, "", amount(1, 8)));
    assert_eq!(
        left(three.to_vec()).unwrap(),
        "2 more nodes of 4.0 cores and 16.0 GiB"
    );
    let large = left(vec![pod("a", "", amount(1, 20))]).unwrap();
    assert_eq!(
        large,
        "nodes must be larger: n/a asks for 1.0 cores and 20.0 GiB, and a node has 4.0 cores and 16.0 GiB"
    );
    let mut other = pod("a", "", amount(1, 1));
    other.unschedulable = Some("pod has unbound immediate PersistentVolumeClaims.".to_owned());
    assert!(
        left(vec![other])
            .unwrap()
            .starts_with("more nodes do not help")
    );
}

#[test]
fn a_budget_without_pods_blocks_nothing() {
    let budget = |name: &str, allowed, pods| SeenBudget {
        name: name.to_owned(),
        allowed,
        pods,
    };
    let seen = Seen {
        budgets: vec![
            budget("n/a", 0, 1),
            budget("n/b", 1, 2),
            budget("n/c", 0, 0),
        ],
        ..Seen::default()
    };
    assert_eq!(blocked(&seen), ["n/a"]);
}

#[test]
fn nodes_are_counted_in_the_order_of_their_numbers() {
    let mut seen = seen(vec![
        pod("a", "node-1", amount(1, 2)),
        pod("b", "node-1", amount(2, 3)),
    ]);
    for name in ["node-10", "node-2"] {
        seen.nodes.push(SeenNode {
            name: name.to_owned(),
            ..SeenNode::default()
        });
    }
    let used = use_of_nodes(&seen);
    let names: Vec<&str> = used.iter().map(|node| node.name.as_str()).collect();
    assert_eq!(names, ["node-1", "node-2", "node-10"]);
    assert_eq!((used[0].requested, used[0].pods), (amount(3, 5), 2));
}

#[test]
fn the_most_that_was_asked_of_a_node_is_kept() {
    let mut peaks = Peaks::default();
    let small = seen(vec![pod("a", "node-1", amount(1, 2))]);
    let large = seen(vec![
        pod("a", "node-1", amount(1, 2)),
        pod("b", "node-1", amount(2, 1)),
    ]);
    peaks.look(&large);
    peaks.look(&small);
    let mut nodes = use_of_nodes(&small);
    peaks.note(&mut nodes);
    assert_eq!(nodes[0].requested, amount(1, 2));
    assert_eq!(nodes[0].peak, amount(3, 3));
}
