//! A host, and how to log in.

use std::fmt;
use std::path::{Path, PathBuf};

use secrecy::SecretString;

/// A host, and how to log in.
#[derive(Debug, Clone)]
pub struct Target {
    /// Its name, for messages and for its pinned key.
    pub name: String,
    /// IP address or DNS name.
    pub address: String,
    /// Port of SSH.
    pub port: u16,
    /// User.
    pub user: String,
    /// Which keys open it.
    pub keys: Keys,
    /// Name of the host to jump through.
    pub jump: Option<String>,
}

/// Which keys open a host.
#[derive(Clone)]
pub enum Keys {
    /// That of one file.
    File {
        /// The private key.
        path: PathBuf,
        /// What opens the file. Without it an encrypted key is asked of ssh-agent.
        passphrase: Option<SecretString>,
    },
    /// Those of ssh-agent, then those that `ssh` takes by itself from this folder.
    Usual(PathBuf),
}

impl Target {
    /// Where it answers, as people write it.
    pub fn place(&self) -> String {
        place(&self.address, self.port)
    }
}

impl Keys {
    /// Those of a person with this home folder.
    pub fn usual(home: &Path) -> Self {
        Self::Usual(home.join(".ssh"))
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { path, .. } => f.debug_tuple("File").field(path).finish(),
            Self::Usual(folder) => f.debug_tuple("Usual").field(folder).finish(),
        }
    }
}

/// `address:port`, with brackets where the address has colons itself.
pub(crate) fn place(address: &str, port: u16) -> String {
    match address.contains(':') {
        true => format!("[{address}]:{port}"),
        false => format!("{address}:{port}"),
    }
}
