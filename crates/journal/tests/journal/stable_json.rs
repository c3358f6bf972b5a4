use mosipctl_journal::Event;

use crate::samples::{Bench, entry, one_of_each};

#[test]
fn the_json_of_every_kind_is_what_it_was_in_earlier_versions() {
    let lines: Vec<String> = one_of_each()
        .iter()
        .map(|event| serde_json::to_string(event).unwrap())
        .collect();
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn an_entry_tells_when_in_which_run_and_by_whom() {
    insta::assert_snapshot!(
        serde_json::to_string(&entry(Event::Paused)).unwrap(),
        @r#"{"time":"2026-11-22T14:30:05.123Z","elapsed":1500,"run":"r1","actor":{"user":"ada","cluster":"kubernetes-admin"},"event":{"kind":"paused"}}"#
    );
}

#[test]
fn every_kind_is_read_back_as_it_was_written() {
    for event in one_of_each() {
        let text = serde_json::to_string(&event).unwrap();
        assert_eq!(serde_json::from_str::<Event>(&text).unwrap(), event);
        assert!(text.contains(&format!("\"kind\":\"{}\"", event.kind())));
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        let step = value.get("step").and_then(|step| step.as_str());
        assert_eq!(event.step().map(|step| step.as_str()), step);
    }
}

#[tokio::test]
async fn a_kind_that_a_newer_program_wrote_is_read_as_unknown() {
    let bench = Bench::new();
    bench.write([entry(Event::Paused)]).await;
    let body = r#"{"actor":{"user":"ada"},"elapsed":1,"event":{"kind":"moonPhase","phase":"full"},"run":"r1","time":"2026-11-22T14:30:05Z"}"#;
    let hash = bench.reader().head().unwrap().hash.then(body);
    let connection = rusqlite::Connection::open(bench.path()).unwrap();
    connection
        .execute(
            "INSERT INTO event (seq, run, kind, body, hash) VALUES (2, 'r1', 'moonPhase', ?1, ?2)",
            (body, hash.as_bytes()),
        )
        .unwrap();
    let reader = bench.reader();
    reader.verify(&[]).unwrap();
    assert_eq!(reader.tail(1, 9).unwrap()[0].entry.event, Event::Unknown);
    bench.write([entry(Event::Resumed)]).await;
    assert_eq!(reader.verify(&[]).unwrap().seq, 3);
}
