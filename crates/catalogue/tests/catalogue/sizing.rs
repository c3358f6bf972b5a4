//! What sizing rests on is whole: every number names where it is from, every component is one.

use std::collections::BTreeSet;

use crate::{edition, root};
use mosipctl_catalogue::sizing::{Basis, Datum};
use mosipctl_catalogue::{Sizing, Source};

fn sizing() -> Sizing {
    let source = Source::Folder(root().join("catalogue"));
    source
        .sizing(&"1.2.0.1".parse().unwrap())
        .unwrap_or_else(|error| panic!("{:?}", miette::Report::new(error)))
}

/// Calls back for every map of a document.
fn each<'a>(value: &'a serde_json::Value, see: &mut dyn FnMut(&'a serde_json::Value)) {
    match value {
        serde_json::Value::Object(map) => {
            see(value);
            map.values().for_each(|value| each(value, see));
        }
        serde_json::Value::Array(list) => list.iter().for_each(|value| each(value, see)),
        _ => {}
    }
}

#[test]
fn every_citation_has_a_source_and_every_source_is_cited() {
    let sizing = sizing();
    let value = serde_json::to_value(&sizing).unwrap();
    let mut cited = BTreeSet::new();
    each(&value, &mut |map| {
        let sources = map["sources"].as_array();
        cited.extend(
            sources
                .into_iter()
                .flatten()
                .filter_map(|name| name.as_str()),
        );
    });
    let known: BTreeSet<&str> = sizing.sources.keys().map(String::as_str).collect();
    assert_eq!(cited, known);
}

#[test]
fn what_is_official_names_its_source_and_what_is_assumed_its_reason() {
    let value = serde_json::to_value(sizing()).unwrap();
    let mut seen = 0;
    each(&value, &mut |map| {
        let Ok(datum) = serde_json::from_value::<Datum>(map.clone()) else {
            return;
        };
        seen += 1;
        match datum.basis {
            Basis::Official | Basis::Measured => assert_ne!(datum.sources.len(), 0, "{map}"),
            Basis::Assumed | Basis::Given => {}
        }
        assert!(datum.value.is_finite() && datum.value > 0.0, "{map}");
    });
    assert!(seen > 40, "{seen}");
}

#[test]
fn every_component_that_sizing_names_is_in_the_edition() {
    let (sizing, edition) = (sizing(), edition());
    let pre = &sizing.pre_registration;
    let rows = pre.computed.iter().chain(&pre.support).chain(&pre.fixed);
    let rows = rows.chain(&sizing.authentication.fixed);
    let rows = rows.filter_map(|row| row.component.as_ref());
    let served = sizing.authentication.computed.iter();
    let names = rows
        .chain(served.map(|row| &row.component))
        .chain(&sizing.registration.components)
        .chain(sizing.servers.keys());
    for name in names {
        assert!(edition.components.contains_key(name), "{name}");
    }
}

#[test]
fn a_wrong_number_is_shown_with_its_line() {
    let folder = tempfile::tempdir().unwrap();
    let new = folder.path().join("1.2.0.1.1");
    std::fs::create_dir_all(&new).unwrap();
    let from = root().join("catalogue/1.2.0.1");
    std::os::unix::fs::symlink(from, folder.path().join("1.2.0.1")).unwrap();
    let head = "version: 1.2.0.1.1\nextends: 1.2.0.1\n";
    std::fs::write(new.join("edition.yaml"), head).unwrap();
    std::fs::write(new.join("sizing.yaml"), "overhead: {value: much}\n").unwrap();
    let source = Source::Folder(folder.path().to_owned());
    let error = source.sizing(&"1.2.0.1.1".parse().unwrap()).unwrap_err();
    let said = error.to_string();
    assert!(said.starts_with("overhead.value: invalid type"), "{said}");

    std::fs::write(new.join("sizing.yaml"), "overhead: {value: 1.3}\n").unwrap();
    let sizing = source.sizing(&"1.2.0.1.1".parse().unwrap()).unwrap();
    assert_eq!(sizing.overhead.value, 1.3);
    assert_eq!(sizing.registration.reference.nodes, 21);
}
