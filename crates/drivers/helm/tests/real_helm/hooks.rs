//! Charts whose hooks only Helm can run.

use std::time::Duration;

use mosipctl_helm::{Releases, Status, UpgradeRequest};
use serde_json::{Value, json};

use crate::charts;
use crate::support::{OWNER, World};

async fn run(
    world: &World,
    chart: &std::path::Path,
    values: &Value,
    seconds: u64,
) -> (Result<(), mosipctl_helm::HelmError>, Vec<String>) {
    let request = UpgradeRequest {
        chart,
        release: &world.release,
        values,
        access: &world.access,
        labels: &[OWNER],
        timeout: Duration::from_secs(seconds),
    };
    let mut said = Vec::new();
    let result = world
        .helm
        .upgrade_install(&request, &mut |line| said.push(line.to_owned()))
        .await;
    (result, said)
}

#[tokio::test]
async fn helm_runs_the_hooks_and_records_the_release_as_ours() {
    let world = World::new().await;
    let chart = charts::with_hooks();
    let (result, said) = run(
        &world,
        chart.path(),
        &json!({"greeting": "secret-value"}),
        60,
    )
    .await;
    result.unwrap();
    assert!(!said.is_empty());
    assert!(
        said.iter().all(|line| !line.contains("secret-value")),
        "{said:?}"
    );
    let history = Releases::of(world.kube.clone())
        .history(&world.release)
        .await
        .unwrap();
    let release = history.deployed().unwrap();
    assert_eq!(release.labels[OWNER.0], OWNER.1);
    let hook = release.hooks.iter().find(|hook| !hook.is_test()).unwrap();
    assert_eq!(hook.last_run["phase"], "Succeeded");
    let (again, _) = run(&world, chart.path(), &json!({}), 60).await;
    again.unwrap();
    let history = Releases::of(world.kube.clone())
        .history(&world.release)
        .await
        .unwrap();
    assert_eq!(history.last().unwrap().revision, 2);
    assert!(
        history.last().unwrap().config.is_empty(),
        "values of before are not reused"
    );
}

#[tokio::test]
async fn a_hook_that_does_not_end_fails_the_release_with_its_name() {
    let world = World::new().await;
    let chart = charts::with_hooks();
    let nowhere = json!({"hookNodes": {"no-such": "node"}});
    let (result, _) = run(&world, chart.path(), &nowhere, 3).await;
    let error = result.unwrap_err().to_string();
    assert!(error.contains("pre-install"), "{error}");
    let history = Releases::of(world.kube.clone())
        .history(&world.release)
        .await
        .unwrap();
    assert_eq!(history.last().unwrap().info.status, Status::Failed);
    assert!(history.deployed().is_none());
}
