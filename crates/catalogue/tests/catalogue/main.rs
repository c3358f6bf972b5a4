//! The catalogue of this repository: it loads, is whole, and its guide tells the truth. What its components render to is
//! tested where rendering is.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

mod edition;
mod guide;
mod sizing;

use std::path::{Path, PathBuf};

use mosipctl_catalogue::{Catalogue, Source};

/// The repository.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The edition of the repository.
fn edition() -> Catalogue {
    let source = Source::Folder(root().join("catalogue"));
    source
        .load(&"1.2.0.1".parse().unwrap())
        .unwrap_or_else(|error| panic!("{:?}", miette::Report::new(error)))
}
