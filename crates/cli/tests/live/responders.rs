//! Responders in place of images: everything gets ready, and nobody takes it for the real thing.

use std::fs;

use serde_json::Value;

use crate::support::{Story, client, pods};

const SPEED: &str = "100";
const IMAGE: &str = "mosipctl.io/responder:1";
const RESPONDERS: &str = "  rehearsal: {images: {'*': 'mosipctl.io/responder:1'}, requests: 5%}\n";

#[tokio::test]
async fn a_sandbox_of_responders_gets_ready_and_what_they_pretended_is_done_in_earnest() {
    let story = Story::sandbox(RESPONDERS);
    let up = ["up", "--yes", "--speed", SPEED];
    story.run(&up).ended_with(&[0]);
    only_responders_run(&story).await;
    let status: Value =
        serde_json::from_str(&story.run(&["status", "--json"]).ended_with(&[0]).out).unwrap();
    assert_eq!(status["simulatedJobs"].as_array().unwrap().len(), 11);
    let images = status["standIns"]["config-server"].as_str().unwrap();
    assert!(images.contains("mosipid/"), "{images}");
    story.run(&up).ended_with(&[0]).says("nothing to do");

    let text = fs::read_to_string(story.file()).unwrap();
    fs::write(story.file(), text.replace(RESPONDERS, "")).unwrap();
    let plan = story.run(&["plan", "--steps"]).done();
    assert_eq!(plan.out.matches("  run job ").count(), 11, "{}", plan.out);
    story.run(&up).ended_with(&[0]);
    let status: Value =
        serde_json::from_str(&story.run(&["status", "--json"]).ended_with(&[0]).out).unwrap();
    assert_eq!(status["simulatedJobs"].as_array().unwrap().len(), 0);
    let images = status["standIns"]["config-server"].as_str();
    assert!(images.is_some(), "that it was one is marked for ever");
}

async fn only_responders_run(story: &Story) {
    let pods = pods(&client(&story.kubeconfig()).await).await;
    assert!(pods.len() > 75, "{}", pods.len());
    for (name, pod) in pods {
        let spec = pod.spec.unwrap();
        let all = spec.init_containers.into_iter().flatten();
        for container in all.chain(spec.containers) {
            assert_eq!(container.image.as_deref(), Some(IMAGE), "{name}");
        }
    }
}
