//! Releases that we wrote, in the hands of the real helm.

use std::path::Path;

use mosipctl_helm::{Begun, Chart, Draft, Outcome, Release, Releases, Rendering, Status, to_yaml};
use mosipctl_kube::{ResourceVersion, Selection};
use mosipctl_object::{Kind, Object, ObjectKey};
use serde_json::{Value, json};

use crate::charts;
use crate::support::{OWNER, World};

/// Installs or upgrades as a run does: record, objects, gate, record.
async fn install(world: &World, chart: &Path, values: Value) -> Release {
    let rendering = Rendering::parse(&world.rendered(chart, &values).await);
    let releases = Releases::of(world.kube.clone());
    let objects = world.objects(&rendering.manifest);
    let draft = Draft {
        release: world.release.clone(),
        chart: Chart::read(chart).unwrap(),
        values: values.as_object().unwrap().clone(),
        // what is recorded is what was applied, and that is not always the text that Helm rendered
        manifest: to_yaml(&objects, "demo/templates"),
        hooks: rendering.hooks,
        owner: World::owner(),
        labels: std::collections::BTreeMap::new(),
    };
    let Begun::New(release) = releases.begin(draft).await.unwrap() else {
        panic!("somebody is at it");
    };
    let mut written = None;
    for object in &objects {
        let applied = world.apply(object).await;
        if applied.kind().kind == "Deployment" {
            written = Some(ResourceVersion::of(&applied));
        }
    }
    world.ready(written).await;
    releases.finish(&release, Outcome::Deployed).await.unwrap()
}

async fn config_map(world: &World, name: &str) -> Option<Object> {
    let key = ObjectKey::namespaced(Kind::core("ConfigMap"), world.namespace(), name);
    world.kube.get(&key).await.unwrap()
}

async fn greeting(world: &World) -> String {
    let map = config_map(world, "demo").await.unwrap();
    map.value()["data"]["greeting"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn helm_lists_shows_rolls_back_upgrades_and_uninstalls_what_we_installed() {
    let world = World::new().await;
    let chart = charts::with_hooks();
    install(&world, chart.path(), json!({"greeting": "one"})).await;
    let pods = world.pods().await;
    install(
        &world,
        chart.path(),
        json!({"greeting": "two\nlines: \"yes\"\n"}),
    )
    .await;

    let listed = world.cli_json(&["list", "--all-namespaces"]).await;
    let ours = listed
        .as_array()
        .unwrap()
        .iter()
        .find(|release| release["namespace"] == world.namespace())
        .unwrap();
    assert_eq!(
        (&ours["revision"], &ours["status"], &ours["chart"]),
        (&json!("2"), &json!("deployed"), &json!("demo-0.1.0"))
    );
    let status = world.cli_json(&["status", "demo"]).await;
    assert_eq!(status["info"]["status"], "deployed");
    assert_eq!(status["info"]["description"], "Upgrade complete");
    let history = world.cli_json(&["history", "demo"]).await;
    let states: Vec<&Value> = history
        .as_array()
        .unwrap()
        .iter()
        .map(|revision| &revision["status"])
        .collect();
    assert_eq!(states, ["superseded", "deployed"]);
    assert_eq!(
        world.cli_json(&["get", "values", "demo"]).await,
        json!({"greeting": "two\nlines: \"yes\"\n"})
    );
    let manifest = world.cli(&["get", "manifest", "demo"]).await;
    let objects = mosipctl_object::manifest::objects(&manifest).unwrap();
    assert_eq!(objects.len(), 5, "{manifest}");
    assert!(
        world
            .cli(&["get", "hooks", "demo"])
            .await
            .contains("demo-before")
    );

    world.cli(&["rollback", "demo", "1", "--wait"]).await;
    assert_eq!(greeting(&world).await, "one");
    assert_eq!(
        world.pods().await,
        pods,
        "nothing in the pods changed, so the pods are the same"
    );
    world
        .cli(&[
            "upgrade",
            "demo",
            chart.path().to_str().unwrap(),
            "--set",
            "greeting=four",
            "--wait",
        ])
        .await;
    assert_eq!(greeting(&world).await, "four");

    // and back in our hands: the owner's label went along, the numbers go on
    let history = Releases::of(world.kube.clone())
        .history(&world.release)
        .await
        .unwrap();
    let states: Vec<(u32, Status)> = history
        .revisions()
        .iter()
        .map(|r| (r.revision, r.info.status))
        .collect();
    assert_eq!(states.last(), Some(&(4, Status::Deployed)));
    assert!(
        history
            .revisions()
            .iter()
            .all(|revision| revision.labels[OWNER.0] == OWNER.1)
    );
    assert_eq!(
        install(&world, chart.path(), json!({"greeting": "five"}))
            .await
            .revision,
        5
    );
    assert_eq!(greeting(&world).await, "five");

    world.cli(&["uninstall", "demo", "--wait"]).await;
    assert_eq!(config_map(&world, "demo").await, None);
    assert!(
        config_map(&world, "demo-kept").await.is_some(),
        "what is to be kept is kept"
    );
    let heads = Releases::of(world.kube.clone()).heads().await.unwrap();
    assert!(heads.iter().all(|head| head.release != world.release));
}

#[tokio::test]
async fn a_record_of_helm_is_one_of_ours() {
    let world = World::new().await;
    let chart = charts::with_hooks();
    let path = chart.path().to_str().unwrap();
    world
        .cli(&[
            "install",
            "demo",
            path,
            "--set",
            "greeting=hi",
            "--labels",
            "team=a",
            "--wait",
        ])
        .await;
    let releases = Releases::of(world.kube.clone());
    let history = releases.history(&world.release).await.unwrap();
    let theirs = history.deployed().unwrap();

    let rendering = Rendering::parse(
        &world
            .rendered(chart.path(), &json!({"greeting": "hi"}))
            .await,
    );
    // printing it, Helm cuts off the last line's end
    assert_eq!(theirs.manifest.trim_end(), rendering.manifest.trim_end());
    let names = |hooks: &[mosipctl_helm::Hook]| -> Vec<(String, Vec<String>, i64)> {
        let mut names: Vec<_> = hooks
            .iter()
            .map(|hook| (hook.name.clone(), hook.events.clone(), hook.weight))
            .collect();
        names.sort();
        names
    };
    assert_eq!(names(&theirs.hooks), names(&rendering.hooks));
    assert!(rendering.has_real_hooks());
    assert_eq!(
        without_times(theirs.chart.clone()),
        without_times(Chart::read(chart.path()).unwrap().into_json())
    );
    assert_eq!(theirs.labels["team"], "a");
    assert_eq!(serde_json::to_value(theirs.apply_method).unwrap(), "ssa");

    // written again by us, it is still the same for Helm
    let before = world.cli(&["get", "all", "demo"]).await;
    releases.write(theirs).await.unwrap();
    assert_eq!(world.cli(&["get", "all", "demo"]).await, before);
    let again = releases.history(&world.release).await.unwrap();
    assert_eq!(again.deployed().unwrap(), theirs);
}

/// Times of files say when somebody unpacked the chart.
fn without_times(mut chart: Value) -> Value {
    chart.as_object_mut().unwrap().remove("modtime");
    for list in ["templates", "files"] {
        for file in chart[list].as_array_mut().unwrap() {
            file.as_object_mut().unwrap().remove("modtime");
        }
    }
    chart
}

#[tokio::test]
async fn a_release_that_failed_or_hangs_is_shown_so() {
    let world = World::new().await;
    let chart = charts::plain();
    let releases = Releases::of(world.kube.clone());
    let draft = Draft {
        release: world.release.clone(),
        chart: Chart::read(chart.path()).unwrap(),
        values: serde_json::Map::new(),
        manifest: String::new(),
        hooks: Vec::new(),
        owner: World::owner(),
        labels: std::collections::BTreeMap::new(),
    };
    let Begun::New(release) = releases.begin(draft).await.unwrap() else {
        panic!("somebody is at it");
    };
    let pending = world.cli_json(&["status", "demo"]).await;
    assert_eq!(pending["info"]["status"], "pending-install");
    releases
        .finish(&release, Outcome::Failed("a pod crashed"))
        .await
        .unwrap();
    let failed = world.cli_json(&["status", "demo"]).await;
    assert_eq!(failed["info"]["status"], "failed");
    assert_eq!(
        failed["info"]["description"],
        "Release \"demo\" failed: a pod crashed"
    );
    let listed = world
        .kube
        .list_metadata(
            &Kind::core("Secret"),
            &Selection::namespace(world.namespace()).labels("owner=helm,status=failed"),
        )
        .await;
    assert_eq!(listed.unwrap().len(), 1);
}
