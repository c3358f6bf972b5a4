//! Where scripts and the data beside them come from.

use std::collections::BTreeMap;
use std::io;
use std::path::{Component, Path, PathBuf};

/// A folder of files by their paths in it, with `/` between the parts.
pub trait Files {
    /// The bytes of a file.
    ///
    /// # Errors
    /// It is not there or cannot be read.
    fn read(&self, path: &str) -> io::Result<Vec<u8>>;

    /// Whether a file can be read, which is found out without reading all of it.
    ///
    /// # Errors
    /// It is not there or cannot be read.
    fn find(&self, path: &str) -> io::Result<()>;
}

impl Files for BTreeMap<String, Vec<u8>> {
    fn read(&self, path: &str) -> io::Result<Vec<u8>> {
        let bytes = self.get(path).cloned();
        bytes.ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn find(&self, path: &str) -> io::Result<()> {
        self.read(path).map(drop)
    }
}

/// A folder on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folder(
    /// Its path.
    pub PathBuf,
);

impl Files for Folder {
    fn read(&self, path: &str) -> io::Result<Vec<u8>> {
        std::fs::read(self.0.join(path))
    }

    fn find(&self, path: &str) -> io::Result<()> {
        match std::fs::File::open(self.0.join(path))?.metadata()?.is_dir() {
            true => Err(io::ErrorKind::IsADirectory.into()),
            false => Ok(()),
        }
    }
}

/// The path of a file that a script names, from the folder of the scripts on; none when it leads out of the folder.
pub(crate) fn within(base: &str, name: &str) -> Option<String> {
    let mut parts = Vec::new();
    for component in Path::new(base).join(name).components() {
        match component {
            Component::Normal(part) => parts.push(part.to_str()?.to_owned()),
            Component::CurDir => {}
            Component::ParentDir => drop(parts.pop()?),
            Component::RootDir | Component::Prefix(_) => return None,
        }
    }
    Some(parts.join("/"))
}

/// The folder that a file lies in.
pub(crate) fn folder_of(file: &str) -> &str {
    file.rsplit_once('/').map_or("", |(folder, _)| folder)
}
