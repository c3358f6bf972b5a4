//! The server stops, or falls silent, in the middle of a script.

use std::time::Duration;

use mosipctl_postgres::{Outcome, PostgresError, Standing};
use mosipctl_servers::{Postgres, PostgresOptions};

use crate::support::{Scripts, ask, driver, folder_of, password, postgres, start_with};

const SLEEP: &str = "SELECT pg_sleep(600);\nALTER TABLE keys.ring";

/// Waits until the script has come to its sleep.
async fn asleep(postgres: &Postgres, database: &str) {
    let ask_for = format!(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = '{database}' AND wait_event = 'PgSleep'"
    );
    while ask(postgres, "postgres", &ask_for) != "1" {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_stops_in_a_script_is_filled_when_it_is_back() {
    let Some(postgres) = start_with("postgres-stopping", false).await else {
        return;
    };
    let server = driver(&postgres);
    let scripts = Scripts::of("keys", "stopped", &postgres);
    let (path, wanted) = (scripts.path().to_owned(), scripts.wanted.clone());
    scripts.edit("ddl/keys-fk.sql", "ALTER TABLE keys.ring", SLEEP);
    let making = tokio::spawn(async move { server.make(&wanted, &path, &password(), None).await });
    asleep(&postgres, "stopped_keys").await;
    postgres.stop().await;
    let error = making.await.unwrap().unwrap_err();
    assert!(error.is_transient(), "{error:?}");
    let options = PostgresOptions {
        password: password(),
        fsync: false,
        settings: Vec::new(),
    };
    let folder = folder_of("postgres-stopping");
    let postgres = Postgres::start(&folder, &options).await.unwrap();
    let server = driver(&postgres);
    let wanted = std::slice::from_ref(&scripts.wanted);
    assert_eq!(server.look(wanted).await.unwrap(), [Standing::Absent]);
    scripts.edit("ddl/keys-fk.sql", SLEEP, "ALTER TABLE keys.ring");
    let made = server
        .make(&wanted[0], scripts.path(), &password(), None)
        .await
        .unwrap();
    assert_eq!((made.outcome, made.rows), (Outcome::Made, 3));
    postgres.stop().await;
}

#[tokio::test]
async fn a_server_that_falls_silent_is_given_up_and_what_is_left_of_the_run_is_ended() {
    let Some(postgres) = postgres().await else {
        return;
    };
    let scripts = Scripts::of("keys", "silent", postgres);
    scripts.edit("ddl/keys-fk.sql", "ALTER TABLE keys.ring", SLEEP);
    let hasty = driver(postgres).with_patience(Duration::from_secs(5));
    let error = hasty
        .make(&scripts.wanted, scripts.path(), &password(), None)
        .await
        .unwrap_err();
    assert!(
        matches!(error, PostgresError::Silent { .. }) && error.is_transient(),
        "{error:?}"
    );
    scripts.edit("ddl/keys-fk.sql", SLEEP, "ALTER TABLE keys.ring");
    let made = driver(postgres)
        .make(&scripts.wanted, scripts.path(), &password(), None)
        .await
        .unwrap();
    assert_eq!(made.outcome, Outcome::Made);
}

#[tokio::test]
async fn two_runs_at_a_time_make_a_database_once() {
    let Some(postgres) = postgres().await else {
        return;
    };
    let server = driver(postgres);
    let scripts = Scripts::of("partners", "twice", postgres);
    let password = password();
    let make = || server.make(&scripts.wanted, scripts.path(), &password, None);
    let (one, other) = tokio::join!(make(), make());
    let mut outcomes = [one.unwrap().outcome, other.unwrap().outcome];
    outcomes.sort_by_key(|outcome| *outcome == Outcome::Held);
    assert_eq!(outcomes, [Outcome::Made, Outcome::Held]);
}
