//! The key by which a name server knows us (TSIG, RFC 8945).

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hickory_proto::rr::TSigner;
use hickory_proto::rr::rdata::tsig::TsigAlgorithm;
use mosipctl_spec::environment::dns::{TsigAlgorithm as Algorithm, TsigKey};

use crate::error::DnsError;
use crate::message::name;

/// Seconds by which the clocks may differ: what RFC 8945 §10 advises.
const FUDGE: u16 = 300;

/// The key by which a name server knows us.
#[derive(Clone)]
pub struct Key {
    pub(crate) signer: TSigner,
}

/// Shows the name, never the secret.
impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Key")
            .field(self.signer.signer_name())
            .finish()
    }
}

impl Key {
    /// A key of the environment file with its secret.
    ///
    /// # Errors
    /// The secret is not in base64, or the name is none.
    pub fn new(key: &TsigKey, secret: &str) -> Result<Self, DnsError> {
        let bad = || DnsError::BadSecret(key.name.clone());
        let secret = STANDARD.decode(secret.trim()).map_err(|_| bad())?;
        if secret.is_empty() {
            return Err(bad());
        }
        let algorithm = match key.algorithm {
            Algorithm::HmacSha256 => TsigAlgorithm::HmacSha256,
            Algorithm::HmacSha384 => TsigAlgorithm::HmacSha384,
            Algorithm::HmacSha512 => TsigAlgorithm::HmacSha512,
        };
        let signer = TSigner::new(secret, algorithm, name(&key.name)?, FUDGE);
        Ok(Self {
            signer: signer.map_err(|_| bad())?,
        })
    }
}

#[cfg(test)]
mod tests {
    use mosipctl_spec::environment::secret::{SecretSource, Source};

    use super::*;

    #[test]
    fn a_key_shows_its_name_and_a_wrong_secret_is_not_shown() {
        let key = TsigKey {
            name: "mosipctl".to_owned(),
            algorithm: Algorithm::HmacSha256,
            secret: SecretSource {
                from: Source::Env("A".to_owned()),
            },
        };
        let good = Key::new(&key, "c2VjcmV0LXNlY3JldA==").unwrap();
        let shown = format!("{good:?}");
        assert!(
            shown.contains("mosipctl") && !shown.contains("secret-secret"),
            "{shown}"
        );
        let error = Key::new(&key, "no base64!").unwrap_err();
        assert!(!format!("{error} {error:?}").contains("no base64!"));
    }
}
