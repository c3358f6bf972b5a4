//! Ctrl-C, once and twice.

use mosipctl_engine::{Handle, Options, Refusal, StepError};
use mosipctl_journal::{Command, Event, RunOutcome};
use mosipctl_plan::{Step, Undo};
use serde_json::json;
use tokio::time::sleep;

use crate::fake::{Call, Fake, Scene, Script, ada, id, seconds, step};

fn undoable(act: u64, gate: u64) -> Script {
    Script {
        undoable: true,
        ..Script::lasting(act, gate)
    }
}

fn removable(step: Step) -> Step {
    Step {
        undo: Undo::Remove,
        ..step
    }
}

async fn interrupt_at(handle: Handle, times: &[u64]) {
    let mut now = 0;
    for time in times {
        sleep(seconds(time - now)).await;
        handle.interrupt(ada());
        now = *time;
    }
}

fn scene(steps: impl IntoIterator<Item = Step>, script: Script) -> Scene {
    Scene::new(steps, Fake::new([("a", script)]), Options::default())
}

#[tokio::test(start_paused = true)]
async fn the_first_lets_what_runs_finish_and_starts_nothing() {
    let told = scene([step("a", &[]), step("b", &["a"])], Script::lasting(10, 10))
        .with(|handle| async move { interrupt_at(handle, &[5]).await })
        .await;
    assert_eq!(told.done(), ["a"]);
    assert_eq!(told.report.outcome, RunOutcome::Interrupted);
    assert_eq!(told.report.exit_code(), 130);
    assert_eq!(told.report.not_started, [id("b")]);
    assert_eq!(told.report.reason.as_deref(), Some("ada stopped it"));
}

#[tokio::test(start_paused = true)]
async fn a_run_that_had_nothing_more_to_start_is_done_all_the_same() {
    let told = scene([step("a", &[])], Script::lasting(10, 10))
        .with(|handle| async move { interrupt_at(handle, &[5]).await })
        .await;
    assert_eq!(told.report.outcome, RunOutcome::Done);
}

#[tokio::test(start_paused = true)]
async fn a_step_that_can_be_taken_back_is_while_it_acts_and_while_it_waits() {
    for (act, gate) in [(10, 0), (0, 600)] {
        let steps = [removable(step("a", &[])), step("b", &["a"])];
        let told = scene(steps, undoable(act, gate))
            .with(|handle| async move { interrupt_at(handle, &[5]).await })
            .await;
        assert_eq!(told.report.undone, [id("a")]);
        assert_eq!(told.fake.times(Call::Undo, "a"), [act.max(5)]);
        assert_eq!(told.fake.order(Call::Settled), [""; 0]);
        assert!(told.kinds("a").ends_with(&["undoIntent", "stepUndone"]));
        assert_eq!(told.report.exit_code(), 130);
    }
}

#[tokio::test(start_paused = true)]
async fn a_step_that_says_it_has_no_undo_finishes_whatever_the_hands_say() {
    let told = scene([step("a", &[])], undoable(10, 0))
        .with(|handle| async move { interrupt_at(handle, &[5]).await })
        .await;
    assert_eq!(told.done(), ["a"]);
}

#[tokio::test(start_paused = true)]
async fn taking_back_is_tried_again_when_it_may_pass_and_reported_when_it_fails() {
    let mut script = undoable(10, 0);
    script.undo_errors = vec![StepError::transient("busy"), StepError::refused("no")];
    let told = scene([removable(step("a", &[]))], script)
        .with(|handle| async move { interrupt_at(handle, &[5]).await })
        .await;
    assert_eq!(told.fake.order(Call::Undo).len(), 2);
    assert_eq!(
        told.report.failed[0].failure.message,
        "it could not be taken back: no"
    );
}

#[tokio::test(start_paused = true)]
async fn a_step_that_waits_for_its_next_try_is_stopped() {
    let script = Script::failing([StepError::transient_for(seconds(600), "busy")]);
    let told = scene([step("a", &[])], script)
        .with(|handle| async move { interrupt_at(handle, &[5]).await })
        .await;
    assert_eq!(told.seconds(), 5);
    assert_eq!(told.report.stopped, [id("a")]);
    assert_eq!(
        told.kinds("a"),
        ["stepIntent", "retryScheduled", "stepStopped"]
    );
}

#[tokio::test(start_paused = true)]
async fn a_long_step_stops_at_its_next_cursor() {
    let script = Script {
        act: seconds(1),
        act_errors: vec![StepError::stopped()],
        ..Script::default()
    };
    let mut fake = Fake::new([("a", script)]);
    fake.on_act = Some(Box::new(|_, context| {
        let context = context.clone();
        tokio::spawn(async move { context.save_cursor(json!({"at": 3})).await });
    }));
    let told = Scene::new([step("a", &[])], fake, Options::default())
        .with(|handle| async move { interrupt_at(handle, &[0]).await })
        .await;
    assert_eq!(told.report.stopped, [id("a")]);
    assert_eq!(
        told.kinds("a"),
        ["stepIntent", "cursorSaved", "stepStopped"]
    );
}

#[tokio::test(start_paused = true)]
async fn a_step_that_stops_unasked_is_at_fault() {
    let told = scene([step("a", &[])], Script::failing([StepError::stopped()]))
        .run()
        .await;
    assert_eq!(told.report.counts.failed, 1);
}

#[tokio::test(start_paused = true)]
async fn the_second_stops_everything_at_once() {
    let told = scene([step("a", &[]), step("b", &["a"])], Script::lasting(0, 600))
        .with(|handle| async move { interrupt_at(handle, &[5, 6]).await })
        .await;
    assert_eq!(told.seconds(), 6);
    assert_eq!(told.report.stopped, [id("a")]);
    assert_eq!(told.report.exit_code(), 130);
    assert_eq!(
        told.report.reason.as_deref(),
        Some("ada stopped it at once")
    );
    let kinds: Vec<_> = told.events().iter().map(Event::kind).collect();
    assert_eq!(
        kinds[kinds.len() - 4..],
        [
            "commandReceived",
            "commandReceived",
            "stepStopped",
            "runInterrupted"
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn stop_needs_no_cancel_before_it() {
    let told = scene([step("a", &[])], Script::lasting(600, 0))
        .with(|handle| async move {
            sleep(seconds(1)).await;
            handle.tell(Command::Stop, ada()).await.unwrap();
        })
        .await;
    assert_eq!(told.seconds(), 1);
    assert_eq!(told.report.stopped, [id("a")]);
}

#[tokio::test(start_paused = true)]
async fn a_stopping_run_can_not_be_paused_or_told_to_try_again() {
    scene([step("a", &[])], Script::lasting(10, 0))
        .with(|handle| async move {
            sleep(seconds(1)).await;
            handle.tell(Command::Cancel, ada()).await.unwrap();
            for command in [
                Command::Pause,
                Command::Resume,
                Command::Retry { step: id("a") },
            ] {
                let refusal = handle.tell(command, ada()).await;
                assert_eq!(refusal, Err(Refusal::Stopping));
            }
        })
        .await;
}

#[tokio::test(start_paused = true)]
async fn a_paused_run_can_be_cancelled() {
    let steps = [step("a", &[]), step("b", &["a"])];
    let told = scene(steps, Script::lasting(5, 0))
        .with(|handle| async move {
            sleep(seconds(1)).await;
            handle.tell(Command::Pause, ada()).await.unwrap();
            sleep(seconds(60)).await;
            handle.interrupt(ada());
        })
        .await;
    assert_eq!(told.seconds(), 61);
    assert_eq!(told.report.not_started, [id("b")]);
}
