//! The tables of the journal, and how they came to be.

use rusqlite::{Connection, TransactionBehavior};

use crate::journal::JournalError;

/// One script per version of the schema; `PRAGMA user_version` tells how many have run.
const MIGRATIONS: &[&str] = &[
    // 1: the log itself. `run`, `kind` and `step` repeat what is in `body`, for searching; `body` is what the hash
    // covers. The triggers make append-only the rule for everybody who opens the file, not only for us.
    "CREATE TABLE event (
        seq INTEGER PRIMARY KEY,
        run TEXT NOT NULL,
        kind TEXT NOT NULL,
        step TEXT,
        body TEXT NOT NULL,
        hash BLOB NOT NULL
     ) STRICT;
     CREATE INDEX event_by_run ON event (run, seq);
     CREATE INDEX event_by_kind ON event (kind, step, seq);
     CREATE TRIGGER event_is_never_changed BEFORE UPDATE ON event
        BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
     CREATE TRIGGER event_is_never_deleted BEFORE DELETE ON event
        BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;",
];

/// The version of the schema that this program writes.
pub(crate) const VERSION: usize = MIGRATIONS.len();

/// The version of the schema in the file.
pub(crate) fn version(connection: &Connection) -> Result<usize, rusqlite::Error> {
    connection.pragma_query_value(None, "user_version", |row| row.get(0))
}

/// Brings the schema to the newest version, each step in a transaction of its own.
pub(crate) fn migrate(connection: &mut Connection) -> Result<(), JournalError> {
    migrate_with(connection, MIGRATIONS)
}

fn migrate_with(connection: &mut Connection, scripts: &[&str]) -> Result<(), JournalError> {
    loop {
        // Immediate: of two programs that open a new journal at once, the second waits and finds the work done.
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let done = version(&transaction)?;
        if done > scripts.len() {
            return Err(JournalError::Newer { version: done });
        }
        let Some(script) = scripts.get(done) else {
            return Ok(());
        };
        transaction.execute_batch(script)?;
        transaction.pragma_update(None, "user_version", done + 1)?;
        transaction.commit()?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_migration_runs_once() {
        let mut connection = Connection::open_in_memory().unwrap();
        let second = "ALTER TABLE event ADD COLUMN extra TEXT";
        migrate(&mut connection).unwrap();
        migrate(&mut connection).unwrap();
        assert_eq!(version(&connection).unwrap(), VERSION);
        let scripts = [MIGRATIONS, &[second]].concat();
        migrate_with(&mut connection, &scripts).unwrap();
        assert_eq!(version(&connection).unwrap(), VERSION + 1);
    }

    #[test]
    fn a_migration_that_fails_leaves_nothing_behind() {
        let mut connection = Connection::open_in_memory().unwrap();
        let scripts = [
            "CREATE TABLE a (b TEXT)",
            "CREATE TABLE c (d TEXT); NONSENSE",
        ];
        assert!(migrate_with(&mut connection, &scripts).is_err());
        assert_eq!(version(&connection).unwrap(), 1);
        assert!(
            connection
                .execute("INSERT INTO c VALUES ('x')", [])
                .is_err()
        );
    }

    #[test]
    fn a_journal_of_a_newer_program_is_left_alone() {
        let mut connection = Connection::open_in_memory().unwrap();
        connection.pragma_update(None, "user_version", 99).unwrap();
        let error = migrate(&mut connection).unwrap_err();
        assert!(matches!(error, JournalError::Newer { version: 99 }));
    }
}
