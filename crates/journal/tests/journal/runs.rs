use mosipctl_journal::{Counts, Event, Failure, Process, RunOutcome, RunState, StepState};

use crate::samples::{
    Bench, cursor, done, ended_process, entry, entry_of, failed, failure, intent, note, planned,
    run, started, step,
};

fn finished(outcome: RunOutcome) -> Event {
    Event::RunFinished {
        outcome,
        counts: Counts::default(),
    }
}

#[tokio::test]
async fn runs_are_told_apart_by_how_they_ended() {
    let bench = Bench::new();
    let gone = ended_process;
    bench
        .write([
            entry_of("done", started(gone())),
            entry_of("done", finished(RunOutcome::Done)),
            entry_of("killed", started(gone())),
            entry_of("killed", intent("a")),
            entry_of("lost", started(gone())),
            entry_of(
                "lost",
                Event::RunInterrupted {
                    outcome: RunOutcome::Lost,
                    reason: "bob has the lock".to_owned(),
                    counts: Counts::default(),
                },
            ),
            entry_of("alive", started(Process::current())),
        ])
        .await;
    let runs = bench.reader().runs().unwrap();
    let states: Vec<(&str, RunState)> = runs.iter().map(|r| (r.run.as_str(), r.state())).collect();
    let expected = [
        ("done", RunState::Ended(RunOutcome::Done)),
        ("killed", RunState::Interrupted),
        ("lost", RunState::Ended(RunOutcome::Lost)),
        ("alive", RunState::Running),
    ];
    assert_eq!(states, expected);
    assert_eq!(bench.reader().last_run().unwrap().as_ref(), runs.last());
}

#[tokio::test]
async fn an_empty_journal_has_no_runs() {
    let bench = Bench::new();
    assert_eq!(bench.reader().last_run().unwrap(), None);
    assert!(bench.reader().run(&run("r1")).unwrap().is_none());
}

#[tokio::test]
async fn each_step_stands_where_its_last_event_left_it() {
    let bench = Bench::new();
    let state = |name: &'static str| {
        let history = bench.reader().run(&run("r1")).unwrap().unwrap();
        history.steps[&step(name)].state.clone()
    };
    bench
        .write([started(Process::current()), planned(), intent("a")].map(entry))
        .await;
    assert_eq!(state("a"), StepState::Acting);
    assert_eq!(state("b"), StepState::Waiting);

    let retry = Event::RetryScheduled {
        step: step("a"),
        attempt: 1,
        after: std::time::Duration::from_secs(1),
        failure: failure(),
    };
    bench.write([entry(retry)]).await;
    assert!(matches!(state("a"), StepState::Retrying { .. }));

    let not_tried = Event::StepsNotTried {
        failed: step("a"),
        steps: vec![step("b")],
    };
    bench
        .write([note("a", "nearly"), failed("a"), not_tried].map(entry))
        .await;
    let failure: Failure = failure();
    assert_eq!(state("a"), StepState::Failed { failure });
    assert_eq!(state("b"), StepState::NotTried { failed: step("a") });

    let history = bench.reader().run(&run("r1")).unwrap().unwrap();
    assert_eq!(history.steps[&step("a")].note.as_deref(), Some("nearly"));
    let expected = Counts {
        total: 2,
        failed: 1,
        not_tried: 1,
        ..Counts::default()
    };
    assert_eq!(history.counts(), expected);
}

#[tokio::test]
async fn a_cursor_is_offered_until_its_step_is_done() {
    let bench = Bench::new();
    let at = |name: &str| {
        let cursors = bench.reader().cursors().unwrap();
        cursors
            .get(&step(name))
            .map(|cursor| cursor.value["at"].clone())
    };
    bench
        .write([cursor("a", 1), cursor("b", 5), cursor("a", 2)].map(entry))
        .await;
    assert_eq!(at("a"), Some(2.into()));
    bench.write([entry_of("r2", failed("a"))]).await;
    assert_eq!(
        at("a"),
        Some(2.into()),
        "a failed step goes on from there too"
    );
    bench.write([entry_of("r3", done("a"))]).await;
    assert_eq!(at("a"), None);
    assert_eq!(at("b"), Some(5.into()));
}
