//! What goes wrong on the way: a clear reason and a remedy, nothing lost, the rest carried on.

use std::collections::BTreeSet;

use kube::api::{Api, Patch, PatchParams};
use mosipctl_lab::{Drill, Expectations, Startup, Subject, Work, expect};
use mosipctl_testkit::lab;
use serde_json::json;
use tokio::sync::Mutex;

use crate::support::{Story, client};

/// What a lab expects is one for the whole lab, so these stories go one after another.
static ALONE: Mutex<()> = Mutex::const_new(());

/// Tells the lab how long the story's pods take and what goes wrong.
async fn expecting(story: &Story, drills: Vec<Drill>) {
    let client = client(&story.kubeconfig()).await;
    let startup = |namespace: &str, instance: &str, work| Startup {
        subject: subject(story, namespace, instance),
        work,
        seconds: 0.1,
    };
    let images = ["server", "salt", "web", "reader"];
    let expectations = Expectations {
        startups: vec![
            startup("servers", "server", Work::Service),
            startup("app", "salt", Work::Job),
            startup("app", "web", Work::Service),
            startup("app", "reader", Work::Service),
        ],
        images: BTreeSet::from_iter(images.map(|name| format!("example/{name}:1"))),
        drills,
        ..Expectations::default()
    };
    expect(&client, &expectations, 1.0).await.unwrap();
}

fn subject(story: &Story, namespace: &str, instance: &str) -> Subject {
    Subject::new(story.namespace(namespace), instance)
}

#[tokio::test]
async fn a_job_that_fails_shows_its_last_lines_and_the_rest_is_carried_on() {
    let _alone = ALONE.lock().await;
    let story = Story::small("job", &lab().await.kubeconfig());
    let fails = Drill::JobFails {
        subject: subject(&story, "app", "salt"),
        exit_code: 3,
        log: vec!["connection to the database refused".to_owned()],
    };
    expecting(&story, vec![fails]).await;
    let said = story.run(&["up", "--yes"]).ended_with(&[1]);
    let said = said
        .says("connection to the database refused")
        .says("not tried");
    said.says("reader ready");
    story
        .run(&["status", "--failed"])
        .ended_with(&[3])
        .says("salt");
    expecting(&story, Vec::new()).await;
    story.up();
    story.run(&["up"]).ended_with(&[0]).says("nothing to do");
}

#[tokio::test]
async fn a_pod_that_never_gets_ready_says_what_its_probe_gets() {
    let _alone = ALONE.lock().await;
    let story = Story::small("probe", &lab().await.kubeconfig());
    story.deadline(5);
    let never = Drill::NeverReady {
        subject: subject(&story, "servers", "server"),
        message: "dial tcp 10.0.0.1:5432: connect: connection refused".to_owned(),
    };
    expecting(&story, vec![never]).await;
    let said = story.run(&["up", "--yes"]).ended_with(&[1]);
    said.says("connection refused")
        .says("server")
        .says("reader ready");
    expecting(&story, Vec::new()).await;
    story.up();
}

#[tokio::test]
async fn an_image_that_cannot_be_pulled_is_named() {
    let _alone = ALONE.lock().await;
    let story = Story::small("image", &lab().await.kubeconfig());
    story.deadline(5);
    story.write("  components: {reader: {image: \"example/reader:2\"}}\n");
    expecting(&story, Vec::new()).await;
    let said = story.run(&["up", "--yes"]).ended_with(&[1]);
    said.says("example/reader:2").says("web ready");
    story.write("");
    story.up();
}

#[tokio::test]
async fn a_pod_that_fits_no_node_shows_the_schedulers_words() {
    let _alone = ALONE.lock().await;
    let story = Story::small("node", &lab().await.kubeconfig());
    story.deadline(5);
    story.write("  components: {reader: {resources: {requests: {memory: 900Gi}}}}\n");
    expecting(&story, Vec::new()).await;
    let said = story.run(&["up", "--yes"]).ended_with(&[1]);
    said.says("Insufficient memory").says("web ready");
    story.write("");
    story.up();
}

#[tokio::test]
async fn a_field_that_a_person_took_over_is_left_to_them_and_shown() {
    let _alone = ALONE.lock().await;
    let story = Story::small("scale", &lab().await.kubeconfig());
    expecting(&story, Vec::new()).await;
    story.up();
    let client = client(&story.kubeconfig()).await;
    let namespace = story.namespace("app");
    let deployments: Api<k8s_openapi::api::apps::v1::Deployment> =
        Api::namespaced(client, &namespace);
    let patch = json!({"apiVersion": "apps/v1", "kind": "Deployment", "spec": {"replicas": 2}});
    let by_hand = PatchParams::apply("somebody").force();
    deployments
        .patch("reader", &by_hand, &Patch::Apply(patch))
        .await
        .unwrap();
    let said = story.run(&["up", "--yes"]).ended_with(&[3]);
    said.says("replicas").says("somebody");
    let now = deployments.get("reader").await.unwrap();
    assert_eq!(now.spec.unwrap().replicas, Some(2));
}

#[tokio::test]
async fn a_locked_environment_is_not_touched() {
    let _alone = ALONE.lock().await;
    let story = Story::small("lock", &lab().await.kubeconfig());
    expecting(&story, Vec::new()).await;
    story.up();
    let client = client(&story.kubeconfig()).await;
    let leases: Api<k8s_openapi::api::coordination::v1::Lease> =
        Api::namespaced(client, "mosipctl-system");
    let now = k8s_openapi::jiff::Timestamp::now();
    let micro = k8s_openapi::apimachinery::pkg::apis::meta::v1::MicroTime(now);
    let patch = json!({"spec": {"holderIdentity": "ana@elsewhere:1", "leaseDurationSeconds": 30, "renewTime": micro}});
    let patched = leases
        .patch(&story.name, &PatchParams::default(), &Patch::Merge(patch))
        .await;
    patched.unwrap();
    story.write("  components: {reader: {replicas: 2}}\n");
    story
        .run(&["up", "--yes"])
        .ended_with(&[4])
        .says("ana@elsewhere");
}
