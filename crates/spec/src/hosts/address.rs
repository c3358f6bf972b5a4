//! Where a host answers.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

/// Longest DNS name (RFC 1035 §2.3.4, without the final dot) and longest of its labels.
const LIMITS: (usize, usize) = (253, 63);

/// An IP address or a DNS name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[schemars(transparent)]
pub struct Address(String);

/// Why a text is no address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not an address: {reason}")]
pub struct AddressError {
    text: String,
    reason: &'static str,
}

impl Address {
    /// As text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The IP address, when it is one and not a name.
    pub fn ip(&self) -> Option<IpAddr> {
        self.0.parse().ok()
    }
}

impl From<IpAddr> for Address {
    fn from(ip: IpAddr) -> Self {
        Self(ip.to_string())
    }
}

impl FromStr for Address {
    type Err = AddressError;
    fn from_str(text: &str) -> Result<Self, AddressError> {
        // `::1` and `0:0::1` are one address: it is kept in its shortest form
        if let Ok(ip) = text.parse::<IpAddr>() {
            return Ok(Self(ip.to_string()));
        }
        match not_a_name(text) {
            None => Ok(Self(text.to_owned())),
            Some(reason) => Err(AddressError {
                text: text.to_owned(),
                reason,
            }),
        }
    }
}

fn not_a_name(text: &str) -> Option<&'static str> {
    let (longest, longest_label) = LIMITS;
    let of_a_label = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    let is_label = |label: &str| {
        !label.is_empty()
            && label.len() <= longest_label
            && label.bytes().all(of_a_label)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    if text.contains(':') || text.contains('@') {
        return Some("user and port are fields of their own");
    }
    if text.len() > longest || !text.split('.').all(is_label) {
        return Some("neither an IP address nor a DNS name in lower case");
    }
    let last = text.rsplit('.').next().unwrap_or(text);
    let is_number = last.bytes().all(|b| b.is_ascii_digit());
    is_number.then_some("an IPv4 address has four numbers from 0 to 255")
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Address {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_an_ip_address_or_a_name() {
        for good in ["10.0.0.1", "fd00::1", "cp1", "cp1.example.org"] {
            assert!(good.parse::<Address>().is_ok(), "{good}");
        }
    }

    #[test]
    fn what_only_looks_like_an_address_is_refused_with_the_reason() {
        let cases = [
            ("10.0.0.300", "four numbers"),
            ("10.0.0", "four numbers"),
            ("cp1:2222", "fields of their own"),
            ("root@cp1", "fields of their own"),
            ("Cp1", "lower case"),
            ("", "neither"),
            ("-a", "neither"),
        ];
        for (text, reason) in cases {
            let error = text.parse::<Address>().unwrap_err().to_string();
            assert!(error.contains(reason), "{error}");
        }
    }

    #[test]
    fn one_ip_address_has_one_form() {
        assert_eq!("0:0::1".parse::<Address>(), "::1".parse::<Address>());
    }
}
