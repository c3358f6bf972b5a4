//! Secrets of the cluster that servers are logged in to with.

use mosipctl_kube::Kubernetes;
use mosipctl_object::{Kind, ObjectKey};
use mosipctl_observe::secret::data;
use secrecy::SecretString;

use crate::error::PrepareError;

/// The value at `NAMESPACE/NAME#KEY`.
pub(crate) async fn secret(
    kube: &dyn Kubernetes,
    server: &'static str,
    path: &str,
) -> Result<SecretString, PrepareError> {
    let missing = |reason: String| PrepareError::Login { server, reason };
    let (secret, key) = path
        .split_once('#')
        .ok_or_else(|| missing(format!("`{path}` names no key of a Secret")))?;
    let (namespace, name) = secret
        .split_once('/')
        .ok_or_else(|| missing(format!("`{path}` names no Secret")))?;
    let object = ObjectKey::namespaced(Kind::core("Secret"), namespace, name);
    let object = kube.get(&object).await?;
    let object = object.ok_or_else(|| missing(format!("there is no `secret {secret}`")))?;
    let bytes = data(&object).remove(key);
    let bytes = bytes.ok_or_else(|| missing(format!("`secret {secret}` has no key `{key}`")))?;
    let text =
        String::from_utf8(bytes).map_err(|_| missing(format!("`secret {path}` is no text")))?;
    Ok(SecretString::from(text))
}

/// A name as it stands, or the one in a Secret.
pub(crate) async fn name(
    kube: &dyn Kubernetes,
    server: &'static str,
    text: &str,
) -> Result<String, PrepareError> {
    use secrecy::ExposeSecret;
    match text.contains('#') {
        true => Ok(secret(kube, server, text).await?.expose_secret().to_owned()),
        false => Ok(text.to_owned()),
    }
}
