//! The public key that a host shows.

use std::fmt;
use std::str::FromStr;

use russh::keys::ssh_key::{Algorithm, HashAlg, PublicKey};
use serde::{Serialize, Serializer};

/// The public key that a host shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostKey(PublicKey);

impl HostKey {
    pub(crate) fn of(key: &PublicKey) -> Self {
        // the comment is nobody's business, and two keys with other comments are one
        Self(PublicKey::from(key.key_data().clone()))
    }

    /// Its kind, such as `ssh-ed25519`.
    pub fn algorithm(&self) -> String {
        self.0.algorithm().to_string()
    }

    pub(crate) fn algorithm_of_library(&self) -> Algorithm {
        self.0.algorithm()
    }

    /// What people compare, such as `SHA256:…`; `ssh-keygen -lf` shows the same.
    pub fn fingerprint(&self) -> String {
        self.0.fingerprint(HashAlg::Sha256).to_string()
    }
}

/// As in a file of known hosts: kind and base64.
impl fmt::Display for HostKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.0.to_openssh().map_err(|_| fmt::Error)?;
        f.write_str(text.trim())
    }
}

impl FromStr for HostKey {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let key = PublicKey::from_openssh(text).map_err(|error| error.to_string())?;
        Ok(Self::of(&key))
    }
}

impl Serialize for HostKey {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}
