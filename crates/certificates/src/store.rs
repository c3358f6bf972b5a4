//! Where certificates are kept: a folder that only its owner may enter.
//!
//! Chain and key have names that follow from the certificate. A new one is written and flushed before `certificates.json` speaks of it,
//! so that whatever is interrupted, there is a whole one; the one before stays until the next.

use std::fs;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use mosipctl_keep::{AtPath, PrivateFolder, read, remove, write};
use mosipctl_spec::environment::certificates::CertificateKind;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::certificate::{Certificate, Pair, hex};

mod error;

pub use error::StoreError;

/// A certificate that is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Kept {
    /// Who made it.
    pub kind: CertificateKind,
    /// Which of that kind: the directory of an authority, or nothing.
    pub authority: String,
    /// Names that it is for.
    pub names: Vec<String>,
    /// When it began to hold.
    pub begins: Timestamp,
    /// When it ends.
    pub ends: Timestamp,
    /// SHA-256 of it, in hex.
    pub fingerprint: String,
}

impl Kept {
    /// What is remembered of a certificate.
    pub(crate) fn of(certificate: &Certificate, kind: CertificateKind, authority: &str) -> Self {
        Self {
            kind,
            authority: authority.to_owned(),
            names: certificate.names.clone(),
            begins: certificate.begins,
            ends: certificate.ends,
            fingerprint: certificate.fingerprint.clone(),
        }
    }
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct State {
    current: Option<Kept>,
    previous: Option<Kept>,
}

/// The file of our own authority's certificate, which others are to trust.
const TRUST: &str = "trust.pem";

/// The folder of one environment's certificates. While this lives, no other process changes what is in it.
#[derive(Debug)]
pub struct Store {
    folder: PrivateFolder,
}

impl Store {
    /// Opens the folder, and makes it where it is not there. Waits while another process has it.
    ///
    /// # Errors
    /// The system refuses.
    pub fn open(folder: &Path) -> Result<Self, StoreError> {
        let folder = PrivateFolder::open(folder)?;
        Ok(Self { folder })
    }

    /// The certificate that counts.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn current(&self) -> Result<Option<Kept>, StoreError> {
        Ok(self.state()?.current)
    }

    /// Chain and key of a certificate that is kept.
    ///
    /// # Errors
    /// They cannot be read.
    pub fn pair(&self, kept: &Kept) -> Result<Pair, StoreError> {
        let (chain, key) = (self.chain_file(kept), self.key_file(kept));
        Ok(Pair {
            chain: fs::read_to_string(&chain).at(&chain)?,
            key: Zeroizing::new(fs::read_to_string(&key).at(&key)?),
        })
    }

    /// Keeps a certificate that was proven; from then on it counts. The one before stays beside it, older ones go.
    ///
    /// # Errors
    /// The system refuses; then the one before counts still.
    pub fn keep(&self, kept: Kept, pair: &Pair) -> Result<(), StoreError> {
        let before = self.state()?;
        write(&self.chain_file(&kept), pair.chain.as_bytes())?;
        write(&self.key_file(&kept), pair.key.as_bytes())?;
        let is_other = |old: &Kept| old.fingerprint != kept.fingerprint;
        let state = State {
            previous: before.current.filter(is_other),
            current: Some(kept),
        };
        let path = self.folder.file("certificates.json");
        let text = serde_json::to_string_pretty(&state).map_err(std::io::Error::other);
        write(&path, format!("{}\n", text.at(&path)?).as_bytes())?;
        if let Some(oldest) = before.previous {
            self.forget(&oldest, &state)?;
        }
        Ok(())
    }

    fn forget(&self, old: &Kept, state: &State) -> Result<(), StoreError> {
        let needed = [&state.current, &state.previous].into_iter().flatten();
        let mut needed = needed.map(|kept| &kept.fingerprint);
        if needed.any(|fingerprint| *fingerprint == old.fingerprint) {
            return Ok(());
        }
        for path in [self.chain_file(old), self.key_file(old)] {
            remove(&path)?;
        }
        Ok(())
    }

    /// The certificate of our own authority, which others are to trust; none when there is no authority.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn trust(&self) -> Result<Option<String>, StoreError> {
        Ok(read(&self.trust_file())?)
    }

    /// Where the certificate of our own authority lies.
    pub fn trust_file(&self) -> PathBuf {
        self.folder.file(TRUST)
    }

    /// Certificate and key of our own authority.
    pub(crate) fn authority(&self) -> Result<Option<(String, Zeroizing<String>)>, StoreError> {
        let Some(certificate) = self.trust()? else {
            return Ok(None);
        };
        let path = self.authority_key_file(&certificate);
        match read(&path)? {
            Some(key) => Ok(Some((certificate, Zeroizing::new(key)))),
            None => Err(StoreError::NoAuthorityKey { path }),
        }
    }

    /// Keeps our own authority; its key first, so that there is none without one.
    pub(crate) fn keep_authority(&self, certificate: &str, key: &str) -> Result<(), StoreError> {
        write(&self.authority_key_file(certificate), key.as_bytes())?;
        Ok(write(&self.trust_file(), certificate.as_bytes())?)
    }

    /// The account at an ACME authority, key and all.
    pub(crate) fn account(&self, directory: &str) -> Result<Option<Zeroizing<String>>, StoreError> {
        Ok(read(&self.account_file(directory))?.map(Zeroizing::new))
    }

    /// Keeps the account at an ACME authority.
    pub(crate) fn keep_account(&self, directory: &str, account: &str) -> Result<(), StoreError> {
        Ok(write(&self.account_file(directory), account.as_bytes())?)
    }

    fn state(&self) -> Result<State, StoreError> {
        let path = self.folder.file("certificates.json");
        let Some(text) = read(&path)? else {
            return Ok(State::default());
        };
        serde_json::from_str(&text).map_err(|error| StoreError::Unreadable {
            path,
            reason: error.to_string(),
        })
    }

    /// Where the chain of a certificate lies.
    pub fn chain_file(&self, kept: &Kept) -> PathBuf {
        let short = kept.fingerprint.get(..16).unwrap_or(&kept.fingerprint);
        self.folder.file(format!("chain-{short}.pem"))
    }

    /// Where the key of a certificate lies.
    pub fn key_file(&self, kept: &Kept) -> PathBuf {
        let short = kept.fingerprint.get(..16).unwrap_or(&kept.fingerprint);
        self.folder.file(format!("key-{short}.pem"))
    }

    fn authority_key_file(&self, certificate: &str) -> PathBuf {
        self.folder
            .file(format!("authority-{}.key", short_digest(certificate)))
    }

    fn account_file(&self, directory: &str) -> PathBuf {
        self.folder
            .file(format!("account-{}.json", short_digest(directory)))
    }
}

fn short_digest(text: &str) -> String {
    let mut digest = hex(&Sha256::digest(text.as_bytes()));
    digest.truncate(16);
    digest
}

#[cfg(test)]
mod tests;
