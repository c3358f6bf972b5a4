//! Files of the state folder that only their owner may read, each whole or as it was before.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

/// A file cannot be used. Reads after "failed to".
#[derive(Debug, thiserror::Error)]
#[error("use `{path}`")]
pub struct FileError {
    /// The file.
    pub path: PathBuf,
    /// What the system says.
    #[source]
    pub source: io::Error,
}

/// Attaches the path to what the system says.
pub trait AtPath<T> {
    /// The same, with the path in its error.
    ///
    /// # Errors
    /// What the system said.
    fn at(self, path: &Path) -> Result<T, FileError>;
}

impl<T> AtPath<T> for io::Result<T> {
    fn at(self, path: &Path) -> Result<T, FileError> {
        self.map_err(|source| FileError {
            path: path.to_owned(),
            source,
        })
    }
}

/// A folder that only its owner may enter. While this lives, no other process changes what is in it.
#[derive(Debug)]
pub struct PrivateFolder {
    path: PathBuf,
    _lock: File,
}

impl PrivateFolder {
    /// Opens the folder, and makes it where it is not there. Waits while another process has it.
    ///
    /// # Errors
    /// The system refuses.
    pub fn open(path: &Path) -> Result<Self, FileError> {
        let made = DirBuilder::new().recursive(true).mode(0o700).create(path);
        made.at(path)?;
        fs::set_permissions(path, Permissions::from_mode(0o700)).at(path)?;
        let lock_file = path.join("lock");
        let mut options = OpenOptions::new();
        let options = options.write(true).create(true).truncate(false).mode(0o600);
        let lock = options.open(&lock_file).at(&lock_file)?;
        lock.lock().at(&lock_file)?;
        Ok(Self {
            path: path.to_owned(),
            _lock: lock,
        })
    }

    /// Where a file of that name lies.
    pub fn file(&self, name: impl AsRef<Path>) -> PathBuf {
        self.path.join(name)
    }
}

/// The text of a file; none where there is none.
///
/// # Errors
/// The system refuses, or it is no text.
pub fn read(path: &Path) -> Result<Option<String>, FileError> {
    match fs::read_to_string(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        text => text.map(Some).at(path),
    }
}

/// Writes a file that only its owner may read: aside and onto the disk, then in place.
///
/// # Errors
/// The system refuses; then what was there before is there still.
pub fn write(path: &Path, content: &[u8]) -> Result<(), FileError> {
    let mut aside = NamedTempFile::new_in(path.parent().unwrap_or(path)).at(path)?;
    aside.write_all(content).at(path)?;
    aside.as_file().sync_all().at(path)?;
    let kept = aside.persist(path);
    kept.map_err(|error| error.error).at(path).map(drop)
}

/// Removes a file; one that is not there is gone already.
///
/// # Errors
/// The system refuses.
pub fn remove(path: &Path) -> Result<(), FileError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error).at(path),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_for_its_owner_alone_and_can_be_forgotten_twice() {
        let above = tempfile::tempdir().unwrap();
        let folder = PrivateFolder::open(&above.path().join("a/b")).unwrap();
        let file = folder.file("x.key");
        assert_eq!(read(&file).unwrap(), None);
        write(&file, b"one").unwrap();
        write(&file, b"two").unwrap();
        assert_eq!(read(&file).unwrap().as_deref(), Some("two"));
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&file), 0o600);
        assert_eq!(mode(file.parent().unwrap()), 0o700);
        remove(&file).unwrap();
        remove(&file).unwrap();
        assert_eq!(read(&file).unwrap(), None);
    }

    #[test]
    fn a_file_that_cannot_be_written_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("none/x");
        let error = write(&file, b"x").unwrap_err();
        assert_eq!(error.to_string(), format!("use `{}`", file.display()));
    }
}
