//! A token as one file, and back.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use mosipctl_artefact::Artefacts;

use super::{SoftHsm, SoftHsmSettings, TOKENS, refused};
use crate::error::{AtPath, ServerError};
use crate::private::private_folder;
use crate::process::{RunAs, run};

impl SoftHsm {
    /// Writes the token into an archive that only we may read. Its keys in there are encrypted with its PIN, which is not.
    /// Nobody may make keys meanwhile.
    ///
    /// # Errors
    /// It cannot be read, or the file not be written.
    pub async fn archive(&self, file: &Path) -> Result<(), ServerError> {
        let folder = file.parent().unwrap_or(Path::new("."));
        // made by us alone and moved when it is whole
        let part = tempfile::NamedTempFile::new_in(folder).at(folder)?;
        let mut pack = Command::new("tar");
        pack.args(["--create", "--gzip", "--file"]).arg(part.path());
        pack.arg("--directory").arg(&self.folder).arg(TOKENS);
        run("pack the token", &pack, RunAs::Ourselves).await?;
        let kept = part.persist(file).map_err(|error| error.error).at(file)?;
        kept.sync_all().at(file)
    }

    /// Puts a token back from its archive, into a folder that has none.
    ///
    /// # Errors
    /// There is a token, the archive holds none, or the PIN does not open it.
    pub async fn restore(
        artefacts: &Artefacts,
        settings: &SoftHsmSettings,
        file: &Path,
    ) -> Result<Self, ServerError> {
        let folder = &settings.folder;
        let tokens = folder.join(TOKENS);
        if tokens.exists() {
            let text = "there is a token in `{}` already; move it away to put another there";
            return Err(refused(text.replace("{}", &folder.display().to_string())));
        }
        Self::unpack(file, folder).await?;
        Self::open(artefacts, settings).await
    }

    /// Puts the files of an archive into a folder, and gives where they lie. Only [`SoftHsm::open`] tells whether they are a token.
    ///
    /// # Errors
    /// The archive holds none, or the files cannot be written.
    pub async fn unpack(file: &Path, folder: &Path) -> Result<PathBuf, ServerError> {
        let tokens = folder.join(TOKENS);
        private_folder(folder)?;
        let aside = tempfile::tempdir_in(folder).at(folder)?;
        let mut unpack = Command::new("tar");
        unpack.args(["--extract", "--gzip", "--no-same-owner", "--file"]);
        unpack.arg(file).arg("--directory").arg(aside.path());
        unpack.arg(TOKENS);
        run("unpack the token", &unpack, RunAs::Ourselves).await?;
        fs::rename(aside.path().join(TOKENS), &tokens).at(&tokens)?;
        Ok(tokens)
    }
}
