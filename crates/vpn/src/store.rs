//! Where it is kept: a folder that only its owner may enter.
//!
//! `vpn.json` has no private key in it. The bastion's lies beside it, in a file whose name follows from the key: a new key is
//! written before `vpn.json` speaks of it, and the old one goes after, so that whatever is interrupted, the two fit.

use std::fs;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use mosipctl_keep::{AtPath, FileError, PrivateFolder, read, remove, write};
use zeroize::Zeroizing;

use crate::key::{PrivateKey, PublicKey};
use crate::vpn::Vpn;

/// Why what is known cannot be read or kept. Reads after "failed to".
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
        /// What is wrong with it; for a key, never the key.
        reason: String,
    },
    /// The bastion's private key is lost.
    #[error("find the bastion's private key in `{path}`")]
    NoKey {
        /// Where it should be.
        path: PathBuf,
    },
}

impl StoreError {
    /// What a person can do about it.
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::File { .. } => "see that the folder belongs to you and that the disk is not full",
            Self::Unreadable { .. } => "put the file back from a backup of the state folder",
            Self::NoKey { .. } => {
                "put the file back from a backup, or draw a new key with `mosipctl vpn rotate-server`; every peer needs the new one"
            }
        }
    }
}

/// The folder of one environment's VPN. While this lives, no other process changes what is in it.
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

    /// What is known; none when nothing was ever kept.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn load(&self) -> Result<Option<Vpn>, StoreError> {
        let path = self.state();
        let text = match fs::read(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            text => text.at(&path)?,
        };
        let vpn = serde_json::from_slice(&text);
        vpn.map(Some).map_err(|error| StoreError::Unreadable {
            path,
            reason: error.to_string(),
        })
    }

    /// What is known, of a VPN that begins now where there was none.
    ///
    /// # Errors
    /// It cannot be read or kept.
    pub fn load_or_begin(&self, now: Timestamp) -> Result<Vpn, StoreError> {
        if let Some(vpn) = self.load()? {
            return Ok(vpn);
        }
        let key = PrivateKey::generate();
        self.keep_server_key(&key)?;
        let vpn = Vpn::new(key.public(), now);
        self.save(&vpn)?;
        Ok(vpn)
    }

    /// Keeps what is known, in one step.
    ///
    /// # Errors
    /// The system refuses.
    pub fn save(&self, vpn: &Vpn) -> Result<(), StoreError> {
        let path = self.state();
        let text = serde_json::to_string_pretty(vpn)
            .map_err(std::io::Error::other)
            .at(&path)?;
        Ok(write(&path, format!("{text}\n").as_bytes())?)
    }

    /// Draws a new key for the bastion.
    ///
    /// # Errors
    /// It cannot be kept.
    pub fn rotate(&self, vpn: &mut Vpn, now: Timestamp) -> Result<(), StoreError> {
        let (old, key) = (self.key_file(vpn.server_key()), PrivateKey::generate());
        self.keep_server_key(&key)?;
        vpn.rotate(key.public(), now);
        self.save(vpn)?;
        Ok(remove(&old)?)
    }

    /// The bastion's private key.
    ///
    /// # Errors
    /// It is lost, or another than the one that is spoken of.
    pub fn server_key(&self, vpn: &Vpn) -> Result<PrivateKey, StoreError> {
        let path = self.key_file(vpn.server_key());
        let Some(text) = read(&path)?.map(Zeroizing::new) else {
            return Err(StoreError::NoKey { path });
        };
        let key: Result<PrivateKey, _> = text.trim().parse();
        let fits = key.ok().filter(|key| key.public() == vpn.server_key());
        fits.ok_or_else(|| StoreError::Unreadable {
            path,
            reason: "it is not the private half of the bastion's key".to_owned(),
        })
    }

    fn keep_server_key(&self, key: &PrivateKey) -> Result<(), StoreError> {
        let text = Zeroizing::new(format!("{}\n", key.expose().as_str()));
        Ok(write(&self.key_file(key.public()), text.as_bytes())?)
    }

    /// Keeps a peer's configuration, private key and all, because somebody asked for it.
    ///
    /// # Errors
    /// The system refuses.
    pub fn keep_peer(&self, key: PublicKey, configuration: &str) -> Result<(), StoreError> {
        Ok(write(&self.peer_file(key), configuration.as_bytes())?)
    }

    /// The private key of a peer, if it was kept.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn kept_peer(&self, key: PublicKey) -> Result<Option<PrivateKey>, StoreError> {
        let path = self.peer_file(key);
        let Some(text) = read(&path)?.map(Zeroizing::new) else {
            return Ok(None);
        };
        let line = text
            .lines()
            .find_map(|line| line.strip_prefix("PrivateKey = "));
        Ok(line.and_then(|key| key.parse().ok()))
    }

    /// Forgets the private key of a peer, if it was kept.
    ///
    /// # Errors
    /// The system refuses.
    pub fn forget_peer(&self, key: PublicKey) -> Result<(), StoreError> {
        Ok(remove(&self.peer_file(key))?)
    }

    fn state(&self) -> PathBuf {
        self.folder.file("vpn.json")
    }

    fn key_file(&self, key: PublicKey) -> PathBuf {
        self.folder.file(format!("server-{}.key", key.short()))
    }

    fn peer_file(&self, key: PublicKey) -> PathBuf {
        self.folder.file(format!("peer-{}.conf", key.short()))
    }
}

impl From<FileError> for StoreError {
    fn from(FileError { path, source }: FileError) -> Self {
        Self::File { path, source }
    }
}

#[cfg(test)]
mod tests;
