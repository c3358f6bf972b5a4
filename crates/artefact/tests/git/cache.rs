//! Folders that were read before.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use mosipctl_artefact::{Artefacts, Settings};

use crate::world::{World, assert_is_the_folder, write};

#[tokio::test]
async fn what_is_in_the_cache_needs_neither_mirror_nor_git() {
    let world = World::new();
    let mirror = world.mirror("keymanager.git");
    let found = world.artefacts().git_folder(&world.wanted()).await.unwrap();
    fs::remove_dir_all(mirror).unwrap();
    let alone = Artefacts::new(Settings {
        git_mirrors: None,
        search_path: None,
        ..world.settings()
    });
    assert_eq!(alone.git_folder(&world.wanted()).await.unwrap(), found);
}

#[tokio::test]
async fn a_folder_that_was_changed_in_the_cache_is_read_again() {
    let world = World::new();
    world.mirror("keymanager.git");
    let artefacts = world.artefacts();
    let changes: [fn(&Path); 6] = [
        |found| write(found, "db.sql", "drop database keymgr;\n"),
        |found| write(found, "more.sql", ""),
        |found| fs::remove_file(found.join("ddl/keys.sql")).unwrap(),
        |found| fs::create_dir(found.join("empty")).unwrap(),
        |found| {
            let plain = PermissionsExt::from_mode(0o644);
            fs::set_permissions(found.join("deploy.sh"), plain).unwrap();
        },
        |found| {
            fs::remove_file(found.join("db.sql")).unwrap();
            std::os::unix::fs::symlink("/etc/passwd", found.join("db.sql")).unwrap();
        },
    ];
    for (number, change) in changes.into_iter().enumerate() {
        let found = artefacts.git_folder(&world.wanted()).await.unwrap();
        change(&found);
        let mended = artefacts.git_folder(&world.wanted()).await.unwrap();
        assert_eq!(mended, found);
        assert_is_the_folder(&mended);
        for more in ["more.sql", "empty"] {
            assert!(!mended.join(more).exists(), "change {number}");
        }
        assert_eq!(world.cached().len(), 1);
    }
}

#[tokio::test]
async fn many_at_a_time_get_the_same_folder() {
    let world = World::new();
    world.mirror("keymanager.git");
    let artefacts = world.artefacts();
    let wanted = world.wanted();
    let all = (0..8).map(|_| artefacts.git_folder(&wanted));
    for found in futures::future::join_all(all).await {
        assert_is_the_folder(&found.unwrap());
    }
    assert_eq!(world.cached().len(), 1);
}
