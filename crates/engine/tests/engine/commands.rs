//! Pause, resume and retry.

use mosipctl_engine::{Options, Refusal, StepError};
use mosipctl_journal::{Actor, Command, Event};
use tokio::time::sleep;

use crate::fake::{Call, Fake, Scene, Script, ada, id, seconds, step};

fn bob() -> Actor {
    Actor {
        user: "bob".to_owned(),
        cluster: Some("kubernetes-admin".to_owned()),
    }
}

fn retry(name: &str) -> Command {
    Command::Retry { step: id(name) }
}

fn chain() -> Scene {
    let scripts = ["a", "b", "c"].map(|name| (name, Script::lasting(10, 0)));
    let steps = [step("a", &[]), step("b", &["a"]), step("c", &["b"])];
    Scene::new(steps, Fake::new(scripts), Options::default())
}

#[tokio::test(start_paused = true)]
async fn a_paused_run_starts_nothing_new_until_resumed() {
    let told = chain()
        .with(|handle| async move {
            sleep(seconds(15)).await;
            handle.tell(Command::Pause, bob()).await.unwrap();
            sleep(seconds(100)).await;
            handle.tell(Command::Resume, bob()).await.unwrap();
        })
        .await;
    assert_eq!(told.fake.times(Call::Acted, "b"), [20], "what runs goes on");
    assert_eq!(told.fake.times(Call::Act, "c"), [115]);
    assert_eq!(told.report.exit_code(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_paused_run_with_nothing_left_to_start_ends() {
    let told = chain()
        .with(|handle| async move {
            sleep(seconds(25)).await;
            handle.tell(Command::Pause, bob()).await.unwrap();
        })
        .await;
    assert_eq!(told.seconds(), 30);
}

#[tokio::test(start_paused = true)]
async fn every_command_is_in_the_journal_with_who_gave_it() {
    let told = chain()
        .with(|handle| async move {
            sleep(seconds(5)).await;
            handle.tell(Command::Pause, bob()).await.unwrap();
            handle.tell(Command::Resume, bob()).await.unwrap();
            handle.tell(retry("b"), bob()).await.unwrap_err();
        })
        .await;
    let entries = told.memory.entries();
    let theirs = entries.iter().filter(|entry| entry.actor == bob());
    let theirs: Vec<Event> = theirs.map(|entry| entry.event.clone()).collect();
    let received = |command, refused: Option<&str>| Event::CommandReceived {
        command,
        refused: refused.map(str::to_owned),
    };
    let expected = [
        received(Command::Pause, None),
        Event::Paused,
        received(Command::Resume, None),
        Event::Resumed,
        received(retry("b"), Some("`make b` has not failed")),
    ];
    assert_eq!(theirs, expected);
    assert!(entries.iter().all(|e| e.actor == bob() || e.actor == ada()));
}

#[tokio::test(start_paused = true)]
async fn a_failed_step_and_what_waited_for_it_can_be_tried_again() {
    let steps = [step("bad", &[]), step("child", &["bad"]), step("long", &[])];
    let scripts = [
        ("bad", Script::failing([StepError::refused("no")])),
        ("long", Script::lasting(100, 0)),
    ];
    let told = Scene::new(steps, Fake::new(scripts), Options::default())
        .with(|handle| async move {
            sleep(seconds(10)).await;
            assert_eq!(handle.progress().await.unwrap().counts.not_tried, 1);
            handle.tell(retry("bad"), bob()).await.unwrap();
        })
        .await;
    assert_eq!(told.fake.times(Call::Act, "bad"), [0, 10]);
    assert_eq!(told.fake.times(Call::Act, "child"), [10]);
    assert_eq!(told.report.exit_code(), 0);
    assert!(told.events().contains(&Event::StepIntent {
        step: id("bad"),
        attempt: 2,
        fence: None,
    }));
}

#[tokio::test(start_paused = true)]
async fn what_also_waits_for_another_failed_step_goes_on_waiting() {
    let no = || Script::failing([StepError::refused("no")]);
    let steps = [
        step("bad", &[]),
        step("worse", &[]),
        step("child", &["bad", "worse"]),
        step("long", &[]),
    ];
    let scripts = [
        ("bad", no()),
        ("worse", no()),
        ("long", Script::lasting(100, 0)),
    ];
    let told = Scene::new(steps, Fake::new(scripts), Options::default())
        .with(|handle| async move {
            sleep(seconds(10)).await;
            handle.tell(retry("bad"), bob()).await.unwrap();
        })
        .await;
    assert_eq!(told.report.not_tried[0].failed, id("worse"));
    assert_eq!(told.report.not_tried[0].steps, [id("child")]);
}

#[tokio::test(start_paused = true)]
async fn a_step_between_two_tries_is_tried_at_once() {
    let script = Script::failing([StepError::transient_for(seconds(600), "busy")]);
    let told = Scene::new(
        [step("a", &[])],
        Fake::new([("a", script)]),
        Options::default(),
    )
    .with(|handle| async move {
        sleep(seconds(10)).await;
        handle.tell(retry("a"), bob()).await.unwrap();
    })
    .await;
    assert_eq!(told.fake.times(Call::Act, "a"), [0, 10]);
}

#[tokio::test(start_paused = true)]
async fn a_retry_waits_while_paused() {
    let script = Script::failing([StepError::transient_for(seconds(5), "busy")]);
    let told = Scene::new(
        [step("a", &[])],
        Fake::new([("a", script)]),
        Options::default(),
    )
    .with(|handle| async move {
        handle.tell(Command::Pause, bob()).await.unwrap();
        handle.tell(Command::Resume, bob()).await.unwrap();
        sleep(seconds(1)).await;
        handle.tell(Command::Pause, bob()).await.unwrap();
        sleep(seconds(99)).await;
        handle.tell(Command::Resume, bob()).await.unwrap();
    })
    .await;
    assert_eq!(told.fake.times(Call::Act, "a"), [0, 100]);
}

#[tokio::test(start_paused = true)]
async fn a_step_that_is_not_in_the_plan_is_refused_with_the_nearest_name() {
    chain()
        .with(|handle| async move {
            let refusal = handle.tell(retry("bb"), bob()).await.unwrap_err();
            let text = "the plan has no step `make bb` (did you mean `make b`?)";
            assert_eq!(refusal.to_string(), text);
        })
        .await;
}

#[tokio::test(start_paused = true)]
async fn a_run_that_has_ended_takes_no_commands() {
    let scene = chain();
    let handle = scene.handle.clone();
    scene.run().await;
    assert_eq!(
        handle.tell(Command::Pause, bob()).await,
        Err(Refusal::Ended)
    );
    assert_eq!(handle.progress().await, Err(Refusal::Ended));
    assert!(handle.subscribe().recv().await.is_err());
}
