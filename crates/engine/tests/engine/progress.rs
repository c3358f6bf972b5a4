//! Where a run stands, as its readers see it.

use mosipctl_engine::Options;
use mosipctl_engine::progress::{Phase, Stage, WaitsFor};
use mosipctl_journal::Command;
use mosipctl_plan::{Class, Step};
use tokio::time::sleep;

use crate::fake::{Fake, Scene, Script, ada, id, seconds, step};

fn lasting(estimate: u64, step: Step) -> Step {
    Step {
        estimate: seconds(estimate),
        ..step
    }
}

/// A key generation at its gate, one service that waits for it, and three that wait for that one.
fn story() -> Scene {
    let mut steps = vec![
        lasting(5, step("config-server", &[])),
        lasting(90, step("keygen", &["config-server"])),
        lasting(60, step("keymanager", &["keygen"])),
        lasting(30, step("clamav", &[])),
    ];
    steps
        .extend(["ida", "idrepo", "resident"].map(|name| lasting(60, step(name, &["keymanager"]))));
    let scripts = [
        ("config-server", Script::lasting(1, 4)),
        (
            "keygen",
            Script {
                reason: Some("2 of 14 keys".into()),
                ..Script::lasting(1, 89)
            },
        ),
        ("clamav", Script::lasting(200, 0)),
    ];
    Scene::new(steps, Fake::new(scripts), Options::default())
}

#[tokio::test(start_paused = true)]
async fn a_snapshot_tells_what_runs_and_what_waits_for_what() {
    story()
        .with(|handle| async move {
            sleep(seconds(50)).await;
            let progress = handle.progress().await.unwrap();
            insta::assert_json_snapshot!(progress);
        })
        .await;
}

#[tokio::test(start_paused = true)]
async fn the_time_left_is_the_longest_way_from_here() {
    story()
        .with(|handle| async move {
            let left = async || handle.progress().await.unwrap().left.as_secs();
            assert_eq!(left().await, 5 + 90 + 60 + 60);
            sleep(seconds(50)).await;
            assert_eq!(left().await, 45 + 60 + 60);
        })
        .await;
}

#[tokio::test(start_paused = true)]
async fn the_time_left_learns_from_steps_that_were_faster_than_thought() {
    let names: Vec<String> = (0..10).map(|number| format!("s{number}")).collect();
    let steps = names.iter().enumerate().map(|(number, name)| {
        let before: Vec<&str> = match number {
            0 => Vec::new(),
            _ => vec![&names[number - 1]],
        };
        lasting(100, step(name, &before))
    });
    let fake = Fake::with(names.iter().map(|n| (n.clone(), Script::lasting(10, 0))));
    Scene::new(steps, fake, Options::default())
        .with(|handle| async move {
            let left = async || handle.progress().await.unwrap().left.as_secs();
            assert_eq!(left().await, 1000);
            sleep(seconds(50)).await;
            // Half is done, ten times as fast as thought: 500 s by the plan, 50 s by what was seen.
            let now = left().await;
            assert!((50..100).contains(&now), "{now}");
        })
        .await;
}

#[tokio::test(start_paused = true)]
async fn a_step_far_over_its_estimate_is_shown_as_slow_and_still_has_time_left() {
    let steps = [lasting(30, step("a", &[]))];
    Scene::new(
        steps,
        Fake::new([("a", Script::lasting(200, 0))]),
        Options::default(),
    )
    .with(|handle| async move {
        sleep(seconds(25)).await;
        assert!(!handle.progress().await.unwrap().running[0].slow);
        sleep(seconds(75)).await;
        let progress = handle.progress().await.unwrap();
        assert!(progress.running[0].slow);
        assert_eq!(progress.left, seconds(10));
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_step_without_a_slot_says_so_and_one_behind_a_lock_says_whose() {
    let in_server = |step: Step| Step {
        class: Class::Server("postgres".to_owned()),
        ..step
    };
    let excluding = |step: Step| Step {
        excludes: vec!["realm".to_owned()],
        ..step
    };
    let mut options = Options::default();
    options.limits.server = 1;
    let steps = [
        in_server(step("a", &[])),
        in_server(step("b", &[])),
        excluding(step("c", &[])),
        excluding(step("d", &[])),
    ];
    let scripts = ["a", "c"].map(|name| (name, Script::lasting(60, 0)));
    Scene::new(steps, Fake::new(scripts), options)
        .with(|handle| async move {
            sleep(seconds(1)).await;
            let progress = handle.progress().await.unwrap();
            let waits: Vec<_> = progress.waiting.into_iter().map(|g| g.waits_for).collect();
            let of = "server postgres".to_owned();
            let (name, holder) = ("realm".to_owned(), id("c"));
            assert_eq!(
                waits,
                [WaitsFor::Slot { of }, WaitsFor::Lock { name, holder }]
            );
        })
        .await;
}

#[tokio::test(start_paused = true)]
async fn a_paused_run_says_what_waits_for_somebody_to_resume_it() {
    let steps = [step("a", &[]), step("b", &["a"])];
    Scene::new(
        steps,
        Fake::new([("a", Script::lasting(10, 0))]),
        Options::default(),
    )
    .with(|handle| async move {
        sleep(seconds(5)).await;
        handle.tell(Command::Pause, ada()).await.unwrap();
        sleep(seconds(10)).await;
        let progress = handle.progress().await.unwrap();
        assert_eq!(progress.phase, Phase::Paused);
        assert_eq!(progress.waiting[0].waits_for, WaitsFor::Resume);
        handle.tell(Command::Resume, ada()).await.unwrap();
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn the_stage_of_a_running_step_is_shown() {
    let steps = [step("a", &[])];
    Scene::new(
        steps,
        Fake::new([("a", Script::lasting(10, 10))]),
        Options::default(),
    )
    .with(|handle| async move {
        let stage = async || handle.progress().await.unwrap().running[0].stage;
        sleep(seconds(5)).await;
        assert_eq!(stage().await, Stage::Acting);
        sleep(seconds(10)).await;
        assert_eq!(stage().await, Stage::AtGate);
    })
    .await;
}
