//! The names of the hosts in DNS.

use std::collections::BTreeMap;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::secret::SecretSource;
use crate::hosts::Address;
use crate::name::Domain;

/// Port of DNS.
const PORT: u16 = 53;

/// Where the hosts' names lead, and who is told. `mosipctl dns` makes a zone file of it, updates a server and asks resolvers.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Dns {
    /// Where hosts of the public channel lead: IP addresses, or one DNS name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub public: Vec<Address>,
    /// Where hosts of the internal channel lead: addresses on the side of the VPN, or one DNS name. Default: the load balancers of the
    /// hosts file.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub internal: Vec<Address>,
    /// Further names and where they lead, such as the bastion's; a host that stands here leads here, whatever its channel.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub also: BTreeMap<Domain, Vec<Address>>,
    /// The zone that the names are in. Default: the domain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<Domain>,
    /// Seconds for which others may keep an answer.
    #[serde(default = "default_ttl")]
    pub ttl: u32,
    /// A server that takes dynamic updates (RFC 2136), for `mosipctl dns update` and for proofs to an ACME authority.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub update: Option<DnsUpdate>,
    /// Resolvers that `mosipctl dns verify` asks, as `ADDRESS` or `ADDRESS:PORT`. Default: those of this machine.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resolvers: Vec<Server>,
}

// a wrong address is mended within minutes, and nobody asks a resolver more often than it bears
fn default_ttl() -> u32 {
    300
}

impl Default for Dns {
    fn default() -> Self {
        Self {
            public: Vec::new(),
            internal: Vec::new(),
            also: BTreeMap::new(),
            zone: None,
            ttl: default_ttl(),
            update: None,
            resolvers: Vec::new(),
        }
    }
}

/// A server that takes dynamic updates.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct DnsUpdate {
    /// The zone's primary server, as `ADDRESS` or `ADDRESS:PORT`.
    pub server: Server,
    /// The key that it knows us by.
    pub key: TsigKey,
}

/// A key of TSIG (RFC 8945), as `tsig-keygen` makes it.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct TsigKey {
    /// Its name, the same on the server.
    pub name: String,
    /// Its algorithm.
    #[serde(default)]
    pub algorithm: TsigAlgorithm,
    /// The secret in base64, as it stands in the server's configuration.
    pub secret: SecretSource,
}

/// An algorithm of TSIG.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub enum TsigAlgorithm {
    /// HMAC of SHA-256.
    #[default]
    #[serde(rename = "hmac-sha256")]
    HmacSha256,
    /// HMAC of SHA-384.
    #[serde(rename = "hmac-sha384")]
    HmacSha384,
    /// HMAC of SHA-512.
    #[serde(rename = "hmac-sha512")]
    HmacSha512,
}

/// A name server, as `ADDRESS` or `ADDRESS:PORT`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, JsonSchema)]
#[schemars(transparent)]
pub struct Server(#[schemars(with = "String")] SocketAddr);

/// Why a text is no name server.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not the address of a name server: write `10.0.0.2`, `10.0.0.2:5353` or `[2001:db8::2]:53`"
)]
pub struct ServerError(String);

impl Server {
    /// Where it answers.
    pub fn address(self) -> SocketAddr {
        self.0
    }
}

impl From<SocketAddr> for Server {
    fn from(address: SocketAddr) -> Self {
        Self(address)
    }
}

impl From<IpAddr> for Server {
    /// At the port of DNS.
    fn from(address: IpAddr) -> Self {
        Self(SocketAddr::new(address, PORT))
    }
}

impl FromStr for Server {
    type Err = ServerError;
    fn from_str(text: &str) -> Result<Self, ServerError> {
        let alone = text.parse::<IpAddr>().map(Self::from);
        let with_port = || text.parse::<SocketAddr>().map(Self);
        alone
            .or_else(|_| with_port())
            .map_err(|_| ServerError(text.to_owned()))
    }
}

impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.port() {
            PORT => self.0.ip().fmt(f),
            _ => self.0.fmt(f),
        }
    }
}

impl Serialize for Server {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Server {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_server_has_port_53_unless_it_says_otherwise() {
        let address = |text: &str| text.parse::<Server>().unwrap().address().to_string();
        assert_eq!(address("10.0.0.2"), "10.0.0.2:53");
        assert_eq!(address("10.0.0.2:5353"), "10.0.0.2:5353");
        assert_eq!(address("2001:db8::2"), "[2001:db8::2]:53");
        assert_eq!(
            "10.0.0.2:53".parse::<Server>().unwrap().to_string(),
            "10.0.0.2"
        );
        assert!("ns1.example.org".parse::<Server>().is_err());
    }
}
