//! Environments that are tried before anybody buys a node.

use std::fs;

use serde_json::Value;

use crate::support::Story;

/// Five pods that take most of a node each, on so many nodes.
fn five_on(nodes: u32) -> Story {
    let spec = format!(
        "  cluster: {{kind: lab, nodes: {{count: {nodes}, cpu: 2, memory: 1Gi}}}}\n  components:\n    lab-web: {{replicas: 5, resources: {{requests: {{memory: 700Mi}}, limits: {{memory: 700Mi}}}}}}\n"
    );
    let story = Story::small_in_lab(&spec);
    let text = fs::read_to_string(story.file()).unwrap();
    fs::write(story.file(), text.replace("lab-web", "web")).unwrap();
    story
}

fn report(story: &Story, drill: &str, code: i32) -> Value {
    let arguments = ["rehearse", "--drill", drill, "--json"];
    let said = story.run(&arguments).ended_with(&[code]);
    serde_json::from_str(&said.out).unwrap()
}

#[tokio::test]
async fn what_lacks_a_node_is_told_how_many_and_fits_with_them() {
    let found = report(&five_on(4), "node", 3);
    assert_eq!(found["fits"], false);
    let unplaced = &found["unplaced"][0];
    assert_eq!(unplaced["release"], "web");
    assert!(
        unplaced["scheduler"]
            .as_str()
            .unwrap()
            .contains("4 Insufficient memory")
    );
    assert_eq!(found["remedy"], "1 more node of 2.0 cores and 1.0 GiB");
    let not_drilled = found["notDrilled"][0].as_str().unwrap();
    assert!(
        not_drilled.contains("not everything has a place"),
        "{not_drilled}"
    );
    let found = report(&five_on(5), "none", 0);
    assert_eq!(
        (&found["fits"], &found["remedy"]),
        (&Value::Bool(true), &Value::Null)
    );
}

#[tokio::test]
async fn what_fits_exactly_does_not_survive_a_lost_node_and_one_more_does() {
    let story = five_on(5);
    let found = report(&story, "node", 3);
    assert_eq!(found["fits"], true);
    let drills = found["drills"].as_array().unwrap();
    assert_eq!(drills.len(), 5);
    for drill in drills {
        assert_eq!(
            drill["remedy"], "1 more node of 2.0 cores and 1.0 GiB",
            "{drill}"
        );
    }
    story.run(&["lab", "status"]).done().says("stopped");
    let found = report(&five_on(6), "node", 0);
    assert_eq!(found["drills"].as_array().unwrap().len(), 6);
    // two of six nodes go with each of the lab's three zones
    let found = report(&five_on(6), "zone", 3);
    let zones = found["drills"].as_array().unwrap();
    let lost: Vec<&str> = zones
        .iter()
        .filter_map(|drill| drill["lost"].as_str())
        .collect();
    assert_eq!(lost, ["zone zone-a", "zone zone-b", "zone zone-c"]);
    assert_eq!(zones[0]["unplaced"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn the_smallest_number_of_nodes_is_found_from_below() {
    let story = five_on(3);
    let said = story.run(&["rehearse", "--find-nodes", "--json"]).done();
    let found: Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!(found["smallest"], 6, "{}", said.err);
    assert_eq!(found["drills"].as_array().unwrap().len(), 6);
}

#[tokio::test]
async fn a_class_that_only_one_node_writes_to_leaves_shared_volumes_unbound() {
    let story = Story::sandbox("  storage: {class: block, sharedClass: block}\n");
    let found = report(&story, "none", 3);
    assert_eq!(found["fits"], false);
    let remedy = found["remedy"].as_str().unwrap();
    assert!(remedy.starts_with("more nodes do not help"), "{remedy}");
    assert!(remedy.contains("PersistentVolumeClaim"), "{remedy}");
}

#[tokio::test]
async fn what_cannot_be_rehearsed_is_refused_with_the_field() {
    let story = five_on(2);
    let said = story.run(&["rehearse", "--speed", "0"]).ended_with(&[2]);
    said.says("--speed");
    let text = fs::read_to_string(story.file()).unwrap();
    let text = text.replace(
        "kind: lab, nodes: {count: 2, cpu: 2, memory: 1Gi}",
        "kind: existing",
    );
    fs::write(story.file(), text).unwrap();
    story
        .run(&["rehearse"])
        .ended_with(&[2])
        .says("cluster: {kind: lab");
}
