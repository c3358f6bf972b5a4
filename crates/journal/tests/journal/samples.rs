//! Entries to write, and a journal to write them to.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use mosipctl_journal::{
    Actor, Command, Counts, Entry, Event, Failure, FailureKind, Journal, PlannedStep, Process,
    Reader, Reason, Record, Redactor, RunId, RunOutcome,
};
use mosipctl_plan::{Risk, StepId};
use tempfile::TempDir;

/// A journal in a folder that goes away with it.
pub(crate) struct Bench {
    pub(crate) folder: TempDir,
    pub(crate) redactor: Arc<Redactor>,
    pub(crate) journal: Journal,
}

impl Bench {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let redactor = Arc::new(Redactor::new());
        let path = folder.path().join("blue/journal.db");
        let journal = Journal::open(&path, redactor.clone()).unwrap();
        Self {
            folder,
            redactor,
            journal,
        }
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join("blue/journal.db")
    }

    pub(crate) fn reader(&self) -> Reader {
        self.journal.reader().unwrap()
    }

    pub(crate) async fn write(&self, entries: impl IntoIterator<Item = Entry>) {
        for entry in entries {
            self.journal.append(entry).await.unwrap();
        }
    }

    /// The file, opened past the journal's own guards, as somebody who tampers would.
    pub(crate) fn tamper(&self, script: &str) {
        let connection = rusqlite::Connection::open(self.path()).unwrap();
        let guards = "DROP TRIGGER event_is_never_changed; DROP TRIGGER event_is_never_deleted;";
        connection
            .execute_batch(&format!("{guards} {script}"))
            .unwrap();
    }
}

pub(crate) fn run(name: &str) -> RunId {
    name.parse().unwrap()
}

pub(crate) fn step(name: &str) -> StepId {
    StepId::new("make", name)
}

/// An entry of run `r1`.
pub(crate) fn entry(event: Event) -> Entry {
    entry_of("r1", event)
}

pub(crate) fn entry_of(name: &str, event: Event) -> Entry {
    Entry {
        time: "2026-11-22T14:30:05.123Z".parse().unwrap(),
        elapsed: Duration::from_millis(1500),
        run: run(name),
        actor: Actor {
            user: "ada".to_owned(),
            cluster: Some("kubernetes-admin".to_owned()),
        },
        event,
    }
}

pub(crate) fn note(name: &str, text: &str) -> Event {
    Event::StepNote {
        step: step(name),
        text: text.to_owned(),
    }
}

pub(crate) fn failure() -> Failure {
    Failure {
        kind: FailureKind::Missed,
        message: "it did not become ready within 8 min".to_owned(),
        causes: vec!["pod `x` cannot start".to_owned()],
        remedy: Some("mend the line".to_owned()),
    }
}

/// A process that has ended: this one, had it started earlier than it did.
pub(crate) fn ended_process() -> Process {
    let mut process = Process::current();
    process.started = process.started.map(|ticks| ticks - 1);
    process
}

pub(crate) fn started(process: Process) -> Event {
    Event::RunStarted {
        plan: "4f1c".to_owned(),
        environment: "9ab2".to_owned(),
        version: "0.1.0".to_owned(),
        steps: 2,
        shortest: Duration::from_secs(580),
        process,
        simulated: vec![step("b")],
    }
}

pub(crate) fn planned() -> Event {
    let planned = |name: &str, after: &[usize]| PlannedStep {
        id: step(name),
        title: format!("the step {name}"),
        component: name.to_owned(),
        estimate: Duration::from_secs(90),
        risk: Risk::Safe,
        after: after.to_vec(),
    };
    Event::Planned {
        steps: vec![planned("a", &[]), planned("b", &[0])],
    }
}

pub(crate) fn intent(name: &str) -> Event {
    Event::StepIntent {
        step: step(name),
        attempt: 1,
        fence: Some(7),
    }
}

pub(crate) fn done(name: &str) -> Event {
    Event::StepDone {
        step: step(name),
        took: Duration::from_secs(91),
        note: None,
    }
}

pub(crate) fn failed(name: &str) -> Event {
    Event::StepFailed {
        step: step(name),
        attempt: 3,
        took: Duration::from_secs(480),
        failure: failure(),
    }
}

pub(crate) fn cursor(name: &str, at: u64) -> Event {
    Event::CursorSaved {
        step: step(name),
        cursor: serde_json::json!({ "at": at }),
    }
}

/// One event of each kind.
pub(crate) fn one_of_each() -> Vec<Event> {
    let process = Process {
        pid: 4711,
        host: "node1".to_owned(),
        boot: Some("b00t".to_owned()),
        started: Some(12345),
    };
    let counts = Counts {
        total: 2,
        done: 1,
        failed: 1,
        ..Counts::default()
    };
    vec![
        started(process),
        planned(),
        Event::LockTaken { fence: 7 },
        Event::LockStale,
        Event::LockRenewed,
        Event::LockLost {
            holder: Some("bob@node2".to_owned()),
        },
        intent("a"),
        Event::StepActed {
            step: step("a"),
            attempt: 1,
            took: Duration::from_millis(250),
        },
        note("a", "job running, 2 of 14 keys"),
        Event::StepWaits {
            step: step("a"),
            reason: Reason {
                causes: vec!["pod `x` cannot start".to_owned()],
                ..Reason::from("0 of 1 pods ready")
            },
        },
        cursor("a", 2),
        Event::GatePassed {
            step: step("a"),
            took: Duration::from_secs(90),
            proof: "answers /config/kernel/default".to_owned(),
        },
        Event::GateMissed {
            step: step("a"),
            took: Duration::from_secs(480),
            failure: failure(),
        },
        done("a"),
        Event::StepSkipped {
            step: step("a"),
            reason: "it is there already".to_owned(),
            took: Duration::ZERO,
        },
        failed("a"),
        Event::RetryScheduled {
            step: step("a"),
            attempt: 1,
            after: Duration::from_secs(2),
            failure: Failure {
                kind: FailureKind::Transient,
                ..failure()
            },
        },
        Event::UndoIntent {
            step: step("a"),
            fence: Some(7),
        },
        Event::StepUndone { step: step("a") },
        Event::StepStopped { step: step("a") },
        Event::StepsNotTried {
            failed: step("a"),
            steps: vec![step("b")],
        },
        Event::CommandReceived {
            command: Command::Retry { step: step("a") },
            refused: Some("it has not failed".to_owned()),
        },
        Event::Paused,
        Event::Resumed,
        Event::Waived {
            what: "remove database mosip_kernel without a backup".to_owned(),
            typed: "mosip_kernel".to_owned(),
            reason: None,
        },
        Event::RunFinished {
            outcome: RunOutcome::Failed,
            counts,
        },
        Event::RunInterrupted {
            outcome: RunOutcome::Lost,
            reason: "bob@node2 has the lock".to_owned(),
            counts,
        },
    ]
}
