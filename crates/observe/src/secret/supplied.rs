//! Reading what people supply.

use mosipctl_kube::{KubeError, Kubernetes};
use mosipctl_object::{Kind, ObjectKey};
use mosipctl_spec::environment::secret::{SecretSource, Source};
use zeroize::Zeroizing;

use super::data;

/// Why there is nothing to read.
#[derive(Debug, thiserror::Error)]
pub enum SupplyError {
    /// Nobody has supplied it.
    #[error("{message}")]
    Lacking {
        /// What is missing.
        message: String,
        /// What a person can do about it.
        remedy: String,
    },
    /// The cluster does not show the Secret.
    #[error(transparent)]
    Kubernetes(#[from] KubeError),
}

fn lacking(message: String, remedy: impl Into<String>) -> SupplyError {
    SupplyError::Lacking {
        message,
        remedy: remedy.into(),
    }
}

/// The value at a source.
///
/// # Errors
/// See [`SupplyError`]; no error holds any of the value.
pub async fn supplied(
    kube: &dyn Kubernetes,
    source: &SecretSource,
) -> Result<Zeroizing<Vec<u8>>, SupplyError> {
    match &source.from {
        Source::Env(name) => match std::env::var(name) {
            Ok(value) if !value.is_empty() => Ok(Zeroizing::new(value.into_bytes())),
            _ => {
                let message = format!("environment variable `{name}` is not set");
                Err(lacking(
                    message,
                    format!("set `{name}` for this command and run it again"),
                ))
            }
        },
        Source::File(path) => {
            let mut content = tokio::fs::read(path)
                .await
                .map(Zeroizing::new)
                .map_err(|error| {
                    let message = format!("file `{}` cannot be read: {error}", path.display());
                    lacking(message, "put the file there, or name another one")
                })?;
            while content
                .last()
                .is_some_and(|byte| matches!(byte, b'\n' | b'\r'))
            {
                content.pop();
            }
            Ok(content)
        }
        Source::Kubernetes(place) => {
            supplied_key(
                kube,
                &format!("{}/{}", place.namespace, place.name),
                &place.key,
            )
            .await
        }
    }
}

/// A key of a Secret in the cluster, named `NAMESPACE/NAME`.
///
/// # Errors
/// See [`SupplyError`]; no error holds any of the value.
pub async fn supplied_key(
    kube: &dyn Kubernetes,
    secret: &str,
    key: &str,
) -> Result<Zeroizing<Vec<u8>>, SupplyError> {
    let (namespace, name) = secret.split_once('/').unwrap_or(("default", secret));
    let found = kube
        .get(&ObjectKey::namespaced(
            Kind::core("Secret"),
            namespace,
            name,
        ))
        .await?;
    let value = found
        .as_ref()
        .and_then(|found| data(found).remove(key))
        .map(Zeroizing::new);
    value.ok_or_else(|| {
        let what = if found.is_some() {
            format!("it has no key `{key}`")
        } else {
            "it does not exist".to_owned()
        };
        lacking(
            format!("it is taken from secret `{secret}`: {what}"),
            "make that secret first",
        )
    })
}
