//! Why an artefact cannot be had.

use std::path::PathBuf;

use crate::digest::Sha256;

/// Why an artefact cannot be had.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum ArtefactError {
    /// There is no home folder to keep a cache in.
    #[error("there is no home folder to keep the cache in")]
    #[diagnostic(help("set MOSIPCTL_CACHE to a folder"))]
    NoHome,
    /// A file of the cache or the mirror cannot be read or written.
    #[error("failed to use `{path}`")]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: std::io::Error,
    },
    /// It is not here, and may not or cannot be fetched.
    #[error("{what} is not here: {reason}")]
    Missing {
        /// Name and version.
        what: String,
        /// Where it was looked for.
        reason: String,
        /// How to bring it.
        #[help]
        help: String,
    },
    /// It is not what was pinned.
    #[error("{what} is not what it should be: SHA-256 {found}, expected {expected}")]
    #[diagnostic(help("somebody changed it on the way; it was not used and not kept"))]
    Digest {
        /// Name and version, or the file.
        what: String,
        /// What was pinned.
        expected: Sha256,
        /// What came.
        found: Sha256,
    },
    /// It is a folder, and not the one that was pinned.
    #[error("{what} is not what it should be: Git tree {found}, expected {expected}")]
    #[diagnostic(help(
        "somebody changed it on the way, or moved the tag; it was not used and not kept"
    ))]
    Tree {
        /// Folder, repository and tag.
        what: String,
        /// What was pinned.
        expected: String,
        /// What came.
        found: String,
    },
    /// The download failed.
    #[error("failed to download {what} from {url}")]
    Download {
        /// Name and version.
        what: String,
        /// The address.
        url: String,
        /// What the network says.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The build failed.
    #[error("failed to build {what}: {reason}")]
    Build {
        /// Name and version.
        what: String,
        /// The last lines of the compiler.
        reason: String,
    },
}

/// Attaches the path to what the system says.
pub(crate) trait AtPath<T> {
    /// The error becomes [`ArtefactError::File`].
    fn at(self, path: &std::path::Path) -> Result<T, ArtefactError>;
}

impl<T> AtPath<T> for std::io::Result<T> {
    fn at(self, path: &std::path::Path) -> Result<T, ArtefactError> {
        self.map_err(|source| ArtefactError::File {
            path: path.to_owned(),
            source,
        })
    }
}
