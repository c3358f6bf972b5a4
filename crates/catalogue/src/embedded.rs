//! The catalogue that is compiled into the program.

use include_dir::{Dir, include_dir};

/// The repository's `catalogue/` folder.
pub(crate) static CATALOGUE: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/../../catalogue");
