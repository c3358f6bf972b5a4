//! Where it is kept: a folder that only its owner may enter.
//!
//! `vpn.json` has no private key in it. The bastion's lies beside it, in a file whose name follows from the key: a new key is
//! written before `vpn.json` speaks of it, and the old one goes after, so that whatever is interrupted, the two fit.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use tempfile::NamedTempFile;
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
    folder: PathBuf,
    _lock: File,
}

impl Store {
    /// Opens the folder, and makes it where it is not there. Waits while another process has it.
    ///
    /// # Errors
    /// The system refuses.
    pub fn open(folder: &Path) -> Result<Self, StoreError> {
        let mut builder = fs::DirBuilder::new();
        builder
            .recursive(true)
            .mode(0o700)
            .create(folder)
            .at(folder)?;
        fs::set_permissions(folder, fs::Permissions::from_mode(0o700)).at(folder)?;
        let path = folder.join("lock");
        let mut options = OpenOptions::new();
        let lock = options
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&path)
            .at(&path)?;
        lock.lock().at(&path)?;
        Ok(Self {
            folder: folder.to_owned(),
            _lock: lock,
        })
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
        write(&path, &format!("{text}\n"))
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
        remove(&old)
    }

    /// The bastion's private key.
    ///
    /// # Errors
    /// It is lost, or another than the one that is spoken of.
    pub fn server_key(&self, vpn: &Vpn) -> Result<PrivateKey, StoreError> {
        let path = self.key_file(vpn.server_key());
        let text = match fs::read_to_string(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err(StoreError::NoKey { path });
            }
            text => Zeroizing::new(text.at(&path)?),
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
        write(&self.key_file(key.public()), &text)
    }

    /// Keeps a peer's configuration, private key and all, because somebody asked for it.
    ///
    /// # Errors
    /// The system refuses.
    pub fn keep_peer(&self, key: PublicKey, configuration: &str) -> Result<(), StoreError> {
        write(&self.peer_file(key), configuration)
    }

    /// The private key of a peer, if it was kept.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn kept_peer(&self, key: PublicKey) -> Result<Option<PrivateKey>, StoreError> {
        let path = self.peer_file(key);
        if !path.exists() {
            return Ok(None);
        }
        let text = Zeroizing::new(fs::read_to_string(&path).at(&path)?);
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
        remove(&self.peer_file(key))
    }

    fn state(&self) -> PathBuf {
        self.folder.join("vpn.json")
    }

    fn key_file(&self, key: PublicKey) -> PathBuf {
        self.folder.join(format!("server-{}.key", key.short()))
    }

    fn peer_file(&self, key: PublicKey) -> PathBuf {
        self.folder.join(format!("peer-{}.conf", key.short()))
    }
}

/// Writes a file that only its owner may read: aside, then in place.
fn write(path: &Path, text: &str) -> Result<(), StoreError> {
    let mut aside = NamedTempFile::new_in(path.parent().unwrap_or(path)).at(path)?;
    aside.write_all(text.as_bytes()).at(path)?;
    aside.as_file().sync_all().at(path)?;
    let kept = aside.persist(path);
    kept.map_err(|error| error.error).at(path).map(drop)
}

fn remove(path: &Path) -> Result<(), StoreError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error).at(path),
        _ => Ok(()),
    }
}

/// Attaches the path to what the system says.
trait AtPath<T> {
    fn at(self, path: &Path) -> Result<T, StoreError>;
}

impl<T> AtPath<T> for std::io::Result<T> {
    fn at(self, path: &Path) -> Result<T, StoreError> {
        self.map_err(|source| StoreError::File {
            path: path.to_owned(),
            source,
        })
    }
}

#[cfg(test)]
mod tests;
