//! Writing files of a host.

use std::fs;
use std::io::Write;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

use crate::error::{AtPath, SiteError};

/// Writes a file with these permissions, and the folders above it.
pub(crate) fn write(path: &Path, mode: u32, text: &str) -> Result<(), SiteError> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).at(folder)?;
    }
    if path.exists() {
        fs::remove_file(path).at(path)?;
    }
    let mut options = fs::OpenOptions::new();
    let mut file = options
        .write(true)
        .create_new(true)
        .mode(mode)
        .open(path)
        .at(path)?;
    file.write_all(text.as_bytes()).at(path)?;
    // whatever the umask left
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).at(path)
}
