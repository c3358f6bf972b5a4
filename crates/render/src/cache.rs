//! Rendered manifests, kept by the digest of everything that went into them.

use std::path::{Path, PathBuf};

use mosipctl_object::Object;
use serde_json::Value;

/// A folder of rendered objects, one file per digest.
#[derive(Debug, Clone)]
pub(crate) struct Cache {
    folder: PathBuf,
}

impl Cache {
    pub(crate) fn in_folder(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
        }
    }

    /// What was kept under a digest; a file that cannot be read is as good as none.
    pub(crate) fn get(&self, digest: &str) -> Option<Vec<Object>> {
        let text = std::fs::read(self.file(digest)).ok()?;
        serde_json::from_slice(&text).ok()
    }

    /// Keeps objects under a digest. Written beside and renamed, so that a reader never sees half a file.
    pub(crate) fn put(&self, digest: &str, objects: &[Object]) -> std::io::Result<()> {
        std::fs::create_dir_all(&self.folder)?;
        let values: Vec<&Value> = objects.iter().map(Object::value).collect();
        let text = serde_json::to_vec(&values)?;
        let beside = self.folder.join(format!("{digest}.{}", std::process::id()));
        std::fs::write(&beside, text)?;
        std::fs::rename(&beside, self.file(digest))
    }

    fn file(&self, digest: &str) -> PathBuf {
        self.folder.join(format!("{digest}.json"))
    }
}
