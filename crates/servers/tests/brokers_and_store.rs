//! A real SeaweedFS, Artemis and Kafka are started, stopped and started again.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "tests fail by panicking, and say what they skip"
)]

use std::os::unix::fs::PermissionsExt;
use std::time::Instant;

use mosipctl_artefact::{Artefacts, Settings};
use mosipctl_servers::{
    Artemis, ArtemisSettings, Kafka, KafkaSettings, Keys, Seaweedfs, SeaweedfsSettings, ServerError,
};

fn artefacts() -> Artefacts {
    Artefacts::new(Settings::from_environment().unwrap())
}

/// The server, unless this machine cannot have it.
fn had<T>(started: Result<T, ServerError>) -> Option<T> {
    match started {
        Ok(server) => Some(server),
        Err(error) if error.is_missing() => {
            eprintln!("skipped: {error}");
            None
        }
        Err(error) => panic!("{error}"),
    }
}

#[tokio::test]
async fn seaweedfs_comes_and_goes() {
    let folder = tempfile::tempdir().unwrap();
    let settings = SeaweedfsSettings {
        folder: folder.path().to_owned(),
        port: None,
        owner: Keys {
            access: "admin".to_owned(),
            secret: "for a lab".to_owned().into(),
        },
        guests: Vec::new(),
    };
    for round in ["first", "second"] {
        let started = Instant::now();
        let Some(store) = had(Seaweedfs::start(&artefacts(), &settings).await) else {
            return;
        };
        let seconds = started.elapsed().as_secs_f32();
        eprintln!("SeaweedFS is healthy after {seconds:.1} s ({round} start)");
        let stopping = Instant::now();
        store.stop().await;
        let seconds = stopping.elapsed().as_secs_f32();
        eprintln!("it ends within {seconds:.1} s");
    }
    let keys = folder.path().join("identities.json");
    let mode = keys.metadata().unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "only we may read the keys");
}

#[tokio::test]
async fn artemis_comes_and_goes() {
    let folder = tempfile::tempdir().unwrap();
    let settings = ArtemisSettings {
        folder: folder.path().to_owned(),
        port: None,
        password: "for a lab".to_owned().into(),
    };
    for round in ["first", "second"] {
        let started = Instant::now();
        let Some(broker) = had(Artemis::start(&artefacts(), &settings).await) else {
            return;
        };
        let seconds = started.elapsed().as_secs_f32();
        eprintln!("Artemis takes connections after {seconds:.1} s ({round} start)");
        let stopping = Instant::now();
        broker.stop().await;
        let seconds = stopping.elapsed().as_secs_f32();
        eprintln!("it ends within {seconds:.1} s");
    }
    let users = folder.path().join("broker/etc/artemis-users.properties");
    let mode = users.metadata().unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "only we may read the password");
}

#[tokio::test]
async fn kafka_comes_and_goes() {
    let folder = tempfile::tempdir().unwrap();
    let settings = KafkaSettings {
        folder: folder.path().to_owned(),
        port: None,
        advertised: None,
    };
    for round in ["first", "second"] {
        let started = Instant::now();
        let Some(broker) = had(Kafka::start(&artefacts(), &settings).await) else {
            return;
        };
        let seconds = started.elapsed().as_secs_f32();
        eprintln!("Kafka takes connections after {seconds:.1} s ({round} start)");
        let stopping = Instant::now();
        broker.stop().await;
        let seconds = stopping.elapsed().as_secs_f32();
        eprintln!("it ends within {seconds:.1} s");
    }
}
