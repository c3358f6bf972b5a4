//! Keys of WireGuard: 32 bytes of Curve25519, written in base64.

use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use x25519_dalek::StaticSecret;
use zeroize::Zeroizing;

/// What everybody may know of a key.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PublicKey([u8; 32]);

/// What only its owner may know. It is forgotten when it is dropped, and printed by nothing but [`PrivateKey::expose`].
#[derive(Clone)]
pub struct PrivateKey(StaticSecret);

/// A text is no key of WireGuard. It is not shown, because it may be a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is no key of WireGuard: 44 letters of base64 that end in `=`")]
pub struct KeyError;

impl PrivateKey {
    /// Draws a new one from the system's random source.
    pub fn generate() -> Self {
        Self(StaticSecret::random())
    }

    /// The public half.
    pub fn public(&self) -> PublicKey {
        PublicKey(x25519_dalek::PublicKey::from(&self.0).to_bytes())
    }

    /// Its text, for the one place that must have it.
    pub fn expose(&self) -> Zeroizing<String> {
        Zeroizing::new(STANDARD.encode(self.0.as_bytes()))
    }
}

impl FromStr for PrivateKey {
    type Err = KeyError;
    fn from_str(text: &str) -> Result<Self, KeyError> {
        let bytes = Zeroizing::new(bytes(text)?);
        Ok(Self(StaticSecret::from(*bytes)))
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PrivateKey(of {})", self.public())
    }
}

impl PublicKey {
    /// Its first bytes in hexadecimal, enough to tell keys apart in names of files.
    pub fn short(&self) -> String {
        let first = self.0.iter().take(4);
        first.map(|byte| format!("{byte:02x}")).collect()
    }
}

impl FromStr for PublicKey {
    type Err = KeyError;
    fn from_str(text: &str) -> Result<Self, KeyError> {
        bytes(text).map(Self)
    }
}

fn bytes(text: &str) -> Result<[u8; 32], KeyError> {
    let decoded = Zeroizing::new(STANDARD.decode(text).map_err(|_| KeyError)?);
    decoded.as_slice().try_into().map_err(|_| KeyError)
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&STANDARD.encode(self.0))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({self})")
    }
}

impl Serialize for PublicKey {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for PublicKey {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // RFC 7748 §6.1: Alice's pair.
    const PRIVATE: &str = "dwdtCnMYpX08FsFyUbJmRd9ML4frwJkqsXf7pR25LCo=";
    const PUBLIC: &str = "hSDwCYkwp1R0i33ctD73Wg2/Og0mOBr066SpjqqbTmo=";

    #[test]
    fn the_public_half_is_that_of_the_standard() {
        let private: PrivateKey = PRIVATE.parse().unwrap();
        assert_eq!(private.public().to_string(), PUBLIC);
        assert_eq!(private.expose().as_str(), PRIVATE);
    }

    #[test]
    fn no_two_keys_are_equal() {
        assert_ne!(
            PrivateKey::generate().public(),
            PrivateKey::generate().public()
        );
    }

    #[test]
    fn a_private_key_is_not_printed() {
        let private: PrivateKey = PRIVATE.parse().unwrap();
        assert_eq!(format!("{private:?}"), format!("PrivateKey(of {PUBLIC})"));
    }

    #[test]
    fn what_is_no_key_is_refused_without_being_shown() {
        for text in [
            "",
            "short",
            &PUBLIC[1..],
            "not base64 not base64 not base64 not base64=",
        ] {
            assert_eq!(text.parse::<PublicKey>(), Err(KeyError));
            let error = text.parse::<PrivateKey>().unwrap_err().to_string();
            assert!(text.is_empty() || !error.contains(text));
        }
    }
}
