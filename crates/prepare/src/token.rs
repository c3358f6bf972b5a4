//! Backups of tokens: read in their pod, and proven by what is in them.
//!
//! A token of SoftHSM is a folder of files, encrypted with its PIN. The pod packs them, and tells the digest of each; what was
//! received has to be the same, file by file. Where this machine has SoftHSM the copy is opened with the PIN, too.

mod error;
mod files;
mod pod;

use std::io::Write as _;
use std::path::Path;

use mosipctl_artefact::{Artefacts, Settings};
use mosipctl_catalogue::edition::key_store::Token;
use mosipctl_kube::Kubernetes;
use mosipctl_servers::{SoftHsm, SoftHsmSettings};
use mosipctl_spec::environment::rehearsal::Part;
use secrecy::{ExposeSecret, SecretString};
use tempfile::NamedTempFile;

pub use error::TokenError;

use crate::error::PrepareError;
use crate::login;
use pod::Pod;

/// Keeps a token in a folder.
pub(crate) async fn back_up(
    kube: &dyn Kubernetes,
    token: &Token,
    folder: &Path,
) -> Result<String, PrepareError> {
    let pin = login::secret(kube, Part::Softhsm.as_str(), &token.pin).await?;
    let name = token.release.rsplit('/').next().unwrap_or_default();
    let file = folder.join(format!("token-{name}.tar.gz"));
    let unwritten = |source| PrepareError::Backup {
        file: file.clone(),
        source,
    };
    let pod = Pod::find(kube, token).await?;
    // made for us alone, and named when it is proven
    let archive = NamedTempFile::new_in(folder).map_err(unwritten)?;
    pod.pack(archive.path()).await?;
    let scratch = tempfile::tempdir_in(folder).map_err(unwritten)?;
    let unpacked = SoftHsm::unpack(archive.path(), scratch.path()).await;
    let unpacked = unpacked.map_err(TokenError::from)?;
    let copied = files::digests(&unpacked).map_err(unwritten)?;
    if copied.is_empty() || copied != pod.digests().await? {
        return Err(pod.changed().into());
    }
    let opened = match Settings::from_environment() {
        Ok(settings) => open(settings, token, pin.clone(), scratch.path()).await?,
        Err(error) => not_here(&error.to_string()),
    };
    // the Secret goes with the token, and an archive that nobody can open is none
    let secret = file.with_file_name(format!("token-{name}.pin"));
    keep_pin(&pin, &secret).map_err(unwritten)?;
    archive.as_file().sync_all().map_err(unwritten)?;
    let kept = archive.persist(&file);
    kept.map_err(|error| unwritten(error.error))?;
    let count = copied.len();
    Ok(format!(
        "{count} files compared, {opened}; its PIN lies beside it, so keep the two apart"
    ))
}

/// Writes a PIN into a file that only we may read.
fn keep_pin(pin: &SecretString, file: &Path) -> std::io::Result<()> {
    let folder = file.parent().unwrap_or(file);
    let mut beside = NamedTempFile::new_in(folder)?;
    beside.write_all(pin.expose_secret().as_bytes())?;
    beside.as_file().sync_all()?;
    beside.persist(file).map_err(|error| error.error)?;
    Ok(())
}

/// Opens the copy, which may be written to: SoftHSM does when somebody logs in. What is to be said of it.
async fn open(
    settings: Settings,
    token: &Token,
    pin: SecretString,
    folder: &Path,
) -> Result<String, TokenError> {
    let artefacts = Artefacts::new(settings);
    let settings = SoftHsmSettings {
        folder: folder.to_owned(),
        label: token.label.clone(),
        officer_pin: pin.clone(),
        pin,
    };
    match SoftHsm::open(&artefacts, &settings).await {
        Ok(opened) => {
            let objects = opened.objects().await?.len();
            Ok(format!("opened with {objects} objects in it"))
        }
        Err(error) if error.is_missing() => Ok(not_here(&format!("failed to {error}"))),
        Err(error) => Err(error.into()),
    }
}

fn not_here(why: &str) -> String {
    format!("not opened here: {why}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_machine_without_softhsm_says_that_the_copy_was_not_opened() {
        let mut settings = Settings::from_environment().unwrap();
        settings.search_path = None;
        let token = Token {
            release: "hsm/keys".to_owned(),
            label: "keys".to_owned(),
            pin: "hsm/keys#pin".to_owned(),
            container: "softhsm".to_owned(),
        };
        let folder = tempfile::tempdir().unwrap();
        let pin = SecretString::from("12345678");
        let said = open(settings, &token, pin, folder.path()).await.unwrap();
        assert!(
            said.starts_with("not opened here: failed to find"),
            "{said}"
        );
    }
}
