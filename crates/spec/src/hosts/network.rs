//! A network of IP addresses.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr};
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The addresses that share their first bits, such as `10.42.0.0/16`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, JsonSchema)]
#[schemars(with = "String")]
pub struct Network {
    first: IpAddr,
    bits: u8,
}

/// Why a text is no network.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a network: {reason}")]
pub struct NetworkError {
    text: String,
    reason: String,
}

impl Network {
    /// The IPv4 network that holds the address.
    pub const fn v4(address: [u8; 4], bits: u8) -> Self {
        let [a, b, c, d] = address;
        Self {
            first: IpAddr::V4(Ipv4Addr::new(a, b, c, d)),
            bits,
        }
    }

    /// The network of this many bits that holds an address; none when an address of that kind has fewer.
    pub fn around(address: IpAddr, bits: u8) -> Option<Self> {
        let first = masked(address, bits)?;
        Some(Self { first, bits })
    }

    /// Its first address.
    pub fn first(self) -> IpAddr {
        self.first
    }

    /// How many bits its addresses share.
    pub fn bits(self) -> u8 {
        self.bits
    }

    /// Whether the address is one of it.
    pub fn contains(self, address: IpAddr) -> bool {
        self.first.is_ipv4() == address.is_ipv4()
            && masked(address, self.bits) == masked(self.first, self.bits)
    }

    /// Whether an address is in both.
    pub fn overlaps(self, other: Self) -> bool {
        match self.bits <= other.bits {
            true => self.contains(other.first),
            false => other.contains(self.first),
        }
    }
}

/// The first bits of an address; none when it has fewer.
fn masked(address: IpAddr, bits: u8) -> Option<IpAddr> {
    match address {
        IpAddr::V4(v4) => {
            let rest = 32_u32.checked_sub(bits.into())?;
            let mask = u32::MAX.checked_shl(rest).unwrap_or(0);
            Some(IpAddr::V4((u32::from(v4) & mask).into()))
        }
        IpAddr::V6(v6) => {
            let rest = 128_u32.checked_sub(bits.into())?;
            let mask = u128::MAX.checked_shl(rest).unwrap_or(0);
            Some(IpAddr::V6((u128::from(v6) & mask).into()))
        }
    }
}

impl FromStr for Network {
    type Err = NetworkError;
    fn from_str(text: &str) -> Result<Self, NetworkError> {
        let fail = |reason: String| NetworkError {
            text: text.to_owned(),
            reason,
        };
        let parts = text.split_once('/').and_then(|(address, bits)| {
            Some((address.parse::<IpAddr>().ok()?, bits.parse::<u8>().ok()?))
        });
        let (address, bits) = parts
            .ok_or_else(|| fail("it is written as address and bits, `10.42.0.0/16`".to_owned()))?;
        let network = Self::around(address, bits)
            .ok_or_else(|| fail("it has more bits than an address".to_owned()))?;
        if network.first != address {
            return Err(fail(format!("its first address is `{network}`")));
        }
        Ok(network)
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.first, self.bits)
    }
}

impl Serialize for Network {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Network {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(text: &str) -> Network {
        text.parse().unwrap()
    }

    #[test]
    fn a_network_holds_the_addresses_that_share_its_bits() {
        let services = network("10.96.0.0/12");
        assert!(services.contains("10.99.0.1".parse().unwrap()));
        assert!(!services.contains("10.112.0.1".parse().unwrap()));
        assert!(!services.contains("fd00::1".parse().unwrap()));
        assert!(network("0.0.0.0/0").contains("10.1.1.1".parse().unwrap()));
        assert!(network("::/0").contains("fd00::1".parse().unwrap()));
    }

    #[test]
    fn a_network_inside_another_overlaps_it_whichever_is_asked() {
        let (wide, inside) = (network("10.96.0.0/12"), network("10.99.0.0/24"));
        assert!(wide.overlaps(inside) && inside.overlaps(wide));
        assert!(!wide.overlaps(network("10.42.0.0/16")));
        assert!(!network("::/0").overlaps(wide));
    }

    #[test]
    fn a_text_that_is_no_network_says_why() {
        for (text, reason) in [
            ("10.42.0.0", "address and bits"),
            ("10.42.0.0/33", "more bits"),
            ("10.42.1.0/16", "first address is `10.42.0.0/16`"),
            ("pods/16", "address and bits"),
        ] {
            let error = text.parse::<Network>().unwrap_err().to_string();
            assert!(error.contains(reason), "{error}");
        }
    }
}
