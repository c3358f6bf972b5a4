//! The mirror: a folder of artefacts that somebody brought to a place without internet.
//!
//! `KIND/NAME/VERSION/NAME`, with `NAME.sha256` beside it as `sha256sum` writes it.

use std::path::{Path, PathBuf};

use crate::artefact::Artefact;
use crate::digest::Sha256;
use crate::error::{ArtefactError, AtPath};

/// Where the mirror keeps an artefact.
pub(crate) fn place(mirror: &Path, artefact: &Artefact) -> PathBuf {
    mirror
        .join(artefact.kind.folder())
        .join(&artefact.name)
        .join(&artefact.version)
        .join(&artefact.name)
}

/// The artefact, if the mirror has it. Blocks while it reads.
///
/// # Errors
/// It is there without a digest beside it, or is not what the digest says.
pub(crate) fn look(mirror: &Path, artefact: &Artefact) -> Result<Option<PathBuf>, ArtefactError> {
    let path = place(mirror, artefact);
    if !path.is_file() {
        return Ok(None);
    }
    let record = path.with_file_name(format!("{}.sha256", artefact.name));
    let text = std::fs::read_to_string(&record).at(&record)?;
    let text = text.split_whitespace().next().unwrap_or_default();
    let expected: Sha256 = text.parse().map_err(std::io::Error::other).at(&record)?;
    let found = Sha256::of_file(&path).at(&path)?;
    if found == expected {
        return Ok(Some(path));
    }
    Err(ArtefactError::Digest {
        what: path.display().to_string(),
        expected,
        found,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::program::Program;

    #[test]
    fn a_mirror_is_believed_only_with_its_digest() {
        let mirror = tempfile::tempdir().unwrap();
        let artefact = Program::Helm.artefact();
        assert_eq!(look(mirror.path(), &artefact).unwrap(), None);
        let path = place(mirror.path(), &artefact);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, "helm").unwrap();
        assert!(look(mirror.path(), &artefact).is_err());
        let record = path.with_file_name("helm.sha256");
        std::fs::write(&record, format!("{}  helm\n", Sha256::of(b"helm"))).unwrap();
        assert_eq!(look(mirror.path(), &artefact).unwrap(), Some(path.clone()));
        std::fs::write(&path, "other").unwrap();
        let error = look(mirror.path(), &artefact).unwrap_err();
        assert!(matches!(error, ArtefactError::Digest { .. }), "{error}");
    }
}
