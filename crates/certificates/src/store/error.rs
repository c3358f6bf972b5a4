//! Why certificates cannot be read or kept.

use std::path::PathBuf;

use mosipctl_keep::FileError;

use super::TRUST;

/// Why certificates cannot be read or kept. Reads after "failed to".
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A file cannot be used.
    #[error("use `{path}`")]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: std::io::Error,
    },
    /// The file is not as this program writes it.
    #[error("read `{path}`: {reason}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What is wrong with it; nothing of a key.
        reason: String,
    },
    /// The key of our own authority is lost.
    #[error("find the key of the environment's own authority in `{path}`")]
    NoAuthorityKey {
        /// Where it should be.
        path: PathBuf,
    },
}

impl From<FileError> for StoreError {
    fn from(FileError { path, source }: FileError) -> Self {
        Self::File { path, source }
    }
}

impl StoreError {
    /// What a person can do about it.
    pub fn remedy(&self) -> String {
        match self {
            Self::File { .. } => {
                "see that the folder belongs to you and that the disk is not full".to_owned()
            }
            Self::Unreadable { .. } => {
                "put the file back from a backup of the state folder".to_owned()
            }
            Self::NoAuthorityKey { path } => format!(
                "put it back from a backup; or remove `{TRUST}` in {} to begin with a new authority, which everybody has to be told to trust",
                path.parent().unwrap_or(path).display()
            ),
        }
    }
}
