//! The charts of the repository, as folders.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use sha2::{Digest, Sha256};

/// A folder of charts.
#[derive(Debug)]
pub struct Charts {
    root: PathBuf,
    digests: Mutex<BTreeMap<String, String>>,
}

/// Why a chart cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum ChartsError {
    /// No chart has that name.
    #[error("no chart `{name}` in `{root}`")]
    Unknown {
        /// The name.
        name: String,
        /// Where was looked.
        root: PathBuf,
    },
    /// A file of it cannot be read.
    #[error("failed to read `{path}`")]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: std::io::Error,
    },
}

impl Charts {
    /// The charts in a folder that holds one folder per chart.
    pub fn in_folder(root: impl Into<PathBuf>) -> Self {
        Self {
            root: root.into(),
            digests: Mutex::default(),
        }
    }

    /// The folder of a chart.
    ///
    /// # Errors
    /// There is no such chart.
    pub fn folder(&self, name: &str) -> Result<PathBuf, ChartsError> {
        let folder = self.root.join(name);
        match folder.join("Chart.yaml").is_file() {
            true => Ok(folder),
            false => Err(ChartsError::Unknown {
                name: name.to_owned(),
                root: self.root.clone(),
            }),
        }
    }

    /// SHA-256 over every file of a chart, worked out once.
    ///
    /// # Errors
    /// There is no such chart, or a file cannot be read.
    pub fn digest(&self, name: &str) -> Result<String, ChartsError> {
        let mut known = self
            .digests
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(digest) = known.get(name) {
            return Ok(digest.clone());
        }
        let folder = self.folder(name)?;
        let mut hash = Sha256::new();
        add(&mut hash, &folder, &folder)?;
        let digest: String = hash
            .finalize()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        known.insert(name.to_owned(), digest.clone());
        Ok(digest)
    }
}

/// Adds a folder's files in the order of their names, each with its path and length, so that no two folders of
/// different content look the same.
fn add(hash: &mut Sha256, folder: &Path, root: &Path) -> Result<(), ChartsError> {
    let read = |path: &Path| {
        let path = path.to_owned();
        move |source| ChartsError::Read { path, source }
    };
    let entries = std::fs::read_dir(folder).map_err(read(folder))?;
    let mut paths: Vec<PathBuf> = entries
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            add(hash, &path, root)?;
            continue;
        }
        let content = std::fs::read(&path).map_err(read(&path))?;
        let name = path.strip_prefix(root).unwrap_or(&path).to_string_lossy();
        hash.update(format!("{name}\0{}\0", content.len()));
        hash.update(&content);
    }
    Ok(())
}
