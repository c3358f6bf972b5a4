//! The folders that the catalogue pins, where there are mirrors of MOSIP's repositories.

use std::fs;
use std::path::Path;
use std::time::Instant;

use mosipctl_artefact::{ArtefactError, Artefacts, GitFolder, MIRROR_VARIABLE, Network, Settings};

#[tokio::test]
async fn the_scripts_of_mosip_are_what_the_catalogue_pins() {
    let Some(mirrors) = std::env::var_os(MIRROR_VARIABLE) else {
        eprintln!("skipped: {MIRROR_VARIABLE} names no folder of mirrors");
        return;
    };
    let cache = tempfile::tempdir().unwrap();
    let artefacts = Artefacts::new(Settings {
        cache: cache.path().to_owned(),
        mirror: None,
        git_mirrors: Some(mirrors.into()),
        git_server: String::new(),
        search_path: std::env::var_os("PATH"),
        network: Network::Refused,
    });
    for round in ["from the mirrors", "from the cache"] {
        let began = Instant::now();
        let mut here = 0;
        for wanted in pinned() {
            match artefacts.git_folder(&wanted).await {
                Ok(folder) => {
                    here += 1;
                    assert!(folder.join("db.sql").is_file(), "{wanted}");
                }
                Err(error @ ArtefactError::Missing { .. }) => eprintln!("skipped: {error}"),
                Err(error) => panic!("{error}"),
            }
        }
        eprintln!("{here} folders {round} in {:?}", began.elapsed());
    }
}

/// The folders of scripts that the catalogue names.
fn pinned() -> Vec<GitFolder> {
    let path = "../../catalogue/1.2.0.1/postgres-init/databases.yaml";
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap();
    let texts = text.split("scripts: {").skip(1);
    let folders = texts.map(|text| {
        let fields = text.split('}').next().unwrap().split(',');
        let fields = fields.filter_map(|field| field.split_once(':'));
        let fields: Vec<_> = fields
            .map(|(name, value)| (name.trim(), value.trim()))
            .collect();
        let field = |name| fields.iter().find(|it| it.0 == name).unwrap().1.to_owned();
        GitFolder {
            repository: field("repository"),
            reference: field("ref"),
            folder: field("folder"),
            tree: field("tree"),
        }
    });
    folders.collect()
}
