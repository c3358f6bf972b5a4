//! Repositories that no mirror has.

use std::time::{Duration, Instant};

use mosipctl_artefact::{ArtefactError, Artefacts, GitFolder, Network, Settings};

use crate::world::{REPOSITORY, World, another, assert_is_the_folder, git};

#[tokio::test]
async fn without_a_mirror_the_repository_is_cloned() {
    let world = World::new();
    let artefacts = world.alone_with(world.server());
    let found = artefacts.git_folder(&world.wanted()).await.unwrap();
    assert_is_the_folder(&found);
    assert_eq!(world.cached().len(), 1);
}

#[tokio::test]
async fn all_files_of_the_folder_come_at_one_time() {
    let world = World::new();
    let trace = world.root.path().join("trace");
    let script = format!("GIT_TRACE='{}' exec git \"$@\"", trace.display());
    let artefacts = Artefacts::new(Settings {
        git_mirrors: None,
        git_server: world.server(),
        network: Network::Allowed,
        search_path: Some(world.git_that(&script).into_os_string()),
        ..world.settings()
    });
    assert_is_the_folder(&artefacts.git_folder(&world.wanted()).await.unwrap());
    let trace = std::fs::read_to_string(trace).unwrap();
    assert_eq!(trace.matches("built-in: git fetch").count(), 1, "{trace}");
}

#[tokio::test]
async fn a_server_that_gives_no_single_files_serves_too() {
    let world = World::new();
    let server = world.server();
    let bare = world.root.path().join("server").join(REPOSITORY);
    git(&bare, &["config", "uploadpack.allowFilter", "false"]);
    git(&bare, &["config", "uploadpack.allowAnySHA1InWant", "false"]);
    let artefacts = world.alone_with(server);
    assert_is_the_folder(&artefacts.git_folder(&world.wanted()).await.unwrap());
}

#[tokio::test]
async fn a_tag_that_was_moved_is_found_out() {
    let world = World::new();
    let wanted = GitFolder {
        tree: another(&world.tree),
        ..world.wanted()
    };
    let artefacts = world.alone_with(world.server());
    match artefacts.git_folder(&wanted).await.unwrap_err() {
        ArtefactError::Tree { found, .. } => assert_eq!(found, world.tree),
        error => panic!("{error:?}"),
    }
    assert!(world.cached().is_empty());
}

#[tokio::test]
async fn a_server_that_cannot_help_says_so_soon() {
    let world = World::new();
    let began = Instant::now();
    let no_tag = GitFolder {
        reference: "v9".to_owned(),
        ..world.wanted()
    };
    let no_repository = GitFolder {
        repository: "mosip/nothing".to_owned(),
        ..world.wanted()
    };
    let at_home = world.server();
    let away = "https://127.0.0.1:1".to_owned();
    for (server, wanted, says) in [
        (at_home.clone(), no_tag, "it has no tag `v9`"),
        (
            at_home.clone(),
            no_repository,
            "does not appear to be a git repository",
        ),
        (away, world.wanted(), "Failed to connect"),
    ] {
        let error = world.alone_with(server).git_folder(&wanted).await;
        let Err(ArtefactError::Download { source, .. }) = error else {
            panic!("{error:?}");
        };
        assert!(source.to_string().contains(says), "{source}");
    }
    assert!(began.elapsed() < Duration::from_secs(20));
}
