//! The certificate of the hosts.

use std::net::SocketAddr;
use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::cluster::ClusterKind;
use super::dns::Server;
use super::secret::SecretSource;
use super::{Environment, Spec};

/// Who makes the certificate of all hosts. Settings that belong to another kind are refused by name.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Certificates {
    /// Who makes it.
    pub kind: CertificateKind,
    /// Names in it, such as `sandbox.example.org` and `*.sandbox.example.org`. Default: these two of the domain, and each host that
    /// they do not cover; with a proof by HTTP each host alone, because a `*` can be proven by DNS only.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub names: Vec<String>,
    /// `acme`: the authority, and how it is shown that the names are ours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acme: Option<Acme>,
    /// `ownCa`: how long it holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub own_ca: Option<OwnCa>,
    /// `supplied`: where to take it from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub supplied: Option<Supplied>,
}

/// Who makes the certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum CertificateKind {
    /// An authority that speaks ACME, such as Let's Encrypt or one of your organisation.
    Acme,
    /// An authority of the environment's own, for domains that nobody else knows. Browsers and programs must be told to trust it.
    /// Default in a lab and for domains under `internal`, `test`, `local` and `home.arpa`; elsewhere nothing is guessed.
    OwnCa,
    /// Nobody here: you bring chain and key.
    Supplied,
}

impl CertificateKind {
    /// The name as written in the file.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Acme => "acme",
            Self::OwnCa => "ownCa",
            Self::Supplied => "supplied",
        }
    }
}

/// An authority that speaks ACME (RFC 8555).
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Acme {
    /// Address of its directory, such as `https://acme-v02.api.letsencrypt.org/directory`.
    pub directory: String,
    /// Mail addresses at which it may warn you.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub contact: Vec<String>,
    /// File of certificates (PEM) to trust when speaking to it, for an authority of your organisation. Default: what this machine
    /// trusts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trust: Option<PathBuf>,
    /// The account that you have there already, where the authority asks for one (external account binding).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_account: Option<ExternalAccount>,
    /// How it is shown that the names are ours.
    pub challenge: Challenge,
}

/// An account at an authority.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ExternalAccount {
    /// Its key identifier.
    pub id: String,
    /// Its MAC key, in base64url.
    pub key: SecretSource,
}

/// How it is shown that names are ours. Exactly one is given.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Challenge {
    /// By a DNS record; the only way for names with `*`.
    Dns01(Dns01),
    /// By an answer over HTTP at port 80 of each name.
    Http01(Http01),
}

/// A proof by DNS: a TXT record `_acme-challenge` below each name.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Dns01 {
    /// A program with its arguments that sets and clears records. It is run with `set NAME` or `clear NAME` added, gets the value on
    /// its standard input, and ends when the record is there or gone. Default: none; the record is made by `spec.dns.update`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hook: Vec<String>,
    /// Servers that must show the record before the authority is asked to look, as `ADDRESS` or `ADDRESS:PORT`: the other servers of
    /// the zone. Default: the one that is updated; with a hook, none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub servers: Vec<Server>,
}

/// A proof by HTTP. By default this program answers itself at port 80 while it waits. At most one field is given.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Http01 {
    /// `ADDRESS:PORT` at which this program answers; whatever is at port 80 of the names must lead here. Default: `0.0.0.0:80`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub listen: Option<SocketAddr>,
    /// Folder that a web server of yours serves at port 80 of each name; the answer is put below `.well-known/acme-challenge`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub folder: Option<PathBuf>,
}

/// Certificates by an authority of our own.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct OwnCa {
    /// Days that a certificate holds.
    #[serde(default = "default_days")]
    pub days: u32,
}

// what public authorities have given for years: short enough that renewal is used, long enough to mend it
fn default_days() -> u32 {
    90
}

impl Default for OwnCa {
    fn default() -> Self {
        Self {
            days: default_days(),
        }
    }
}

/// A certificate that you bring.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Supplied {
    /// The certificate and those between it and the authority, in this order, as PEM.
    pub chain: SecretSource,
    /// Its private key, as PEM without a passphrase.
    pub key: SecretSource,
}

/// Ends of domains that no public authority makes certificates for: RFC 6762, 6761, 8375, and ICANN's choice of 2024 for private use.
const PRIVATE: [&str; 4] = [".internal", ".test", ".local", ".home.arpa"];

impl Spec {
    fn is_private(&self) -> bool {
        let domain = format!(".{}", self.domain);
        PRIVATE.iter().any(|end| domain.ends_with(end))
    }
}

impl Environment {
    /// Who makes the certificate of all hosts; none when the file does not say it and nothing can be told.
    pub fn certificates(&self) -> Option<Certificates> {
        let spec = &self.spec;
        let own = Certificates {
            kind: CertificateKind::OwnCa,
            names: Vec::new(),
            acme: None,
            own_ca: None,
            supplied: None,
        };
        let is_own = spec.cluster.kind == ClusterKind::Lab || spec.is_private();
        spec.certificates.clone().or(is_own.then_some(own))
    }
}
