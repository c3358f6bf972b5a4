use mosipctl_journal::{Broken, Head, JournalError};
use proptest::prelude::*;

use crate::samples::{Bench, entry, intent, note, one_of_each};

fn broken(bench: &Bench, known: &[Head]) -> Broken {
    match bench.reader().verify(known) {
        Err(JournalError::Broken(broken)) => broken,
        other => panic!("not broken: {other:?}"),
    }
}

async fn written() -> Bench {
    let bench = Bench::new();
    bench.write(one_of_each().into_iter().map(entry)).await;
    bench.reader().verify(&[]).unwrap();
    bench
}

#[tokio::test]
async fn the_first_changed_entry_is_named() {
    let bench = written().await;
    bench.tamper("UPDATE event SET body = replace(body, 'ada', 'eve') WHERE seq IN (9, 12)");
    assert_eq!(broken(&bench, &[]), Broken::Changed { seq: 9 });
}

#[tokio::test]
async fn a_missing_entry_is_named() {
    let bench = written().await;
    bench.tamper("DELETE FROM event WHERE seq = 5");
    assert_eq!(broken(&bench, &[]), Broken::Missing { seq: 5 });
    bench
        .reader()
        .tail(0, 100)
        .expect("the rest can still be read");
}

#[tokio::test]
async fn an_entry_taken_out_with_the_numbers_closed_up_is_seen() {
    let bench = written().await;
    bench.tamper(
        "DELETE FROM event WHERE seq = 5; UPDATE event SET seq = -seq WHERE seq > 5;
         UPDATE event SET seq = -seq - 1 WHERE seq < 0",
    );
    assert_eq!(broken(&bench, &[]), Broken::Changed { seq: 5 });
}

#[tokio::test]
async fn an_entry_filed_under_another_step_is_seen() {
    let bench = written().await;
    bench.tamper("UPDATE event SET step = 'make b' WHERE seq = 7");
    assert_eq!(broken(&bench, &[]), Broken::Misfiled { seq: 7 });
}

#[tokio::test]
async fn a_hash_of_another_type_is_a_change_and_no_crash() {
    let bench = written().await;
    bench.tamper("UPDATE event SET hash = x'00' WHERE seq = 3");
    assert_eq!(broken(&bench, &[]), Broken::Changed { seq: 3 });
}

#[tokio::test]
async fn an_end_that_was_cut_off_is_seen_by_who_kept_a_head() {
    let bench = written().await;
    let head = bench.reader().head().unwrap();
    bench.write([entry(intent("a"))]).await;
    bench.reader().verify(&[head]).unwrap();
    bench.tamper("DELETE FROM event WHERE seq > 20");
    bench.reader().verify(&[]).expect("alone, it looks whole");
    let seq = head.seq;
    assert_eq!(broken(&bench, &[head]), Broken::OtherHead { seq });
}

#[tokio::test]
async fn a_journal_written_anew_is_seen_by_who_kept_a_head() {
    let (bench, other) = (written().await, Bench::new());
    let head = bench.reader().head().unwrap();
    let events = one_of_each().into_iter().rev();
    other.write(events.map(entry)).await;
    let seq = head.seq;
    assert_eq!(broken(&other, &[head]), Broken::OtherHead { seq });
}

#[tokio::test]
async fn the_file_itself_refuses_changes() {
    let bench = written().await;
    let connection = rusqlite::Connection::open(bench.path()).unwrap();
    for script in ["DELETE FROM event", "UPDATE event SET body = ''"] {
        let error = connection.execute_batch(script).unwrap_err();
        assert!(error.to_string().contains("append-only"), "{error}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn any_changed_character_is_found_where_it_is(
        texts in prop::collection::vec("[a-z]{0,12}", 1..20),
        which in any::<prop::sample::Index>(),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let bench = Bench::new();
        runtime.block_on(bench.write(texts.iter().map(|text| entry(note("a", text)))));
        let seq = which.index(texts.len()) + 1;
        bench.tamper(&format!(
            "UPDATE event SET body = replace(body, '\"text\":\"', '\"text\":\"x') WHERE seq = {seq}"
        ));
        prop_assert_eq!(broken(&bench, &[]), Broken::Changed { seq: seq as u64 });
    }
}
