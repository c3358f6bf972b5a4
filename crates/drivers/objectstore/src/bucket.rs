//! How a bucket is to be.

use std::fmt;
use std::str::FromStr;

use serde_json::Value;

/// The name of a bucket: 3 to 63 lower case letters, digits, dots and dashes, with a letter or digit at both ends. S3 refuses others,
/// some of them only when they are used.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BucketName(String);

/// A text that is no name of a bucket. Reads after "failed to".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "use `{0}` as the name of a bucket: it takes 3 to 63 lower case letters, digits, dots and dashes, with a letter or digit at both ends"
)]
pub struct NameError(String);

/// How a bucket is to be. What is not said is left as it is.
#[derive(Debug, Clone, PartialEq)]
pub struct Bucket {
    /// Its name, prefix included.
    pub name: BucketName,
    /// Whether old versions of objects are kept.
    pub versioning: Option<Versioning>,
    /// When objects are deleted by the store. These rules replace all others of the bucket.
    pub lifecycle: Option<Vec<Expiry>>,
    /// Who may do what, as a policy document of S3.
    pub policy: Option<Value>,
}

/// Whether old versions of objects are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Versioning {
    /// They are.
    Enabled,
    /// No new ones are.
    Suspended,
}

/// Objects that the store deletes some days after they were written.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Expiry {
    /// What their keys begin with; all of them when it is empty.
    pub prefix: String,
    /// After how many days.
    pub days: u32,
}

/// What can be set on a bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Setting {
    /// Whether old versions of objects are kept.
    Versioning,
    /// When objects are deleted by the store.
    Lifecycle,
    /// Who may do what.
    Policy,
}

impl Bucket {
    /// A bucket that only has to be there.
    pub fn new(name: BucketName) -> Self {
        Self {
            name,
            versioning: None,
            lifecycle: None,
            policy: None,
        }
    }
}

impl BucketName {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for BucketName {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        let bytes = text.as_bytes();
        let ends = [bytes.first(), bytes.last()];
        let fits = (3..=63).contains(&bytes.len())
            && ends.iter().all(|end| end.is_some_and(|byte| plain(*byte)))
            && bytes
                .iter()
                .all(|byte| plain(*byte) || b".-".contains(byte))
            && !text.contains("..");
        match fits {
            true => Ok(Self(text.to_owned())),
            false => Err(NameError(text.to_owned())),
        }
    }
}

impl fmt::Display for BucketName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Versioning {
    /// As S3 writes it.
    pub(crate) fn text(self) -> &'static str {
        match self {
            Self::Enabled => "Enabled",
            Self::Suspended => "Suspended",
        }
    }
}

impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Versioning => "versioning",
            Self::Lifecycle => "lifecycle",
            Self::Policy => "policy",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_that_every_store_takes_are_names() {
        for name in ["idrepo", "packet-manager", "a.b", "0-9"] {
            assert!(name.parse::<BucketName>().is_ok(), "{name}");
        }
        let long = "x".repeat(64);
        for name in [
            "",
            "ab",
            "Upper",
            "under_score",
            "-a-",
            "a..b",
            "a/b",
            &long,
        ] {
            assert!(name.parse::<BucketName>().is_err(), "{name}");
        }
    }
}
