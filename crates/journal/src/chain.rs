//! The chain: each entry's hash covers the hash before it, so nothing can be changed, taken out or put in unseen.
//!
//! What a chain cannot show by itself is that its end was cut off. Who keeps a [`Head`] elsewhere can see that too.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// The hash of an entry.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Hash([u8; 32]);

/// A text that is no hash.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no SHA-256 in hexadecimal")]
pub struct BadHash(String);

impl Hash {
    /// What stands before the first entry.
    pub const START: Self = Self([0; 32]);

    /// The hash of an entry whose canonical JSON is `body`, with this hash before it.
    #[must_use]
    pub fn then(&self, body: &str) -> Self {
        let hash = Sha256::new().chain_update(self.0).chain_update(body);
        Self(hash.finalize().into())
    }

    /// Its bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl From<[u8; 32]> for Hash {
    fn from(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Hash({self})")
    }
}

impl FromStr for Hash {
    type Err = BadHash;

    fn from_str(text: &str) -> Result<Self, BadHash> {
        let bad = || BadHash(text.to_owned());
        if text.len() != 64 || !text.is_ascii() {
            return Err(bad());
        }
        let mut bytes = [0; 32];
        for (index, byte) in bytes.iter_mut().enumerate() {
            let pair = &text[index * 2..index * 2 + 2];
            *byte = u8::from_str_radix(pair, 16).map_err(|_| bad())?;
        }
        Ok(Self(bytes))
    }
}

impl TryFrom<String> for Hash {
    type Error = BadHash;

    fn try_from(text: String) -> Result<Self, BadHash> {
        text.parse()
    }
}

impl From<Hash> for String {
    fn from(hash: Hash) -> Self {
        hash.to_string()
    }
}

/// The end of a chain: kept elsewhere, it proves later that nothing before it was changed or cut off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// Number of the last entry; 0 when there is none.
    pub seq: u64,
    /// Its hash.
    pub hash: Hash,
}

impl Head {
    /// The head of an empty journal.
    pub const EMPTY: Self = Self {
        seq: 0,
        hash: Hash::START,
    };
}

/// Where a chain is broken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    /// An entry, or the hash beside it, was changed.
    #[error("entry {seq} was changed after it was written")]
    Changed {
        /// Its number.
        seq: u64,
    },
    /// Entries are missing.
    #[error("entry {seq} is missing")]
    Missing {
        /// The number of the first missing one.
        seq: u64,
    },
    /// An entry is bound to its place, but what was noted beside it for searching says otherwise.
    #[error("entry {seq} is filed under another run or step than its own")]
    Misfiled {
        /// Its number.
        seq: u64,
    },
    /// The journal ends before, or differs at, a head that was kept elsewhere.
    #[error("the journal does not lead to entry {seq} as it was known elsewhere")]
    OtherHead {
        /// The number of the known entry.
        seq: u64,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_depends_on_the_one_before_it() {
        let first = Hash::START.then("{}");
        assert_ne!(first, first.then("{}"));
        assert_eq!(first.to_string().parse::<Hash>().unwrap(), first);
    }

    #[test]
    fn a_hash_is_that_of_the_bytes_and_nothing_else() {
        let by_hand = Sha256::digest([&[0u8; 32][..], b"{}"].concat());
        assert_eq!(Hash::START.then("{}").as_bytes()[..], by_hand[..]);
    }

    #[test]
    fn what_is_no_hash_is_refused() {
        for text in ["", "zz", &"é".repeat(32), &"g".repeat(64)] {
            assert!(text.parse::<Hash>().is_err());
        }
    }
}
