//! A real Keycloak of each version is started, stopped and started again.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "tests fail by panicking, and say what they skip"
)]

use std::time::Instant;

use mosipctl_artefact::{Artefacts, Settings};
use mosipctl_servers::{Keycloak, KeycloakSettings, KeycloakVersion};

async fn comes_and_goes(version: KeycloakVersion) {
    let folder = tempfile::tempdir().unwrap();
    let artefacts = Artefacts::new(Settings::from_environment().unwrap());
    let settings = KeycloakSettings {
        version,
        folder: folder.path().to_owned(),
        port: None,
        password: "for a lab".to_owned().into(),
    };
    for round in ["first", "second"] {
        let started = Instant::now();
        let keycloak = match Keycloak::start(&artefacts, &settings).await {
            Ok(keycloak) => keycloak,
            Err(error) if error.is_missing() => {
                eprintln!("skipped: {error}");
                return;
            }
            Err(error) => panic!("{error}"),
        };
        let seconds = started.elapsed().as_secs_f32();
        eprintln!("{version} answers after {seconds:.1} s ({round} start)");
        assert!(keycloak.url().starts_with("http://127.0.0.1:"));
        keycloak.stop().await;
    }
    let left = folder
        .path()
        .join("standalone/configuration/keycloak-add-user.json");
    assert!(!left.exists(), "the password is not left in a file");
}

#[tokio::test]
async fn keycloak_16_comes_and_goes() {
    comes_and_goes(KeycloakVersion::V16).await;
}

#[tokio::test]
async fn keycloak_26_comes_and_goes() {
    comes_and_goes(KeycloakVersion::V26).await;
}
