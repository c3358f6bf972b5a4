//! What failures do.

use std::sync::Arc;
use std::time::Duration;

use mosipctl_engine::{Options, Outcome, Retry, StepError};
use mosipctl_journal::{Event, FailureKind, Redactor, RunOutcome};
use tokio::time::sleep;

use crate::fake::{Call, Fake, Scene, Script, id, run, seconds, step};

fn exact_retries(attempts: u32) -> Options {
    let retry = Retry {
        attempts,
        first: seconds(1),
        cap: seconds(8),
        jitter: 0.0,
    };
    Options {
        retry,
        ..Options::default()
    }
}

fn busy() -> StepError {
    StepError::transient("the server is busy")
}

fn refused() -> StepError {
    StepError::refused("the server said no").remedy("ask nicely")
}

#[tokio::test(start_paused = true)]
async fn a_failure_stops_only_what_comes_after_it() {
    let told = run(
        [
            step("bad", &[]),
            step("child", &["bad"]),
            step("grandchild", &["child", "good"]),
            step("good", &[]),
            step("fine", &["good"]),
        ],
        [("bad", Script::failing([refused()]))],
    )
    .await;
    assert_eq!(told.done(), ["good", "fine"]);
    let report = &told.report;
    assert_eq!(report.outcome, RunOutcome::Failed);
    assert_eq!(report.exit_code(), 1);
    assert_eq!(report.failed[0].step, id("bad"));
    assert_eq!(report.failed[0].failure.message, "the server said no");
    assert_eq!(
        report.failed[0].failure.remedy.as_deref(),
        Some("ask nicely")
    );
    assert_eq!(report.not_tried[0].failed, id("bad"));
    assert_eq!(report.not_tried[0].steps, [id("child"), id("grandchild")]);
    assert!(told.fake.times(Call::Act, "child").is_empty());
}

#[tokio::test(start_paused = true)]
async fn what_was_not_tried_is_in_the_journal_with_the_step_that_failed() {
    let told = run(
        [step("bad", &[]), step("child", &["bad"])],
        [("bad", Script::failing([refused()]))],
    )
    .await;
    assert!(told.events().contains(&Event::StepsNotTried {
        failed: id("bad"),
        steps: vec![id("child")],
    }));
}

#[tokio::test(start_paused = true)]
async fn what_may_pass_is_tried_again_with_doubling_waits() {
    let script = Script::failing([busy(), busy(), busy()]);
    let scene = Scene::new(
        [step("a", &[])],
        Fake::new([("a", script)]),
        exact_retries(9),
    );
    let told = scene.run().await;
    assert_eq!(told.fake.times(Call::Act, "a"), [0, 1, 3, 7]);
    assert_eq!(told.done(), ["a"]);
}

#[tokio::test(start_paused = true)]
async fn waits_are_left_to_chance_within_their_bounds() {
    let script = Script::failing([busy(), busy()]);
    let scene = Scene::new(
        [step("a", &[])],
        Fake::new([("a", script)]),
        Options::default(),
    );
    let took = scene.run().await.report.took;
    assert!(took >= seconds(3) / 2 && took <= seconds(3), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn who_asks_for_time_gets_it() {
    let asks = StepError::transient_for(seconds(42), "too many requests");
    let told = run([step("a", &[])], [("a", Script::failing([asks]))]).await;
    assert_eq!(told.fake.times(Call::Act, "a"), [0, 42]);
}

#[tokio::test(start_paused = true)]
async fn tries_come_to_an_end() {
    let script = Script::failing([busy(), busy(), busy(), busy()]);
    let scene = Scene::new(
        [step("a", &[])],
        Fake::new([("a", script)]),
        exact_retries(3),
    );
    let told = scene.run().await;
    assert_eq!(told.fake.times(Call::Act, "a"), [0, 1, 3]);
    let failed = &told.report.failed[0];
    assert_eq!((failed.attempt, failed.attempts), (3, 3));
    assert_eq!(failed.failure.kind, FailureKind::Transient);
}

#[tokio::test(start_paused = true)]
async fn a_no_is_never_asked_again() {
    let told = run(
        [step("a", &[])],
        [("a", Script::failing([refused(), refused()]))],
    )
    .await;
    assert_eq!(told.fake.times(Call::Act, "a"), [0]);
}

#[tokio::test(start_paused = true)]
async fn a_step_between_two_tries_holds_no_slot() {
    let options = || {
        let mut options = exact_retries(2);
        options.limits.api = 1;
        options
    };
    let steps = || [step("retrying", &[]), step("other", &[])];
    let scripts = [
        (
            "retrying",
            Script::failing([StepError::transient_for(seconds(30), "busy")]),
        ),
        ("other", Script::lasting(10, 0)),
    ];
    let told = Scene::new(steps(), Fake::new(scripts), options())
        .run()
        .await;
    assert_eq!(told.fake.times(Call::Act, "other"), [0]);
    assert_eq!(told.seconds(), 30);
}

#[tokio::test(start_paused = true)]
async fn a_panic_is_a_fault_of_ours_and_stops_only_its_step() {
    let mut fake = Fake::new([]);
    fake.on_act = Some(Box::new(|step, _| {
        assert!(step.component != "bad", "the sky is falling");
    }));
    let scene = Scene::new(
        [step("bad", &[]), step("good", &[])],
        fake,
        Options::default(),
    );
    let told = scene.run().await;
    assert_eq!(told.done(), ["good"]);
    let failure = &told.report.failed[0].failure;
    assert_eq!(failure.kind, FailureKind::Bug);
    assert_eq!(failure.causes, ["the sky is falling"]);
    assert_eq!(told.kinds("bad"), ["stepIntent", "stepFailed"]);
}

#[tokio::test(start_paused = true)]
async fn an_act_without_a_sign_of_life_fails() {
    let options = Options {
        silence: seconds(60),
        ..Options::default()
    };
    let fake = Fake::new([("a", Script::lasting(3600, 0))]);
    let told = Scene::new([step("a", &[])], fake, options).run().await;
    assert_eq!(told.seconds(), 60);
    assert_eq!(
        told.report.failed[0].failure.message,
        "it gave no sign of life for 1 min"
    );
}

#[tokio::test(start_paused = true)]
async fn an_act_that_says_how_far_it_is_may_take_its_time() {
    let options = Options {
        silence: seconds(60),
        ..Options::default()
    };
    let mut fake = Fake::new([("a", Script::lasting(3600, 0))]);
    fake.on_act = Some(Box::new(|_, context| {
        let context = context.clone();
        tokio::spawn(async move {
            for number in 0..70 {
                context.note(format!("{number} of 70"));
                sleep(Duration::from_secs(55)).await;
            }
        });
    }));
    let told = Scene::new([step("a", &[])], fake, options).run().await;
    assert_eq!(told.done(), ["a"]);
}

#[tokio::test(start_paused = true)]
async fn nothing_to_do_is_no_failure_and_is_proven_all_the_same() {
    let script = Script {
        outcome: Some(Outcome::Skipped("it is there already".to_owned())),
        ..Script::default()
    };
    let told = run([step("a", &[]), step("b", &["a"])], [("a", script)]).await;
    assert_eq!(told.report.exit_code(), 0);
    assert_eq!(
        told.report.done[0].skipped.as_deref(),
        Some("it is there already")
    );
    assert_eq!(
        told.kinds("a"),
        ["stepIntent", "stepActed", "gatePassed", "stepSkipped"]
    );
    assert_eq!(told.report.counts.skipped, 1);
}

#[tokio::test(start_paused = true)]
async fn a_note_of_a_done_step_is_in_the_report() {
    let script = Script {
        outcome: Some(Outcome::DoneWith("two keys were there before".to_owned())),
        ..Script::default()
    };
    let told = run([step("a", &[])], [("a", script)]).await;
    assert_eq!(
        told.report.done[0].note.as_deref(),
        Some("two keys were there before")
    );
}

#[tokio::test(start_paused = true)]
async fn no_registered_secret_gets_out_by_any_way() {
    let redactor = Arc::new(Redactor::new());
    redactor.register("hunter2-secret");
    let options = Options {
        redactor,
        ..Options::default()
    };
    let error = StepError::refused("no").because_of("password hunter2-secret is wrong");
    let mut fake = Fake::new([
        ("a", Script::failing([error])),
        (
            "b",
            Script {
                outcome: Some(Outcome::DoneWith("set hunter2-secret".to_owned())),
                reason: Some("hunter2-secret to work".into()),
                gate: seconds(5),
                ..Script::default()
            },
        ),
    ]);
    fake.on_act = Some(Box::new(|_, context| context.note("using hunter2-secret")));
    let scene = Scene::new([step("a", &[]), step("b", &[])], fake, options);
    let told = scene
        .with(|handle| async move {
            let mut events = handle.subscribe();
            sleep(seconds(1)).await;
            let mut seen = serde_json::to_string(&handle.progress().await.unwrap()).unwrap();
            while let Ok(entry) = events.recv().await {
                seen += &serde_json::to_string(entry.as_ref()).unwrap();
            }
            assert!(seen.contains("password ****** is wrong"), "{seen}");
            assert!(seen.contains("using ******"), "{seen}");
            assert!(!seen.contains("hunter2"), "{seen}");
        })
        .await;
    let report = serde_json::to_string(&told.report).unwrap();
    assert!(!report.contains("hunter2"), "{report}");
    assert!(!format!("{:?}", told.events()).contains("hunter2"));
}
