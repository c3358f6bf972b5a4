//! Data that goes, and what is kept of it.

use std::fs;
use std::path::{Path, PathBuf};

use super::Mirrored;
use crate::support::Story;

/// The files of the only backup in a folder.
fn backup(folder: &Path) -> Vec<PathBuf> {
    let of = |folder: &Path| -> Vec<PathBuf> {
        let entries = fs::read_dir(folder).into_iter().flatten().flatten();
        let mut found: Vec<_> = entries.map(|entry| entry.path()).collect();
        found.sort();
        found
    };
    let backups = of(folder);
    assert_eq!(backups.len(), 1, "{backups:?}");
    of(&backups[0])
}

#[tokio::test]
async fn data_goes_when_its_backup_is_proven_and_what_has_none_stands_in_the_journal() {
    let Some(mirrored) = Mirrored::new() else {
        return;
    };
    let (story, with) = (&mirrored.story, |arguments: &[&str]| {
        mirrored.run(arguments)
    });
    with(&["up", "--yes", "--speed", "100"]).done();
    let name = &story.name;
    let down = |folder: &str| {
        with(&[
            "down",
            "--delete-data",
            "--backup-to",
            folder,
            "--confirm",
            name,
        ])
    };
    down("/dev/null/nowhere")
        .ended_with(&[1])
        .says("nothing was touched");
    with(&["up", "--yes"]).done().says("nothing to do");
    let folder = story.folder().join("backups");
    fs::create_dir(&folder).unwrap();
    down(&folder.display().to_string())
        .done()
        .says("back up database app_main")
        .says("no backup");
    let files = backup(&folder);
    assert!(files[0].ends_with("app_main.dump"), "{files:?}");
    let events = story.run(&["events", "--json"]).done().out;
    // MOSIP's three, and two of our bookkeeping
    let proof = "5 tables with";
    assert!(events.contains(proof) && events.contains("restored and compared"));
    assert!(events.contains("lab-servers/server-password without a backup"));
    // nothing of what Jobs and preparations made is left, so both run once more
    with(&["plan", "--json"])
        .done()
        .says("run job lab-app/salt")
        .says("prepare database app_main");
    // the new server has nothing of the old one, its password least of all
    with(&["up", "--yes", "--speed", "100"]).done();
    with(&["verify", "data"]).ended_with(&[0]);
}

#[tokio::test]
async fn tokens_with_keys_go_when_their_copies_are_compared_and_opened() {
    let story = Story::sandbox("  rehearsal: {real: [softhsm]}\n");
    let said = story.run(&["up", "--speed", "100"]).done();
    if said.all().contains("softhsm: skipped") {
        eprintln!("skipped: there is no SoftHSM here");
        return;
    }
    let folder = story.folder().join("backups");
    fs::create_dir(&folder).unwrap();
    let to = folder.display().to_string();
    let name = &story.name;
    let down = [
        "down",
        "--delete-data",
        "--backup-to",
        &to,
        "--confirm",
        name,
    ];
    let said = story.run(&down).done();
    let said = said.all();
    let files = backup(&folder);
    for token in ["softhsm-kernel", "softhsm-ida"] {
        let (key, file) = (format!("softhsm/{token}"), format!("token-{token}.tar.gz"));
        assert!(said.contains(&format!("back up token {key}")), "{said}");
        assert!(!said.contains(&format!("no backup delete claim {key}")));
        assert!(!said.contains(&format!("no backup delete secret {key}")));
        for file in [file, format!("token-{token}.pin")] {
            assert!(files.iter().any(|it| it.ends_with(&file)), "{files:?}");
        }
    }
    let events = story.run(&["events", "--json"]).done().out;
    assert!(events.contains("files compared, opened with 0 objects in it"));
    assert!(!events.contains("claim softhsm/softhsm-kernel without a backup"));
}

/// Takes a whole MOSIP away, with its realm kept in a file; nothing where no Keycloak is real.
pub(super) fn of_a_realm(story: &Story) {
    let folder = story.folder().join("backups");
    fs::create_dir(&folder).unwrap();
    let to = folder.display().to_string();
    let down = [
        "down",
        "--delete-data",
        "--backup-to",
        &to,
        "--confirm",
        &story.name,
    ];
    let said = story.run(&down).done();
    if !said.all().contains("back up realm") {
        return;
    }
    let files = backup(&folder);
    let realm = files.iter().find(|file| file.ends_with("realm-mosip.json"));
    let text = fs::read_to_string(realm.unwrap()).unwrap();
    assert!(text.contains("mosip-admin-client") && !text.contains("BEGIN RSA PRIVATE KEY"));
}
