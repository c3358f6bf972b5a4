//! The editions of this repository hold together.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use crate::{edition, root};
use mosipctl_catalogue::component::Install;
use mosipctl_catalogue::relations::Placed;
use mosipctl_catalogue::{Catalogue, Fact, FactKind, Source};

/// The 24 folders that deployment/v3/mosip/all/install-all.sh of mosip/mosip-infra@v1.2.0.1 enters.
const INSTALL_SET: [&str; 24] = [
    "conf-secrets",
    "config-server",
    "artifactory",
    "keymanager",
    "websub",
    "mock-smtp",
    "kernel",
    "masterdata-loader",
    "biosdk",
    "packetmanager",
    "datashare",
    "prereg",
    "idrepo",
    "pms",
    "mock-abis",
    "mock-mv",
    "regproc",
    "admin",
    "ida",
    "print",
    "partner-onboarder",
    "mosip-file-server",
    "resident",
    "regclient",
];

fn facts_made(catalogue: &Catalogue, name: &str) -> BTreeSet<Fact> {
    let placed = Placed {
        name,
        namespace: catalogue.namespace_of(name).unwrap(),
        component: &catalogue.components[name].component,
    };
    placed.makes().into_iter().collect()
}

fn count(catalogue: &Catalogue, kind: FactKind) -> usize {
    let names = catalogue.components.iter();
    let installed = names.filter(|(_, entry)| {
        let module = &catalogue.edition.modules[&entry.module];
        let when = entry.component.when.as_ref();
        module.install == Install::Default
            && entry.component.install == Install::Default
            && when.is_none_or(|when| when.mode == "inCluster")
    });
    installed
        .flat_map(|(name, _)| facts_made(catalogue, name))
        .filter(|fact| fact.kind == kind)
        .count()
}

#[test]
fn the_whole_install_set_is_there() {
    let edition = edition();
    for module in INSTALL_SET {
        assert_eq!(
            edition.edition.modules[module].install,
            Install::Default,
            "{module}"
        );
        let mut components = edition.components.values();
        assert!(components.any(|entry| entry.module == module), "{module}");
    }
    for (module, _) in &edition.edition.modules {
        let mut components = edition.components.values();
        assert!(components.any(|entry| entry.module == *module), "{module}");
    }
    assert_eq!(count(&edition, FactKind::Database), 13);
    assert_eq!(count(&edition, FactKind::Realm), 1);
    assert_eq!(count(&edition, FactKind::Client), 28);
    assert_eq!(count(&edition, FactKind::Job), 11);
    assert_eq!(count(&edition, FactKind::Bucket), 5);
    assert_eq!(count(&edition, FactKind::Queue), 6);
}

#[test]
fn what_is_compiled_in_is_what_lies_in_the_folder() {
    let embedded = Source::Embedded.load(&"1.2.0.1".parse().unwrap()).unwrap();
    let folder = edition();
    assert_eq!(embedded.digest, folder.digest);
    assert!(embedded.components.keys().eq(folder.components.keys()));
}

#[test]
fn every_start_up_time_says_where_it_is_from() {
    for (name, entry) in &edition().components {
        let Some(startup) = &entry.component.startup else {
            let component = &entry.component;
            let has_pods =
                component.service.is_some() || component.chart.is_some() || component.job.is_some();
            assert!(!has_pods, "{name} has pods and no start-up time");
            continue;
        };
        let is_long = startup.seconds > 5;
        assert!(!is_long || startup.source.is_some(), "{name}");
    }
}

#[test]
fn every_pod_of_the_generic_chart_says_what_its_image_bears() {
    for (name, entry) in &edition().components {
        let service = entry.component.service.as_deref();
        let job = entry.component.job.as_deref();
        let security = service
            .map(|service| service.security.is_some())
            .or(job.map(|job| job.security.is_some()));
        assert_ne!(security, Some(false), "{name}");
    }
}

#[test]
fn every_image_of_a_module_names_a_version() {
    for (name, entry) in &edition().components {
        let component = &entry.component;
        let service = component.service.iter().map(|service| &service.container);
        let job = component.job.iter().map(|job| &job.container);
        for container in service.chain(job) {
            let tag = container
                .image
                .rsplit_once(':')
                .map_or("latest", |(_, tag)| tag);
            let is_floating = ["latest", "develop", "master"].contains(&tag) || tag.contains('/');
            assert!(!is_floating, "{name}: {}", container.image);
        }
    }
}

/// An edition that lies over another: its files beside those of the repository.
fn with_tests_editions() -> (tempfile::TempDir, Source) {
    let folder = tempfile::tempdir().unwrap();
    copy(&root().join("catalogue"), folder.path());
    copy(
        &root().join("crates/catalogue/tests/editions"),
        folder.path(),
    );
    let source = Source::Folder(folder.path().to_owned());
    (folder, source)
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        match path.is_dir() {
            true => copy(&path, &target),
            false => drop(fs::copy(&path, &target).unwrap()),
        }
    }
}

#[test]
fn edition_1_2_0_2_is_five_lines_over_1_2_0_1() {
    let (_folder, source) = with_tests_editions();
    let older = edition();
    let newer = source.load(&"1.2.0.2".parse().unwrap()).unwrap();
    assert!(newer.components.keys().eq(older.components.keys()));
    let changed: BTreeMap<&str, &str> = newer
        .components
        .iter()
        .filter(|(name, entry)| entry.component != older.components[*name].component)
        .map(|(name, entry)| {
            let service = entry.component.service.as_ref().unwrap();
            (name.as_str(), service.container.image.as_str())
        })
        .collect();
    let expected = [
        ("artifactory", "mosipid/artifactory-server:1.2.0.2"),
        ("mock-abis", "mosipid/mock-abis:1.2.0.2"),
        ("mock-mv", "mosipid/mock-mv:1.2.0.2"),
        ("pmp-ui", "mosipid/pmp-ui:1.2.0.2"),
        ("regclient", "mosipid/registration-client:1.2.0.2"),
    ];
    assert_eq!(changed, BTreeMap::from(expected));
    let artifactory = &newer.components["artifactory"].origins;
    let origin = |pointer| artifactory.of(pointer);
    assert_eq!(
        origin("/service/container/image"),
        Some("1.2.0.2/artifactory/artifactory.yaml")
    );
    assert_eq!(
        origin("/service/container/resources/requests/cpu"),
        Some("1.2.0.1/artifactory/artifactory.yaml")
    );
}
