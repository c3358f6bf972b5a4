//! A certificate with its key, and what it says of itself.

use std::fmt;

use jiff::Timestamp;
use sha2::{Digest, Sha256};
use x509_parser::prelude::{FromDer, GeneralName, X509Certificate};
use zeroize::Zeroizing;

/// A chain and the key of its first certificate, as PEM.
#[derive(Clone)]
pub struct Pair {
    /// The certificate and those between it and the authority.
    pub chain: String,
    /// Its private key.
    pub key: Zeroizing<String>,
}

/// Shows how long it is, and nothing of the key.
impl fmt::Debug for Pair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pair({} bytes, key)", self.chain.len())
    }
}

/// What a certificate says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    /// Names that it is for.
    pub names: Vec<String>,
    /// When it begins to hold.
    pub begins: Timestamp,
    /// When it ends.
    pub ends: Timestamp,
    /// SHA-256 of it, in hex.
    pub fingerprint: String,
    /// It and those above it, each signed by the next.
    pub links: Vec<Link>,
}

/// One certificate of a chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Who it is about.
    pub subject: String,
    /// Who signed it.
    pub issuer: String,
    /// When it ends.
    pub ends: Timestamp,
}

/// One certificate, read.
pub(crate) struct Read<'a> {
    pub(crate) parsed: X509Certificate<'a>,
    pub(crate) der: &'a [u8],
}

impl<'a> Read<'a> {
    /// None when it is no certificate.
    pub(crate) fn new(der: &'a [u8]) -> Option<Self> {
        let (rest, parsed) = X509Certificate::from_der(der).ok()?;
        rest.is_empty().then_some(Self { parsed, der })
    }

    pub(crate) fn subject(&self) -> String {
        shown(&self.parsed.subject().to_string())
    }

    pub(crate) fn issuer(&self) -> String {
        shown(&self.parsed.issuer().to_string())
    }

    pub(crate) fn begins(&self) -> Timestamp {
        time(self.parsed.validity().not_before.timestamp())
    }

    pub(crate) fn ends(&self) -> Timestamp {
        time(self.parsed.validity().not_after.timestamp())
    }

    pub(crate) fn names(&self) -> Vec<String> {
        let names = self.parsed.subject_alternative_name().ok().flatten();
        let names = names.iter().flat_map(|names| &names.value.general_names);
        let names = names.filter_map(|name| match name {
            GeneralName::DNSName(name) => Some((*name).to_owned()),
            _ => None,
        });
        names.collect()
    }

    /// The key that it is for, as it stands in it.
    pub(crate) fn key(&self) -> &[u8] {
        self.parsed.tbs_certificate.subject_pki.raw
    }

    pub(crate) fn is_signed_by_name_of(&self, above: &Self) -> bool {
        self.parsed.issuer().as_raw() == above.parsed.subject().as_raw()
    }
}

impl Certificate {
    /// What the first of a chain says; none when there is none.
    pub(crate) fn of(chain: &[Read<'_>]) -> Option<Self> {
        let first = chain.first()?;
        let links = chain.iter().map(|read| Link {
            subject: read.subject(),
            issuer: read.issuer(),
            ends: read.ends(),
        });
        Some(Self {
            names: first.names(),
            begins: first.begins(),
            ends: first.ends(),
            fingerprint: hex(&Sha256::digest(first.der)),
            links: links.collect(),
        })
    }
}

/// A certificate of many years may end beyond what can be told; then it ends late enough.
fn time(seconds: i64) -> Timestamp {
    Timestamp::from_second(seconds).unwrap_or(Timestamp::MAX)
}

/// Some authorities have no name but that of their organisation, and some certificates none at all.
fn shown(name: &str) -> String {
    match name {
        "" => "no name".to_owned(),
        name => name.to_owned(),
    }
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
