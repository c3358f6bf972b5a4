//! Folders from mirrors.

use mosipctl_artefact::{ArtefactError, Artefacts, GitFolder, MIRROR_VARIABLE, Settings};

use crate::world::{FOLDER, REPOSITORY, TAG, World, another, assert_is_the_folder, git};

#[tokio::test]
async fn the_folder_is_taken_from_a_mirror_wherever_that_lies() {
    for place in [
        "mosip/keymanager.git",
        "mosip/keymanager",
        "mosip+keymanager/repo",
        "keymanager.git",
    ] {
        let world = World::new();
        world.mirror(place);
        let found = world.artefacts().git_folder(&world.wanted()).await;
        assert_is_the_folder(&found.expect(place));
        assert_eq!(world.cached().len(), 1);
    }
}

#[tokio::test]
async fn a_mirror_without_the_tag_serves_when_it_has_the_tree() {
    let world = World::new();
    let mirror = world.mirror("keymanager.git");
    git(&mirror, &["tag", "--delete", TAG]);
    let found = world.artefacts().git_folder(&world.wanted()).await;
    assert_is_the_folder(&found.unwrap());
}

#[tokio::test]
async fn a_repository_that_nobody_has_is_named_with_how_to_bring_it() {
    let world = World::new();
    let error = world.artefacts().git_folder(&world.wanted()).await;
    let error = error.unwrap_err();
    let ArtefactError::Missing { help, .. } = &error else {
        panic!("{error:?}");
    };
    for needed in [MIRROR_VARIABLE, "a bare mirror of mosip/keymanager"] {
        assert!(help.contains(needed), "{help}");
    }
    let text = error.to_string();
    for needed in [REPOSITORY, TAG, FOLDER, &world.tree] {
        assert!(text.contains(needed), "{text}");
    }
}

#[tokio::test]
async fn a_mirror_that_has_another_folder_does_not_serve() {
    let world = World::new();
    world.mirror("keymanager.git");
    let wanted = GitFolder {
        tree: another(&world.tree),
        ..world.wanted()
    };
    let error = world.artefacts().git_folder(&wanted).await.unwrap_err();
    assert!(matches!(error, ArtefactError::Missing { .. }), "{error:?}");
    assert!(world.cached().is_empty());
}

#[tokio::test]
async fn a_mirror_that_lies_about_its_files_is_found_out() {
    let world = World::new();
    world.mirror("keymanager.git");
    // a Git that changes files as it gives them
    let tools = world.git_that("git \"$@\" | sed -u s/create/delete/");
    let deceived = Artefacts::new(Settings {
        search_path: Some(tools.into_os_string()),
        ..world.settings()
    });
    match deceived.git_folder(&world.wanted()).await.unwrap_err() {
        ArtefactError::Tree { found, .. } => assert_ne!(found, world.tree),
        error => panic!("{error:?}"),
    }
    assert!(world.cached().is_empty());
}

#[tokio::test]
async fn what_would_be_an_option_of_git_or_leave_the_folder_is_refused() {
    let world = World::new();
    let artefacts = world.artefacts();
    let wanted = world.wanted();
    let with = |change: fn(&mut GitFolder)| {
        let mut changed = wanted.clone();
        change(&mut changed);
        changed
    };
    for changed in [
        with(|it| it.repository = "../etc".to_owned()),
        with(|it| it.repository = "keymanager".to_owned()),
        with(|it| it.reference = "--upload-pack=x".to_owned()),
        with(|it| it.tree = "HEAD".to_owned()),
    ] {
        let error = artefacts.git_folder(&changed).await.unwrap_err();
        let ArtefactError::Missing { help, .. } = &error else {
            panic!("{error:?}");
        };
        assert_eq!(help, "correct it in the catalogue", "{changed:?}");
    }
}
