//! What the guide shows is true.

use std::fs;

use crate::root;
use mosipctl_catalogue::Source;
use mosipctl_catalogue::edition::Entry;

/// The first block of YAML in docs/catalogue.md.
fn example() -> String {
    let guide = fs::read_to_string(root().join("docs/catalogue.md")).unwrap();
    let (_, rest) = guide.split_once("```yaml\n").unwrap();
    rest.split_once("```").unwrap().0.to_owned()
}

fn with_the_example() -> Entry {
    let folder = tempfile::tempdir().unwrap();
    let from = root().join("catalogue/1.2.0.1");
    let new = folder.path().join("1.2.0.1.1");
    fs::create_dir_all(new.join("kernel")).unwrap();
    std::os::unix::fs::symlink(from, folder.path().join("1.2.0.1")).unwrap();
    let head = "version: 1.2.0.1.1\nextends: 1.2.0.1\n";
    fs::write(new.join("edition.yaml"), head).unwrap();
    fs::write(new.join("kernel/stamps.yaml"), example()).unwrap();
    let source = Source::Folder(folder.path().to_owned());
    let mut edition = source.load(&"1.2.0.1.1".parse().unwrap()).unwrap();
    edition.components.swap_remove("stamps").unwrap()
}

#[test]
fn the_example_of_the_guide_is_a_component() {
    let entry = with_the_example();
    let service = entry.component.service.unwrap();
    assert_eq!(
        service.container.image,
        "mosipid/kernel-stamps-service:1.2.0.1"
    );
    let shares = service.container.env_from.config_maps;
    assert_eq!(
        shares,
        ["global", "config-server-share", "artifactory-share"]
    );
    let needs: Vec<String> = entry
        .component
        .needs
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(
        needs,
        [
            "release config-server/config-server",
            "release artifactory/artifactory",
            "database mosip_kernel = 1.2.0.1"
        ]
    );
}
