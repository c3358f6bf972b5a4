//! Environments that are tried before anybody buys a node.

use std::fs;

use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::{Namespace, Pod};
use kube::api::{Api, DeleteParams, ListParams, PostParams};
use mosipctl_testkit::lab;
use serde_json::{Value, json};

use crate::support::{Story, client, goes_all_the_way};

/// Five pods that take most of a node each, on so many nodes.
pub(crate) fn five_on(nodes: u32) -> Story {
    let spec = format!(
        "  cluster: {{kind: lab, nodes: {{count: {nodes}, cpu: 2, memory: 1Gi}}}}\n  components:\n    lab-web: {{replicas: 5, resources: {{requests: {{memory: 700Mi}}, limits: {{memory: 700Mi}}}}}}\n"
    );
    let story = Story::small_in_lab(&spec);
    let text = fs::read_to_string(story.file()).unwrap();
    fs::write(story.file(), text.replace("lab-web", "web")).unwrap();
    story
}

pub(crate) fn report(story: &Story, drill: &str, code: i32) -> Value {
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
    let story = five_on(5);
    let found = report(&story, "none", 0);
    let journals = story.folder().join("state/environments");
    assert!(!journals.join(&story.name).exists(), "a journal is left");
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
        .filter_map(|drill| drill["drill"].as_str())
        .collect();
    assert_eq!(
        lost,
        ["zone zone-a lost", "zone zone-b lost", "zone zone-c lost"]
    );
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

/// Rehearses with several drills, all of which have to be survived.
fn drilled(story: &Story, drills: &[&str]) -> Value {
    let drills = drills.iter().flat_map(|drill| ["--drill", drill]);
    let arguments: Vec<&str> = ["rehearse", "--json"].into_iter().chain(drills).collect();
    let said = story.run(&arguments).ended_with(&[0, 3]);
    let found: Value = serde_json::from_str(&said.out).unwrap();
    for drill in found["drills"].as_array().unwrap() {
        assert_eq!(drill["survived"], true, "{drill:#}");
    }
    assert_eq!(found["notDrilled"], json!([]));
    found
}

fn outcome<'a>(found: &'a Value, start: &str) -> &'a str {
    let mut drills = found["drills"].as_array().unwrap().iter();
    let named = drills.find(|drill| drill["drill"].as_str().unwrap().starts_with(start));
    named.unwrap_or_else(|| panic!("no drill {start}: {found:#}"))["outcome"]
        .as_str()
        .unwrap()
}

#[tokio::test]
async fn what_goes_wrong_on_the_way_is_named_and_the_next_run_does_the_rest() {
    let story = five_on(8);
    let drills = ["image", "job", "pod", "node", "zone", "config"];
    let found = drilled(&story, &drills);
    for start in ["image of server missing", "Job salt fails"] {
        assert!(outcome(&found, start).starts_with("named"), "{found:#}");
    }
    assert!(outcome(&found, "pod ").ends_with("another one is ready"));
    assert!(outcome(&found, "node node-8 lost").ends_with("all placed elsewhere"));
    assert!(outcome(&found, "zone zone-c lost").ends_with("all placed elsewhere"));
    let changed = outcome(&found, "api-host changed");
    assert_eq!(changed, "2 releases began anew, 6 pods; nothing else");
}

#[tokio::test]
async fn a_run_that_is_killed_and_a_slow_api_server_do_no_harm() {
    let story = match goes_all_the_way("a whole MOSIP under a kill and a slow API server") {
        true => Story::sandbox(""),
        false => five_on(8),
    };
    let found = drilled(&story, &["kill", "api-server"]);
    let killed = outcome(&found, "run killed on its way");
    assert!(killed.ends_with("nothing was made twice"), "{killed}");
    let slow = outcome(&found, "API server slow");
    assert!(slow.ends_with("each answer 0.5 s later"), "{slow}");
}

#[tokio::test]
async fn a_cluster_that_is_there_is_rehearsed_on_its_likeness() {
    let cluster = lab().await;
    let client = client(&cluster.kubeconfig()).await;
    let namespace = cluster.namespace("theirs").await;
    let theirs: Deployment = serde_json::from_value(json!({
        "metadata": {"name": "theirs"},
        "spec": {
            "replicas": 3,
            "selector": {"matchLabels": {"app": "theirs"}},
            "template": {
                "metadata": {"labels": {"app": "theirs"}},
                "spec": {"containers": [{"name": "it", "image": "x:1", "resources": {"requests": {"memory": "40Gi"}}}]},
            },
        },
    }))
    .unwrap();
    let deployments: Api<Deployment> = Api::namespaced(client.clone(), &namespace);
    deployments
        .create(&PostParams::default(), &theirs)
        .await
        .unwrap();
    let pods: Api<Pod> = Api::namespaced(client.clone(), &namespace);
    let placed = |pods: &[Pod]| {
        let on = |pod: &&Pod| {
            pod.spec
                .as_ref()
                .is_some_and(|spec| spec.node_name.is_some())
        };
        pods.iter().filter(on).count() == 3
    };
    while !placed(&pods.list(&ListParams::default()).await.unwrap().items) {
        tokio::task::yield_now().await;
    }
    // as much as the other half of the lab's six nodes of 64 GiB has room for, and one more
    let story = Story::small("like", &cluster.kubeconfig());
    let resources = "resources: {requests: {memory: 40Gi}, limits: {memory: 40Gi}}";
    story.write(&format!(
        "  components: {{web: {{replicas: 4, {resources}}}}}\n"
    ));
    let found = report(&story, "none", 3);
    assert!(
        found["likeness"]["neighbours"].as_u64().unwrap() >= 3,
        "{found:#}"
    );
    assert_eq!(found["nodes"].as_array().unwrap().len(), 6);
    assert_eq!(found["unplaced"].as_array().unwrap().len(), 1, "{found:#}");
    let said = story.run(&["capacity"]).ended_with(&[3]);
    assert!(said.out.contains("does not fit"), "{}", said.out);
    assert!(said.out.contains("API server"), "{}", said.out);
    story.write(&format!(
        "  components: {{web: {{replicas: 3, {resources}}}}}\n"
    ));
    let said = story.run(&["capacity", "--json"]).ended_with(&[0]);
    let found: Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!(found["rehearsal"]["fits"], true);
    // nothing was made
    let namespaces: Api<Namespace> = Api::all(client);
    let made = namespaces.get_opt(&story.namespace("app")).await.unwrap();
    assert!(made.is_none());
    deployments
        .delete("theirs", &DeleteParams::default())
        .await
        .unwrap();
}

#[tokio::test]
async fn what_cannot_be_rehearsed_is_refused_with_the_field() {
    let story = five_on(2);
    let said = story.run(&["rehearse", "--speed", "0"]).ended_with(&[2]);
    said.says("--speed");
    let text = fs::read_to_string(story.file()).unwrap();
    let nodes = "kind: lab, nodes: {count: 2, cpu: 2, memory: 1Gi}";
    fs::write(
        story.file(),
        text.replace(nodes, "kind: existing, kubeconfig: absent"),
    )
    .unwrap();
    story.run(&["rehearse"]).ended_with(&[1, 2]).says("absent");
}
