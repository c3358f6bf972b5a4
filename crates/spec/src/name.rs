//! Names that are checked once, at the door.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

/// Longest Kubernetes label name, and so namespace and Service name (RFC 1123 label).
const LABEL_LIMIT: usize = 63;
/// Longest DNS name (RFC 1035 §2.3.4, without the final dot).
const DNS_LIMIT: usize = 253;

/// Why a text is no name of the wanted kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a {kind}: {reason}")]
pub struct NameError {
    text: String,
    kind: &'static str,
    reason: &'static str,
}

/// A DNS label: lower-case letters, digits and `-`, at most 63 characters.
///
/// Namespaces, releases, components and environments are named by it, because each of them becomes
/// (part of) a Kubernetes object name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[schemars(transparent)]
pub struct Label(String);

/// A DNS name of two or more labels, such as `sandbox.example.org`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[schemars(transparent)]
pub struct Domain(String);

/// A MOSIP version, which also names an edition of the catalogue: digits and dots, such as `1.2.0.1`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[schemars(transparent)]
pub struct Version(String);

fn check_label(text: &str, kind: &'static str) -> Result<(), NameError> {
    let fail = |reason| {
        Err(NameError {
            text: text.to_owned(),
            kind,
            reason,
        })
    };
    if text.is_empty() {
        return fail("it is empty");
    }
    if text.len() > LABEL_LIMIT {
        return fail("it is longer than 63 characters");
    }
    if !text
        .bytes()
        .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    {
        return fail("only lower-case letters, digits and `-` are allowed");
    }
    if text.starts_with('-') || text.ends_with('-') {
        return fail("it starts or ends with `-`");
    }
    Ok(())
}

impl FromStr for Label {
    type Err = NameError;
    fn from_str(text: &str) -> Result<Self, NameError> {
        check_label(text, "name")?;
        Ok(Self(text.to_owned()))
    }
}

impl FromStr for Domain {
    type Err = NameError;
    fn from_str(text: &str) -> Result<Self, NameError> {
        let fail = |reason| {
            Err(NameError {
                text: text.to_owned(),
                kind: "domain",
                reason,
            })
        };
        if text.len() > DNS_LIMIT {
            return fail("it is longer than 253 characters");
        }
        if !text.contains('.') {
            return fail("it has no dot");
        }
        for label in text.split('.') {
            check_label(label, "domain").map_err(|e| NameError {
                text: text.to_owned(),
                ..e
            })?;
        }
        Ok(Self(text.to_owned()))
    }
}

impl Domain {
    /// Whether it is that zone, or below it.
    pub fn is_in(&self, zone: &Self) -> bool {
        let below = self.0.strip_suffix(zone.as_str());
        below.is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    }
}

impl FromStr for Version {
    type Err = NameError;
    fn from_str(text: &str) -> Result<Self, NameError> {
        let parts = text.split('.').collect::<Vec<_>>();
        let numeric = parts
            .iter()
            .all(|p| !p.is_empty() && p.bytes().all(|b| b.is_ascii_digit()));
        if parts.len() < 3 || !numeric {
            let reason = "it must be three or more numbers with dots between them, such as 1.2.0.1";
            return Err(NameError {
                text: text.to_owned(),
                kind: "MOSIP version",
                reason,
            });
        }
        Ok(Self(text.to_owned()))
    }
}

macro_rules! text_newtype {
    ($($name:ident),*) => {$(
        impl $name {
            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                String::deserialize(from)?.parse().map_err(serde::de::Error::custom)
            }
        }
    )*};
}
text_newtype!(Label, Domain, Version);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_is_a_dns_label() {
        assert!("config-server".parse::<Label>().is_ok());
        for bad in ["", "Config", "a_b", "-a", "a-", &"x".repeat(64)] {
            assert!(bad.parse::<Label>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_domain_has_at_least_two_labels() {
        assert!("sandbox.example.org".parse::<Domain>().is_ok());
        for bad in ["localhost", "a..b", "A.org", ".org"] {
            assert!(bad.parse::<Domain>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_domain_is_in_its_zone_but_not_in_one_that_ends_alike() {
        let domain = |text: &str| text.parse::<Domain>().unwrap();
        assert!(domain("api.example.org").is_in(&domain("example.org")));
        assert!(domain("example.org").is_in(&domain("example.org")));
        assert!(!domain("myexample.org").is_in(&domain("example.org")));
    }

    #[test]
    fn a_version_is_numbers_and_dots() {
        assert!("1.2.0.1".parse::<Version>().is_ok());
        for bad in ["1.2", "v1.2.0", "1.2.0-rc", "1..2"] {
            assert!(bad.parse::<Version>().is_err(), "{bad}");
        }
    }
}
