//! Real builds of pinned Go modules. Without Go these fail, as they should.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "tests fail by panicking"
)]

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use mosipctl_artefact::{Action, ArtefactError, Artefacts, Network, Program, Report, Settings};
use tokio::sync::Notify;

/// Settings that find nothing but Go, and only when it is asked for.
fn settings(folder: &Path, with_go: bool) -> Settings {
    let tools = folder.join("tools");
    std::fs::create_dir_all(&tools).unwrap();
    if with_go {
        let path = std::env::var_os("PATH").unwrap();
        let go = std::env::split_paths(&path)
            .map(|folder| folder.join("go"))
            .find(|go| go.is_file())
            .expect("Go is needed to build the lab's programs");
        std::os::unix::fs::symlink(go, tools.join("go")).unwrap();
    }
    Settings {
        cache: folder.join("cache"),
        mirror: None,
        git_mirrors: None,
        git_server: String::new(),
        search_path: Some(tools.into_os_string()),
        network: Network::Allowed,
    }
}

#[tokio::test]
async fn a_program_is_built_once_and_says_its_version() {
    let folder = tempfile::tempdir().unwrap();
    let builds = Arc::new(AtomicUsize::new(0));
    let counter = builds.clone();
    let count = move |report: &Report| {
        if report.action == Action::Building && report.total.is_none() {
            counter.fetch_add(1, Ordering::SeqCst);
        }
    };
    let artefacts = Artefacts::new(settings(folder.path(), true)).telling(Arc::new(count));
    let (one, two) = tokio::join!(
        artefacts.program(Program::Etcd),
        artefacts.program(Program::Etcd)
    );
    let path = one.unwrap();
    assert_eq!(path, two.unwrap());
    assert_eq!(builds.load(Ordering::SeqCst), 1);
    let output = Command::new(&path).arg("--version").output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.starts_with("etcd Version: 3.6.14\n"), "{text}");
}

#[tokio::test]
async fn a_cancelled_build_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (begun, seen) = (Arc::new(Notify::new()), AtomicBool::new(false));
    let tell = begun.clone();
    let notice = move |report: &Report| {
        if report.total.is_some() && !seen.swap(true, Ordering::SeqCst) {
            tell.notify_one();
        }
    };
    let artefacts = Artefacts::new(settings(folder.path(), true)).telling(Arc::new(notice));
    tokio::select! {
        biased;
        () = begun.notified() => {}
        built = artefacts.program(Program::Etcd) => panic!("too fast: {built:?}"),
    }
    let cache = folder.path().join("cache");
    let scratch = std::fs::read_dir(cache.join("scratch")).unwrap();
    assert_eq!(scratch.count(), 0);
    assert!(!cache.join("programs").exists());
}

#[tokio::test]
async fn without_go_the_error_says_what_to_install() {
    let folder = tempfile::tempdir().unwrap();
    let artefacts = Artefacts::new(settings(folder.path(), false));
    let error = artefacts.program(Program::Kwok).await.unwrap_err();
    let ArtefactError::Missing { reason, help, .. } = &error else {
        panic!("{error}");
    };
    assert!(reason.contains("no `go` in PATH"), "{reason}");
    assert!(help.contains("https://go.dev/dl"), "{help}");
}

#[tokio::test]
async fn without_a_network_nothing_is_built() {
    let folder = tempfile::tempdir().unwrap();
    let settings = Settings {
        network: Network::Refused,
        ..settings(folder.path(), true)
    };
    let error = Artefacts::new(settings)
        .program(Program::Kwok)
        .await
        .unwrap_err();
    assert!(matches!(error, ArtefactError::Missing { .. }), "{error}");
}
