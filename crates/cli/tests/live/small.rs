//! A small environment on a control plane that was started outside any lab.

use std::collections::BTreeMap;
use std::fs;

use kube::ResourceExt;
use mosipctl_testkit::bare_control_plane;

use crate::support::{Made, Story, client, helm, pods};

#[tokio::test]
async fn what_is_made_is_proven_and_a_second_time_there_is_nothing_to_do() {
    let cluster = bare_control_plane().await;
    let story = Story::small("once", &cluster.kubeconfig());
    story.run(&["plan", "--exit-code"]).ended_with(&[3]);
    story.up();
    story.run(&["up"]).ended_with(&[0]).says("nothing to do");
    story.run(&["status"]).ended_with(&[0]).says("ready");
    story.run(&["events", "--verify"]).ended_with(&[0]);
}

#[tokio::test]
async fn taken_down_it_keeps_what_holds_data_unless_its_name_is_typed() {
    let cluster = bare_control_plane().await;
    let story = Story::small("gone", &cluster.kubeconfig());
    story.up();
    let client = client(&story.kubeconfig()).await;
    let is_ours = |namespace: &str| namespace.starts_with(&story.prefix);
    let before = Made::seen(&client, is_ours).await;
    story.run(&["down", "--yes"]).done();
    let kept = Made::seen(&client, is_ours).await;
    // copies can be made again; what they were copied from stays
    assert!(!kept.secrets.is_empty());
    let mut drawn = kept.secrets.iter();
    assert!(drawn.all(|(secret, value)| before.secrets[secret] == *value));
    let original = format!("{}/server-password#password", story.namespace("servers"));
    assert!(kept.secrets.contains_key(&original));
    assert!(kept.releases.is_empty(), "{:?}", kept.releases);
    story
        .run(&["down", "--yes", "--delete-data"])
        .ended_with(&[2]);
    story
        .run(&["down", "--yes", "--delete-data", "--confirm", &story.name])
        .done();
    let gone = Made::seen(&client, is_ours).await;
    assert!(gone.secrets.is_empty(), "{:?}", gone.secrets.keys());
}

#[tokio::test]
async fn a_proxy_of_the_surroundings_is_not_asked_for_what_runs_on_this_machine() {
    let story = Story::small("proxy", &bare_control_plane().await.kubeconfig());
    let mut plan = story.command(&["plan"]);
    plan.env("HTTPS_PROXY", "http://127.0.0.1:9");
    let ended = plan.output().unwrap();
    assert!(
        ended.status.success(),
        "{}",
        String::from_utf8_lossy(&ended.stderr)
    );
}

#[tokio::test]
async fn a_saved_plan_is_refused_once_something_it_touches_changed() {
    let cluster = bare_control_plane().await;
    let story = Story::small("saved", &cluster.kubeconfig());
    story.run(&["plan", "--out", "plan.json"]).done();
    story.run(&["up", "--plan", "plan.json"]).done();
    story
        .run(&["up", "--plan", "plan.json"])
        .ended_with(&[1])
        .says("can no longer be run as it was saved");
}

#[tokio::test]
async fn a_release_that_helm_made_is_adopted_with_its_pods() {
    let cluster = bare_control_plane().await;
    let ours = Story::small("ours", &cluster.kubeconfig());
    ours.up();
    let chart = concat!(env!("CARGO_MANIFEST_DIR"), "/../../charts/mosip-service");
    for side in ["--server-side=true", "--server-side=false"] {
        let theirs = Story::small("theirs", &cluster.kubeconfig());
        let values = ["get", "values", "server", "-o", "yaml", "-n"];
        let values = helm(
            &ours,
            &[&values[..], &[&ours.namespace("servers")]].concat(),
        )
        .await;
        let values = values.replace(&ours.prefix, &theirs.prefix);
        let file = theirs.folder().join("values.yaml");
        fs::write(&file, values).unwrap();
        let namespace = theirs.namespace("servers");
        let install = [
            "install",
            "server",
            chart,
            "--create-namespace",
            side,
            "-n",
            &namespace,
        ];
        helm(
            &theirs,
            &[&install[..], &["-f", file.to_str().unwrap(), "--wait"]].concat(),
        )
        .await;
        let before = uids(&theirs, &namespace).await;
        assert!(!before.is_empty());
        theirs.up().says("adopt");
        assert_eq!(uids(&theirs, &namespace).await, before, "{side}");
        theirs.run(&["up"]).done().says("nothing to do");
        let history = ["history", "server", "-o", "json", "-n", &namespace];
        let history = helm(&theirs, &history).await;
        assert!(history.contains("deployed"), "{history}");
    }
}

/// The uids of the pods of a namespace.
async fn uids(story: &Story, namespace: &str) -> BTreeMap<String, String> {
    let client = client(&story.kubeconfig()).await;
    let all = pods(&client).await.into_iter();
    let own = all.filter(|(name, _)| name.starts_with(&format!("{namespace}/")));
    own.map(|(name, pod)| (name, pod.uid().unwrap())).collect()
}
