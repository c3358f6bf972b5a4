//! Files and folders that only we may read.

use std::fs;
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;

use crate::error::{AtPath, ServerError};

/// Makes the folder, or takes others' rights to it away.
pub(crate) fn private_folder(path: &Path) -> Result<(), ServerError> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true).mode(0o700).create(path).at(path)?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o700)).at(path)
}

/// Writes the file; one that others may read is not written into.
pub(crate) fn private_file(path: &Path, text: &str) -> Result<(), ServerError> {
    if path.exists() {
        fs::remove_file(path).at(path)?;
    }
    let mut options = fs::OpenOptions::new();
    let file = options.write(true).create_new(true).mode(0o600);
    let mut file = file.open(path).at(path)?;
    file.write_all(text.as_bytes()).at(path)
}
