//! A file with many rows goes through, not into, memory. Alone in its process, whose memory is measured.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "tests fail by panicking, and say what they skip"
)]

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::time::Instant;

use mosipctl_postgres::PostgresError;

use crate::support::{Scripts, driver, password, start_with};

#[path = "postgres/support.rs"]
#[allow(dead_code, reason = "the other tests of a real server use the rest")]
mod support;

/// Rows of a hundred bytes.
const ROWS: usize = 500_000;
/// What the file is read in, the buffers of the connection and the runtime's own; the file has fifty.
const MEGABYTES: u64 = 8;

#[tokio::test]
async fn fifty_megabytes_need_eight_and_an_error_in_them_knows_its_line() {
    let Some(postgres) = start_with("postgres-streaming", false).await else {
        return;
    };
    let server = driver(&postgres);
    let scripts = Scripts::of("keys", "streamed", &postgres);
    let file = scripts.path().join("dml/keys-policy.csv");
    let make = async || {
        let path = scripts.path();
        server.make(&scripts.wanted, path, &password(), None).await
    };
    let wrong = ROWS - 7;
    write_rows(&file, Some(wrong));
    let before = peak();
    let error = make().await.unwrap_err();
    let PostgresError::Statement { place, message, .. } = &error else {
        panic!("{error:?}");
    };
    assert_eq!(place.to_string(), "dml.sql:5");
    // the first line of the file names the columns
    let line = format!("COPY policy, line {}, column valid_days", wrong + 1);
    assert!(message.contains(&line), "{message}");
    write_rows(&file, None);
    let started = Instant::now();
    let made = make().await.unwrap();
    let took = started.elapsed().as_secs_f32();
    assert_eq!(made.rows, ROWS as u64);
    let grown = (peak() - before) / 1024;
    let size = std::fs::metadata(&file).unwrap().len() / 1_000_000;
    eprintln!("{size} MB in {took:.1} s, and {grown} MB of memory");
    assert!(grown <= MEGABYTES, "{grown} MB");
    postgres.stop().await;
}

/// Writes rows after a byte-order mark and a line with the names of the columns; the numbered one is wrong.
fn write_rows(file: &Path, wrong: Option<usize>) {
    let mut file = BufWriter::new(File::create(file).unwrap());
    writeln!(file, "\u{feff}app_id,valid_days,cr_dtimes,note").unwrap();
    for row in 1..=ROWS {
        let days = if wrong == Some(row) { "few" } else { "365" };
        let note = "so that the file is as big as it is to be, w";
        writeln!(file, "{row:036},{days},2024-01-01 00:00:00,{note:.38}").unwrap();
    }
}

/// The most memory that this process has had, in KiB.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let number = line.unwrap().split_whitespace().next();
    number.unwrap().parse().unwrap()
}
