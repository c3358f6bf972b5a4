use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;

use mosipctl_journal::{Event, Journal, JournalError, Reader, Record, Redactor};

use crate::samples::{Bench, cursor, entry, entry_of, failed, intent, note, one_of_each, step};

#[tokio::test]
async fn an_entry_is_there_for_others_when_its_receipt_resolves() {
    let bench = Bench::new();
    let seq = bench.journal.append(entry(intent("a"))).await.unwrap();
    let entries = bench.reader().tail(0, 10).unwrap();
    assert_eq!(seq, 1);
    assert_eq!(entries[0].entry, entry(intent("a")));
}

#[tokio::test]
async fn notes_stand_before_what_came_after_them() {
    let bench = Bench::new();
    bench.journal.note(entry(note("a", "one")));
    bench.journal.note(entry(note("a", "two")));
    assert_eq!(bench.journal.append(entry(intent("b"))).await.unwrap(), 3);
    bench.journal.note(entry(note("b", "three")));
    assert_eq!(bench.journal.flush().await.unwrap(), 4);
    let events: Vec<Event> = bench
        .reader()
        .tail(0, 10)
        .unwrap()
        .into_iter()
        .map(|recorded| recorded.entry.event)
        .collect();
    let expected = [
        note("a", "one"),
        note("a", "two"),
        intent("b"),
        note("b", "three"),
    ];
    assert_eq!(events, expected);
}

#[tokio::test]
async fn a_note_is_written_without_anybody_waiting_for_it() {
    let bench = Bench::new();
    let reader = bench.reader();
    bench.journal.note(entry(note("a", "one")));
    while reader.head().unwrap().seq == 0 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn entries_that_queue_up_each_get_their_own_number() {
    let bench = Bench::new();
    let receipts: Vec<_> = (0..500)
        .map(|number| bench.journal.append(entry(note("a", &number.to_string()))))
        .collect();
    for (index, receipt) in receipts.into_iter().enumerate() {
        assert_eq!(receipt.await.unwrap(), index as u64 + 1);
    }
    bench.reader().verify(&[]).unwrap();
}

#[tokio::test]
async fn closing_writes_what_is_left() {
    let bench = Bench::new();
    bench.journal.note(entry(note("a", "last words")));
    let path = bench.path();
    drop(bench.journal);
    assert_eq!(Reader::open(&path).unwrap().head().unwrap().seq, 1);
}

#[tokio::test]
async fn a_journal_goes_on_where_it_ended() {
    let Bench {
        folder,
        journal,
        redactor,
    } = Bench::new();
    let path = folder.path().join("blue/journal.db");
    journal.append(entry(intent("a"))).await.unwrap();
    drop(journal);
    let again = Journal::open(&path, redactor).unwrap();
    assert_eq!(again.append(entry(intent("b"))).await.unwrap(), 2);
    again.reader().unwrap().verify(&[]).unwrap();
}

#[tokio::test]
async fn two_processes_that_write_at_once_make_one_chain() {
    let bench = Bench::new();
    let other = Journal::open(&bench.path(), Arc::new(Redactor::new())).unwrap();
    for _ in 0..50 {
        let ours = bench.journal.append(entry(intent("a")));
        let theirs = other.append(entry_of("r2", intent("a")));
        ours.await.unwrap();
        theirs.await.unwrap();
    }
    assert_eq!(bench.reader().verify(&[]).unwrap().seq, 100);
}

#[tokio::test]
async fn no_registered_secret_enters_the_file() {
    let bench = Bench::new();
    bench.redactor.register("hunter2-secret");
    let mut wrong = failed("a");
    if let Event::StepFailed { failure, .. } = &mut wrong {
        failure.causes = vec!["login with hunter2-secret was refused".to_owned()];
        failure.remedy = Some("echo aHVudGVyMi1zZWNyZXQ= | base64 -d".to_owned());
    }
    let saved = Event::CursorSaved {
        step: step("a"),
        cursor: serde_json::json!({ "list": [{ "password": "hunter2-secret" }] }),
    };
    let told = note("a", "PGPASSWORD=hunter2-secret");
    bench.write([wrong, saved, told].map(entry)).await;
    let path = bench.path();
    drop(bench.journal);
    let bytes = fs::read(path).unwrap();
    let text = String::from_utf8_lossy(&bytes);
    assert!(text.contains("login with ****** was refused"));
    assert!(!text.contains("hunter2") && !text.contains("aHVudGVyMi1"));
}

#[tokio::test]
async fn names_of_steps_are_kept_even_if_a_password_is_the_same_word() {
    let bench = Bench::new();
    bench.redactor.register("make");
    bench.write(one_of_each().into_iter().map(entry)).await;
    let reader = bench.reader();
    let events = reader.tail(0, 100).unwrap();
    for (recorded, event) in events.iter().zip(one_of_each()) {
        assert_eq!(recorded.entry.event.step(), event.step());
    }
    reader.verify(&[]).unwrap();
}

#[test]
fn the_folder_is_for_its_owner_alone() {
    let bench = Bench::new();
    let folder = bench.path().parent().unwrap().to_owned();
    let mode = fs::metadata(folder).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
}

#[test]
fn a_journal_that_is_not_there_is_not_made_by_looking() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.db");
    assert!(matches!(
        Reader::open(&path),
        Err(JournalError::None { .. })
    ));
    assert!(!path.exists());
}

#[test]
fn a_file_that_is_no_journal_is_an_error_and_stays_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.db");
    fs::write(&path, "something else entirely, and long enough to be read").unwrap();
    assert!(matches!(
        Journal::open(&path, Arc::new(Redactor::new())),
        Err(JournalError::Database(_))
    ));
    assert!(fs::read_to_string(&path).unwrap().starts_with("something"));
}

#[tokio::test]
async fn a_disk_that_is_full_is_told_to_who_waits() {
    let bench = Bench::new();
    bench.write([entry(cursor("a", 1))]).await;
    // A table that refuses rows stands in for a disk that does.
    bench.tamper(
        "CREATE TRIGGER full BEFORE INSERT ON event BEGIN SELECT RAISE(ABORT, 'disk is full'); END",
    );
    let error = bench.journal.append(entry(intent("a"))).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "failed to write the journal: disk is full"
    );
    rusqlite::Connection::open(bench.path())
        .unwrap()
        .execute_batch("DROP TRIGGER full")
        .unwrap();
    assert_eq!(bench.journal.append(entry(intent("a"))).await.unwrap(), 2);
}
