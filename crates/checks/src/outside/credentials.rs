//! Reading what people supply, to log in with.

use mosipctl_kube::Kubernetes;
use mosipctl_observe::secret::supplied;
use mosipctl_spec::environment::secret::SecretSource;
use secrecy::SecretString;

use super::in_words;

/// The secret at a source.
///
/// # Errors
/// Why there is none, in words without it.
pub(crate) async fn read(
    kube: &dyn Kubernetes,
    source: &SecretSource,
) -> Result<SecretString, String> {
    let value = supplied(kube, source).await;
    let value = value.map_err(|error| in_words(&error))?;
    match std::str::from_utf8(&value) {
        Ok("") => Err("it is empty".to_owned()),
        Ok(text) => Ok(SecretString::from(text)),
        Err(_) => Err("it is no text".to_owned()),
    }
}
