//! Gates: deadlines, reasons, and what is written when they end.

use std::time::Duration;

use mosipctl_engine::{Options, StepError};
use mosipctl_journal::{FailureKind, Reason};
use mosipctl_plan::Step;

use crate::fake::{Call, Fake, Scene, Script, run, seconds, step};

fn deadline(seconds: u64, step: Step) -> Step {
    Step {
        deadline: Duration::from_secs(seconds),
        ..step
    }
}

fn key_missing() -> Reason {
    Reason {
        text: "0 of 1 pods ready".to_owned(),
        causes: vec!["key `x` is not in config map `a/global`".to_owned()],
        remedy: Some("set the key".to_owned()),
    }
}

#[tokio::test(start_paused = true)]
async fn a_missed_deadline_is_told_with_what_the_gate_waited_for() {
    let script = Script {
        reason: Some(key_missing()),
        ..Script::lasting(0, 9999)
    };
    let told = run([deadline(480, step("a", &[]))], [("a", script)]).await;
    assert_eq!(told.seconds(), 480);
    let failure = &told.report.failed[0].failure;
    assert_eq!(failure.kind, FailureKind::Missed);
    assert_eq!(failure.message, "component `a` was not ready within 8 min");
    assert_eq!(
        failure.causes,
        [
            "0 of 1 pods ready",
            "key `x` is not in config map `a/global`"
        ]
    );
    assert_eq!(failure.remedy.as_deref(), Some("set the key"));
}

#[tokio::test(start_paused = true)]
async fn what_is_found_by_looking_is_told_rather_than_what_the_gate_said() {
    let script = Script {
        reason: Some("0 of 1 pods ready".into()),
        why: Some(key_missing()),
        ..Script::lasting(0, 9999)
    };
    let told = run([step("a", &[])], [("a", script)]).await;
    let failure = &told.report.failed[0].failure;
    assert_eq!(
        failure.causes,
        [key_missing().text, key_missing().causes[0].clone()]
    );
}

#[tokio::test(start_paused = true)]
async fn the_deadline_counts_from_the_gate_not_from_the_act() {
    let told = run(
        [deadline(10, step("a", &[]))],
        [("a", Script::lasting(30, 9))],
    )
    .await;
    assert_eq!(told.done(), ["a"]);
}

#[tokio::test(start_paused = true)]
async fn a_deadline_for_ever_does_not_overflow_the_clock() {
    let endless = Step {
        deadline: Duration::MAX,
        ..step("a", &[])
    };
    assert_eq!(run([endless], []).await.done(), ["a"]);
}

#[tokio::test(start_paused = true)]
async fn a_gate_whose_failure_may_pass_is_asked_again_until_its_deadline() {
    let lost = || StepError::transient_for(seconds(5), "connection lost");
    let script = Script {
        gate_errors: vec![lost(), lost()],
        ..Script::lasting(0, 1)
    };
    let told = run([deadline(60, step("a", &[]))], [("a", script)]).await;
    assert_eq!(told.fake.times(Call::Gate, "a"), [0, 6, 12]);
    assert_eq!(
        told.fake.times(Call::Act, "a"),
        [0],
        "it does not act again"
    );
    assert_eq!(told.done(), ["a"]);

    let script = Script {
        gate_errors: vec![lost(); 1000],
        ..Script::lasting(0, 1)
    };
    let told = run([deadline(60, step("a", &[]))], [("a", script)]).await;
    let failure = &told.report.failed[0].failure;
    assert_eq!(failure.kind, FailureKind::Missed);
    assert_eq!(failure.causes, ["connection lost"]);
}

#[tokio::test(start_paused = true)]
async fn a_gate_that_can_never_pass_fails_at_once() {
    let script = Script {
        gate_errors: vec![StepError::refused("the job failed").because_of("exit code 1")],
        ..Script::lasting(0, 3)
    };
    let told = run([step("a", &[])], [("a", script)]).await;
    assert_eq!(told.seconds(), 3);
    assert_eq!(told.report.failed[0].failure.causes, ["exit code 1"]);
}

#[tokio::test(start_paused = true)]
async fn how_a_gate_ended_is_written_down_either_way() {
    let told = run(
        [step("good", &[]), deadline(1, step("late", &[]))],
        [("late", Script::lasting(0, 9))],
    )
    .await;
    assert_eq!(told.fake.times(Call::Settled, "good").len(), 1);
    assert_eq!(told.fake.times(Call::SettledMissed, "late").len(), 1);
    let expected = ["stepIntent", "stepActed", "gateMissed", "stepFailed"];
    assert_eq!(told.kinds("late"), expected);
}

#[tokio::test(start_paused = true)]
async fn an_act_that_fails_has_no_gate_to_settle() {
    let told = run(
        [step("a", &[])],
        [("a", Script::failing([StepError::refused("no")]))],
    )
    .await;
    assert_eq!(told.fake.order(Call::SettledMissed), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn settling_that_may_pass_is_tried_again_without_acting_again() {
    let script = Script {
        settle_errors: vec![StepError::transient("conflict"); 2],
        ..Script::default()
    };
    let told = run([step("a", &[])], [("a", script)]).await;
    assert_eq!(told.fake.order(Call::Act), ["a"]);
    assert_eq!(told.fake.order(Call::Settled), ["a", "a", "a"]);
    assert_eq!(told.done(), ["a"]);
}

#[tokio::test(start_paused = true)]
async fn settling_that_fails_for_good_fails_the_step() {
    let script = Script {
        settle_errors: vec![StepError::transient("conflict"); 99],
        ..Script::default()
    };
    let told = run([step("a", &[])], [("a", script)]).await;
    assert_eq!(told.report.failed[0].failure.message, "conflict");
    assert_eq!(told.fake.order(Call::Act), ["a"]);
}

#[tokio::test(start_paused = true)]
async fn a_missed_gate_stays_the_failure_when_settling_fails_too() {
    let script = Script {
        reason: Some("0 of 1 pods ready".into()),
        settle_errors: vec![StepError::refused("forbidden")],
        ..Script::lasting(0, 9)
    };
    let told = run([deadline(1, step("a", &[]))], [("a", script)]).await;
    let failure = &told.report.failed[0].failure;
    assert_eq!(failure.message, "component `a` was not ready within 1 s");
    assert_eq!(
        failure.causes,
        [
            "0 of 1 pods ready",
            "how it ended could not be written down: forbidden"
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn settling_needs_a_slot_again() {
    let mut options = Options::default();
    options.limits.api = 1;
    let steps = [step("a", &[]), step("b", &[])];
    let scripts = [("a", Script::lasting(1, 1)), ("b", Script::lasting(10, 0))];
    let told = Scene::new(steps, Fake::new(scripts), options).run().await;
    assert_eq!(told.fake.times(Call::Passed, "a"), [2]);
    assert_eq!(told.fake.times(Call::Settled, "a"), [11]);
}
