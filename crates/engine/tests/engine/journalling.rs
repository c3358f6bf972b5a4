//! Intent before the act, outcome after, and what happens when neither can be written.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use mosipctl_engine::{Context, Engine, Options, StepError, Waiver};
use mosipctl_journal::{Cursor, Entry, Event, Memory, Receipt, Record, RecordError, RunOutcome};
use serde_json::json;

use crate::fake::{Call, Fake, Scene, Script, header, id, ordered, run, seconds, step};

#[tokio::test(start_paused = true)]
async fn every_stage_of_a_step_is_in_the_journal_in_its_order() {
    let script = Script {
        reason: Some("a pod".into()),
        ..Script::lasting(1, 2)
    };
    let told = run([step("a", &[])], [("a", script)]).await;
    let expected = [
        "stepIntent",
        "stepActed",
        "stepWaits",
        "gatePassed",
        "stepDone",
    ];
    assert_eq!(told.kinds("a"), expected);
    let kinds: Vec<_> = told.events().iter().map(Event::kind).collect();
    assert_eq!(kinds[..2], ["runStarted", "planned"]);
    assert_eq!(kinds.last(), Some(&"runFinished"));
}

#[tokio::test(start_paused = true)]
async fn what_a_person_let_pass_is_in_the_journal_before_the_first_step() {
    let options = Options {
        waivers: vec![Waiver {
            what: "remove database mosip_kernel without a backup".to_owned(),
            typed: "mosip_kernel".to_owned(),
            reason: None,
        }],
        ..Options::default()
    };
    let told = Scene::new([step("a", &[])], Fake::new([]), options)
        .run()
        .await;
    let events = told.events();
    let at = |kind| events.iter().position(|event| event.kind() == kind);
    assert!(at("waived").is_some() && at("waived") < at("stepIntent"));
}

#[tokio::test(start_paused = true)]
async fn an_intent_is_in_the_journal_before_the_act_and_the_outcome_of_the_step_before() {
    let memory = Memory::new();
    let seen = memory.clone();
    let mut fake = Fake::new([]);
    fake.on_act = Some(Box::new(move |step, _| {
        let entries = seen.entries();
        let has = |kind, id| {
            let mut events = entries.iter().map(|entry| &entry.event);
            events.any(|event| event.kind() == kind && event.step() == Some(id))
        };
        assert!(has("stepIntent", &step.id));
        assert!(step.component == "a" || has("stepDone", &id("a")));
    }));
    let steps = ordered([step("a", &[]), step("b", &["a"])]);
    let (engine, _) = Engine::new(
        steps,
        Arc::new(fake),
        Arc::new(memory),
        header(),
        Options::default(),
    );
    assert_eq!(engine.run().await.counts.done, 2);
}

/// A record that breaks at an event of a kind, and stays broken.
struct Breaking {
    memory: Memory,
    kind: &'static str,
    broken: AtomicUsize,
}

impl Record for Breaking {
    fn append(&self, entry: Entry) -> Receipt {
        let breaks = entry.event.kind() == self.kind;
        if breaks || self.broken.load(Ordering::SeqCst) > 0 {
            self.broken.fetch_add(1, Ordering::SeqCst);
            let full = RecordError::Write("disk full".to_owned());
            return Receipt::ready(Err(full));
        }
        self.memory.append(entry)
    }

    fn note(&self, entry: Entry) {
        self.memory.note(entry);
    }

    fn flush(&self) -> Receipt {
        self.memory.flush()
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_acts_whose_intent_cannot_be_written_and_the_run_stops() {
    for kind in [
        "runStarted",
        "stepIntent",
        "stepActed",
        "gatePassed",
        "gateMissed",
        "stepDone",
        "stepFailed",
        "retryScheduled",
        "cursorSaved",
        "runFinished",
    ] {
        let record = Breaking {
            memory: Memory::new(),
            kind,
            broken: AtomicUsize::new(0),
        };
        let script = match kind {
            "stepFailed" => Script::failing([StepError::refused("no")]),
            "gateMissed" => Script {
                gate_errors: vec![StepError::refused("no")],
                ..Script::default()
            },
            _ => Script::failing([StepError::transient("busy")]),
        };
        let mut fake = Fake::new([("a", script), ("long", Script::lasting(0, 9999))]);
        if kind == "cursorSaved" {
            fake.on_act = Some(Box::new(|step, context| {
                let context = context.clone();
                if step.component == "a" {
                    tokio::spawn(async move { context.save_cursor(json!(1)).await });
                }
            }));
        }
        let fake = Arc::new(fake);
        let mut steps = vec![step("a", &[]), step("b", &["a"])];
        if kind != "runFinished" {
            steps.push(step("long", &[]));
        }
        let (engine, _) = Engine::new(
            ordered(steps),
            fake.clone(),
            Arc::new(record),
            header(),
            Options::default(),
        );
        let report = engine.run().await;
        assert_eq!(report.outcome, RunOutcome::Broken, "{kind}");
        assert_eq!(report.exit_code(), 1);
        let reason = report.reason.as_deref().unwrap();
        assert!(reason.contains("disk full"), "{kind}: {reason}");
        assert!(report.took < seconds(60), "{kind}");
        if kind == "stepIntent" || kind == "runStarted" {
            assert_eq!(fake.order(Call::Act), [""; 0], "{kind}");
        } else if kind != "runFinished" {
            assert!(!fake.order(Call::Act).contains(&"b".to_owned()), "{kind}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn whoever_listens_sees_the_events_of_the_journal_in_its_order() {
    let names = ["a", "b", "c", "d"];
    let steps = names.map(|name| step(name, &[]));
    let scene = Scene::new(steps, Fake::new([]), Options::default());
    let seen = Arc::new(Mutex::new(Vec::new()));
    let sink = seen.clone();
    let mut events = scene.handle.subscribe();
    let told = scene
        .with(|handle| async move {
            drop(handle);
            while let Ok(entry) = events.recv().await {
                sink.lock().unwrap().push(entry.as_ref().clone());
            }
        })
        .await;
    assert_eq!(*seen.lock().unwrap(), told.memory.entries());
}

#[tokio::test(start_paused = true)]
async fn a_step_is_offered_the_cursor_of_an_earlier_run() {
    let left = Cursor {
        run: "r0".parse().unwrap(),
        time: jiff::Timestamp::UNIX_EPOCH,
        value: json!({"at": 7}),
    };
    let options = Options {
        cursors: BTreeMap::from([(id("a"), left)]),
        ..Options::default()
    };
    let seen = Arc::new(Mutex::new(BTreeMap::new()));
    let sink = seen.clone();
    let mut fake = Fake::new([]);
    fake.on_act = Some(Box::new(move |step, context| {
        sink.lock()
            .unwrap()
            .insert(step.component.clone(), context.cursor());
    }));
    Scene::new([step("a", &[]), step("b", &[])], fake, options)
        .run()
        .await;
    let seen = seen.lock().unwrap();
    assert_eq!(seen["a"], Some(json!({"at": 7})));
    assert_eq!(seen["b"], None);
}

#[tokio::test(start_paused = true)]
async fn a_second_try_goes_on_from_what_the_first_saved() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let sink = seen.clone();
    let mut fake = Fake::new([(
        "a",
        Script {
            act: seconds(1),
            act_errors: vec![StepError::transient("busy")],
            ..Script::default()
        },
    )]);
    fake.on_act = Some(Box::new(move |_, context| {
        sink.lock()
            .unwrap()
            .push((context.attempt(), context.cursor()));
        let context = context.clone();
        tokio::spawn(async move { context.save_cursor(json!(context.attempt())).await });
    }));
    Scene::new([step("a", &[])], fake, Options::default())
        .run()
        .await;
    assert_eq!(*seen.lock().unwrap(), [(1, None), (2, Some(json!(1)))]);
}

#[tokio::test(start_paused = true)]
async fn hands_can_be_tried_without_a_run() {
    let memory = Memory::new();
    let context = Context::alone(&id("a"), Arc::new(memory.clone()), Some(json!(3)));
    assert_eq!(context.cursor(), Some(json!(3)));
    context.note("hello");
    context.save_cursor(json!(4)).await.unwrap();
    assert_eq!(context.cursor(), Some(json!(4)));
    assert_eq!((context.attempt(), context.fence()), (1, None));
    let events: Vec<_> = memory.entries().iter().map(|e| e.event.kind()).collect();
    assert_eq!(events, ["stepNote", "cursorSaved"]);
}
