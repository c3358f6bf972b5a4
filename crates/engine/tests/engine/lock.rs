//! The lock of the environment.

use std::sync::Arc;

use mosipctl_engine::{Hold, Options, StepError};
use mosipctl_journal::{Event, RunOutcome};
use tokio::sync::watch;
use tokio::time::{Instant, sleep};

use crate::fake::{Call, Fake, Scene, Script, id, run, seconds, step};

fn held(fence: u64) -> Hold {
    let renewed = Instant::now();
    Hold::Held { fence, renewed }
}

/// A chain of three steps of ten seconds each, under a lock.
fn locked() -> (watch::Sender<Hold>, Scene) {
    let (keeper, hold) = watch::channel(held(7));
    let options = Options {
        fence: Some(Arc::new(hold)),
        // Shorter than the wait for a renewal, which must not count as silence.
        silence: seconds(30),
        ..Options::default()
    };
    let scripts = ["a", "b", "c"].map(|name| (name, Script::lasting(15, 0)));
    let steps = [step("a", &[]), step("b", &["a"]), step("c", &["b"])];
    (keeper, Scene::new(steps, Fake::new(scripts), options))
}

#[tokio::test(start_paused = true)]
async fn a_lock_that_is_renewed_holds_nothing_up() {
    let (keeper, scene) = locked();
    let told = scene
        .with(|_| async move {
            for _ in 0..6 {
                sleep(seconds(10)).await;
                keeper.send(held(7)).ok();
            }
        })
        .await;
    assert_eq!(told.seconds(), 45);
    assert!(told.events().contains(&Event::LockTaken { fence: 7 }));
    assert!(told.events().contains(&Event::StepIntent {
        step: id("c"),
        attempt: 1,
        fence: Some(7),
    }));
    assert!(!told.events().contains(&Event::LockStale));
}

#[tokio::test(start_paused = true)]
async fn nothing_new_starts_twenty_seconds_after_the_last_renewal() {
    let (keeper, scene) = locked();
    let told = scene
        .with(|_| async move {
            sleep(seconds(100)).await;
            keeper.send(held(7)).unwrap();
            // Kept until the run has ended.
            keeper.closed().await;
        })
        .await;
    assert_eq!(told.fake.times(Call::Act, "b"), [15], "within the time");
    assert_eq!(told.fake.times(Call::Acted, "b"), [30], "what runs goes on");
    assert_eq!(told.fake.times(Call::Settled, "b"), [100], "a write waits");
    assert_eq!(told.fake.times(Call::Act, "c"), [100]);
    let kinds: Vec<_> = told.events().iter().map(Event::kind).collect();
    let stale = kinds.iter().position(|kind| *kind == "lockStale");
    let renewed = kinds.iter().position(|kind| *kind == "lockRenewed");
    assert!(stale.is_some() && stale < renewed);
}

#[tokio::test(start_paused = true)]
async fn a_lock_taken_by_another_run_stops_everything_at_once() {
    let (keeper, scene) = locked();
    let told = scene
        .with(|_| async move {
            sleep(seconds(5)).await;
            let holder = Some("bob@node2".to_owned());
            keeper.send(Hold::Lost { holder }).unwrap();
        })
        .await;
    assert_eq!(told.seconds(), 5);
    assert_eq!(told.report.outcome, RunOutcome::Lost);
    assert_eq!(told.report.exit_code(), 4);
    assert_eq!(told.report.stopped, [id("a")]);
    assert_eq!(
        told.report.reason.as_deref(),
        Some("another run has taken the lock of the environment: bob@node2")
    );
    assert!(told.events().contains(&Event::LockLost {
        holder: Some("bob@node2".to_owned()),
    }));
}

#[tokio::test(start_paused = true)]
async fn a_run_whose_keeper_has_ended_does_not_wait_for_ever() {
    let (keeper, scene) = locked();
    drop(keeper);
    let told = scene.run().await;
    assert_eq!(told.seconds(), 20);
    assert_eq!(told.report.exit_code(), 4);
}

#[tokio::test(start_paused = true)]
async fn a_run_whose_lock_was_lost_before_it_began_starts_nothing() {
    let (keeper, scene) = locked();
    keeper.send(Hold::Lost { holder: None }).unwrap();
    let told = scene.run().await;
    assert_eq!(told.fake.order(Call::Act), [""; 0]);
    assert_eq!(told.report.exit_code(), 4);
}

#[tokio::test(start_paused = true)]
async fn a_step_that_meets_a_newer_lock_in_the_world_stops_the_run() {
    let newer = StepError::lost("the database was written under lock 8, ours is 7");
    let told = run(
        [step("a", &[]), step("other", &[])],
        [
            ("a", Script::failing([newer])),
            ("other", Script::lasting(600, 0)),
        ],
    )
    .await;
    assert_eq!(told.report.exit_code(), 4);
    assert_eq!(told.seconds(), 0);
}
