//! The reader of psql's scripts: whatever stands in them, it ends with statements or with an error that names a line.
//!
//! The bytes are up to three files, parted by a zero: a script, one that it may include, rows for a table.

#![no_main]

use std::collections::BTreeMap;

use libfuzzer_sys::fuzz_target;
use mosipctl_postgres::{Action, Place, Rows, ScriptError, Statement, Variables, read};

const NAMES: [&str; 3] = ["a.sql", "b", "x"];

fuzz_target!(|bytes: &[u8]| {
    let parts = bytes.splitn(NAMES.len(), |byte| *byte == 0);
    let files: BTreeMap<String, Vec<u8>> = NAMES
        .iter()
        .map(|name| (*name).to_owned())
        .zip(parts.map(<[u8]>::to_vec))
        .collect();
    let mut variables = Variables::default();
    variables.set("a", "it's \\ \"so\"; :a");
    match read(&files, NAMES[0], &mut variables) {
        Ok(statements) => statements.iter().for_each(|one| check(&files, one)),
        Err(ScriptError::Line { place, problem }) => {
            assert!(!problem.is_empty());
            stands(&files, &place);
        }
        Err(ScriptError::File { by, .. }) => by.iter().for_each(|place| stands(&files, place)),
    }
});

fn check(files: &BTreeMap<String, Vec<u8>>, statement: &Statement) {
    stands(files, &statement.place);
    match &statement.action {
        Action::Sql(sql) => assert_eq!(sql.trim_end(), sql, "blanks at the end"),
        Action::Copy(copy) => match &copy.rows {
            Rows::File(file) => assert!(files.contains_key(file), "rows of no file"),
            Rows::Here(rows) => assert!(!rows.starts_with(b"\\.\n"), "the end among the rows"),
        },
        Action::Connect { .. } | Action::Echo(_) => {}
    }
}

/// A place is a line of a file that there is.
fn stands(files: &BTreeMap<String, Vec<u8>>, place: &Place) {
    let bytes = &files[place.file.as_ref()];
    let lines = 1 + bytes.iter().filter(|byte| **byte == b'\n').count();
    assert!(
        (1..=lines).contains(&place.line),
        "{place} of {lines} lines"
    );
}
