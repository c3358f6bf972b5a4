//! What is wrong is said, with what to do, before anything is touched.

use std::fs;

use mosipctl_testkit::bare_control_plane;

use crate::support::Story;

/// Environment files that are wrong, and what has to be said of each.
const WRONG: &[(&str, &[&str])] = &[
    ("  wrkload: {}\n", &["wrkload", "did you mean `workload`?"]),
    ("  languages: eng\n", &["languages"]),
    (
        "  components: {wbe: {replicas: 2}}\n",
        &["unknown component `wbe`"],
    ),
    (
        "  components: {server: {enabled: false}}\n",
        &["component `server` is left out, but needed"],
    ),
    (
        "  hosts: {api-host: admin.example.org}\n",
        &["have the same host `admin.example.org`"],
    ),
    ("  components: {web: {heap: lots}}\n", &["lots"]),
];

#[tokio::test]
async fn a_wrong_file_is_named_with_place_and_remedy() {
    let cluster = bare_control_plane().await;
    for (spec, words) in WRONG {
        let story = Story::small("wrong", &cluster.kubeconfig());
        story.write(spec);
        let mut said = story.run(&["up", "--yes"]).ended_with(&[1, 2]);
        for word in *words {
            said = said.says(word);
        }
    }
}

#[tokio::test]
async fn a_kubeconfig_that_cannot_be_read_is_named() {
    let cluster = bare_control_plane().await;
    let story = Story::small("config", &cluster.kubeconfig());
    fs::write(story.folder().join("kubeconfig"), "no: kubeconfig").unwrap();
    story
        .run(&["up", "--yes"])
        .ended_with(&[1, 2])
        .says("kubeconfig");
    fs::remove_file(story.folder().join("kubeconfig")).unwrap();
    story
        .run(&["up", "--yes"])
        .ended_with(&[1, 2])
        .says("kubeconfig");
}
