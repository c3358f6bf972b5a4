//! A token is made once, opens with its PIN alone, and comes back from its archive.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Instant;

use mosipctl_servers::SoftHsm;

use crate::support::{artefacts, had, token_settings};

/// The names of all tokens, which are drawn when they are made. What is in them changes when somebody logs in.
fn names(folder: &Path) -> Vec<String> {
    let tokens = folder.join("tokens").read_dir().unwrap();
    let name = |token: std::fs::DirEntry| token.file_name().into_string().unwrap();
    tokens.map(|token| name(token.unwrap())).collect()
}

#[tokio::test]
async fn a_token_is_made_once_and_opens_with_its_pin_alone() {
    let folder = tempfile::tempdir().unwrap();
    let settings = token_settings(folder.path());
    let started = Instant::now();
    let Some(token) = had(SoftHsm::open(&artefacts(), &settings).await) else {
        return;
    };
    let elapsed = started.elapsed();
    eprintln!("a token is made in {elapsed:.1?}");
    assert_eq!(token.objects().await.unwrap(), []);
    assert!(token.opens(&settings.pin).await.unwrap());
    for wrong in ["wrong", "x", ""] {
        let opens = token.opens(&wrong.to_owned().into()).await;
        assert!(!opens.unwrap(), "`{wrong}` opens it");
    }
    let before = names(folder.path());
    SoftHsm::open(&artefacts(), &settings).await.unwrap();
    assert_eq!(before, names(folder.path()), "it is the same token");
    let shown = format!("{token:?} {settings:?}");
    assert!(!shown.contains("for a"), "{shown}");
}

#[tokio::test]
async fn a_token_that_does_not_open_is_refused_and_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let mut settings = token_settings(folder.path());
    if had(SoftHsm::open(&artefacts(), &settings).await).is_none() {
        return;
    }
    let before = names(folder.path());
    settings.pin = "another".to_owned().into();
    let error = SoftHsm::open(&artefacts(), &settings).await.unwrap_err();
    let text = error.to_string();
    assert!(text.contains("does not open with this PIN"), "{text}");
    assert!(!text.contains("another"), "{text}");
    assert_eq!(before, names(folder.path()));
    settings.label = "somebody else".to_owned();
    let error = SoftHsm::open(&artefacts(), &settings).await.unwrap_err();
    assert!(!error.is_missing(), "{error}");
    let right = token_settings(folder.path());
    SoftHsm::open(&artefacts(), &right).await.unwrap();
}

#[tokio::test]
async fn a_token_comes_back_from_its_archive_but_not_over_another() {
    let folder = tempfile::tempdir().unwrap();
    let settings = token_settings(&folder.path().join("first"));
    let Some(token) = had(SoftHsm::open(&artefacts(), &settings).await) else {
        return;
    };
    let archive = folder.path().join("token.tar.gz");
    token.archive(&archive).await.unwrap();
    let mode = archive.metadata().unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "only we may read it");
    let again = SoftHsm::restore(&artefacts(), &settings, &archive).await;
    let text = again.unwrap_err().to_string();
    assert!(text.contains("there is a token"), "{text}");
    let second = token_settings(&folder.path().join("second"));
    let restored = SoftHsm::restore(&artefacts(), &second, &archive).await;
    assert!(restored.unwrap().opens(&settings.pin).await.unwrap());
    assert_eq!(names(&settings.folder), names(&second.folder));
}

#[tokio::test]
async fn a_machine_without_the_tool_is_told_what_to_install() {
    let folder = tempfile::tempdir().unwrap();
    let mut settings = artefacts().settings().clone();
    settings.search_path = None;
    let artefacts = mosipctl_artefact::Artefacts::new(settings);
    let opened = SoftHsm::open(&artefacts, &token_settings(folder.path())).await;
    let error = opened.unwrap_err();
    assert!(error.is_missing());
    assert!(error.help().unwrap().contains("opensc"));
}
