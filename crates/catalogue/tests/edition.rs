//! The editions of this repository hold together.

use std::path::{Path, PathBuf};

use mosipctl_catalogue::{Catalogue, Source};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn edition() -> Catalogue {
    let source = Source::Folder(root().join("catalogue"));
    source
        .load(&"1.2.0.1".parse().unwrap())
        .unwrap_or_else(|error| panic!("{:?}", miette::Report::new(error)))
}

#[test]
fn edition_1_2_0_1_loads() {
    let edition = edition();
    assert!(
        edition.components.len() > 90,
        "{}",
        edition.components.len()
    );
}
