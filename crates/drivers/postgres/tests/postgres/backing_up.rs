//! Backups that are proven.

use mosipctl_postgres::{PostgresError, Tools};

use crate::support::{Scripts, ask, driver, password, postgres};

#[tokio::test]
async fn a_backup_is_restored_and_compared() {
    let Some(postgres) = postgres().await else {
        return;
    };
    let server = driver(postgres);
    let scripts = Scripts::of("partners", "kept", postgres);
    let wanted = &scripts.wanted;
    server
        .make(wanted, scripts.path(), &password(), None)
        .await
        .unwrap();
    let tools = Tools {
        dump: postgres.bin("pg_dump"),
        restore: postgres.bin("pg_restore"),
    };
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("kept.dump");
    let backup = server.backup(wanted, &tools, &file).await.unwrap();
    // three tables and two of ours; two types, one partner, two policies, one row of ours and one for each of eight scripts
    assert_eq!((backup.tables, backup.rows), (5, 14));
    assert!(backup.bytes > 0 && file.is_file());
    let left = "SELECT count(*) FROM pg_database WHERE datname LIKE 'kept%'";
    assert_eq!(ask(postgres, "postgres", left), "1");
}

#[tokio::test]
async fn a_program_that_fails_leaves_no_backup() {
    let Some(postgres) = postgres().await else {
        return;
    };
    let server = driver(postgres);
    let scripts = Scripts::of("keys", "lost", postgres);
    let wanted = &scripts.wanted;
    server
        .make(wanted, scripts.path(), &password(), None)
        .await
        .unwrap();
    let tools = Tools {
        dump: postgres.bin("pg_dump"),
        restore: "/bin/false".into(),
    };
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("lost.dump");
    let error = server.backup(wanted, &tools, &file).await.unwrap_err();
    assert!(matches!(error, PostgresError::Backup { .. }), "{error:?}");
    assert!(!file.exists());
    let left = "SELECT count(*) FROM pg_database WHERE datname LIKE 'lost%'";
    assert_eq!(ask(postgres, "postgres", left), "1");
}
