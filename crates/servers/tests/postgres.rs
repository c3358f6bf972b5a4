//! A real PostgreSQL is set up, stopped, killed and started again.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "tests fail by panicking, and say what they skip"
)]

use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use mosipctl_servers::{Postgres, PostgresOptions, ServerError};

const PASSWORD: &str = "for a lab";

fn options() -> PostgresOptions {
    PostgresOptions {
        password: PASSWORD.to_owned().into(),
        fsync: false,
        settings: vec![("max_connections".to_owned(), "37".to_owned())],
    }
}

/// The server, unless this machine cannot have it.
async fn started(folder: &Path) -> Option<Postgres> {
    let began = Instant::now();
    match Postgres::start(folder, &options()).await {
        Ok(server) => {
            let seconds = began.elapsed().as_secs_f32();
            eprintln!("PostgreSQL takes logins after {seconds:.2} s");
            Some(server)
        }
        Err(error) if error.is_missing() => {
            eprintln!("skipped: {error}");
            None
        }
        Err(error) => panic!("{error}"),
    }
}

fn psql(server: &Postgres, password: &str, statement: &str) -> Output {
    let mut psql = Command::new(server.bin("psql"));
    psql.args(["-h", server.host(), "-p", &server.port().to_string()]);
    psql.args([
        "-U",
        server.superuser(),
        "-d",
        "postgres",
        "-Atc",
        statement,
    ]);
    psql.env("PGPASSWORD", password).output().unwrap()
}

fn ask(server: &Postgres, statement: &str) -> String {
    let output = psql(server, PASSWORD, statement);
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{statement}: {errors}");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

#[tokio::test]
async fn it_answers_its_own_psql_and_only_with_the_password() {
    let folder = tempfile::tempdir().unwrap();
    let Some(server) = started(folder.path()).await else {
        return;
    };
    assert_eq!(ask(&server, "show server_encoding"), "UTF8");
    assert_eq!(ask(&server, "show listen_addresses"), "127.0.0.1");
    assert_eq!(ask(&server, "show unix_socket_directories"), "");
    assert_eq!(ask(&server, "show max_connections"), "37");
    assert_eq!(ask(&server, "show fsync"), "off");
    let refused = psql(&server, "another", "select 1");
    assert!(!refused.status.success(), "{refused:?}");
    assert!(
        !folder.path().join("password").exists(),
        "the password is not left behind"
    );
    server.stop().await;
}

#[tokio::test]
async fn databases_of_the_locale_that_scripts_ask_for_can_be_made() {
    let folder = tempfile::tempdir().unwrap();
    let Some(server) = started(folder.path()).await else {
        return;
    };
    if !server.has_locale() {
        eprintln!("skipped: there is no en_US.UTF-8, and nothing to make it from");
        return;
    }
    let make = "create database mosip_kernel encoding 'UTF8' lc_collate 'en_US.UTF-8' \
                lc_ctype 'en_US.UTF-8' template template0";
    ask(&server, make);
    let look = "select datcollate from pg_database where datname = 'mosip_kernel'";
    assert_eq!(ask(&server, look), "en_US.UTF-8");
    server.stop().await;
}

#[tokio::test]
async fn what_it_was_told_outlives_a_stop_and_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let Some(server) = started(folder.path()).await else {
        return;
    };
    let port = server.port();
    ask(&server, "create table notes as select 'kept' as note");
    // somebody who stays must not keep it from ending
    let mut guest = Command::new(server.bin("psql"));
    guest.args(["-h", server.host(), "-p", &port.to_string()]);
    guest.args(["-U", "postgres", "-c", "select pg_sleep(600)"]);
    let guest = guest.env("PGPASSWORD", PASSWORD).stderr(Stdio::null());
    let mut guest = guest.spawn().unwrap();
    let present = "select count(*) from pg_stat_activity where query like '%(600)' and pid <> pg_backend_pid()";
    while ask(&server, present) != "1" {
        assert!(guest.try_wait().unwrap().is_none(), "it was let in");
    }
    let stopping = Instant::now();
    server.stop().await;
    let seconds = stopping.elapsed().as_secs_f32();
    eprintln!("it ends within {seconds:.2} s");
    guest.wait().unwrap();

    let server = started(folder.path()).await.unwrap();
    assert_eq!(server.port(), port, "it is found where it was");
    assert_eq!(ask(&server, "select note from notes"), "kept");
    drop(server);

    let server = started(folder.path()).await.unwrap();
    assert_eq!(ask(&server, "select note from notes"), "kept");
    server.stop().await;
}

#[tokio::test]
async fn a_folder_that_its_user_cannot_enter_is_named() {
    let Some(server) = started(tempfile::tempdir().unwrap().path()).await else {
        return;
    };
    server.stop().await;
    let ours = tempfile::tempdir().unwrap();
    let inside = ours.path().join("server");
    match Postgres::start(&inside, &options()).await {
        // it runs as whoever we are
        Ok(server) => server.stop().await,
        Err(ServerError::File { path, .. }) => assert_eq!(path, ours.path()),
        Err(error) => panic!("{error}"),
    }
}

/// Set where this file runs itself as a program that ends without a word to its server.
const FOLDER: &str = "MOSIPCTL_TEST_FOLDER";

#[tokio::test]
async fn a_program_that_ends_takes_its_server_along() {
    if let Some(folder) = std::env::var_os(FOLDER) {
        std::mem::forget(started(Path::new(&folder)).await);
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let mut program = Command::new(std::env::current_exe().unwrap());
    program.args(["--exact", "a_program_that_ends_takes_its_server_along"]);
    let output = program.env(FOLDER, folder.path()).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let record = folder.path().join("data/postmaster.pid");
    let Ok(record) = std::fs::read_to_string(record) else {
        eprintln!("skipped: there was no server");
        return;
    };
    let pid = record.lines().next().unwrap();
    let cmdline = Path::new("/proc").join(pid).join("cmdline");
    let until = Instant::now() + Duration::from_secs(10);
    while std::fs::read(&cmdline).is_ok_and(|line| !line.is_empty()) {
        assert!(Instant::now() < until, "process {pid} is still there");
        tokio::task::yield_now().await;
    }
}
