//! Reading what people supply.

use mosipctl_kube::Kubernetes;
use mosipctl_object::{Kind, ObjectKey};
use mosipctl_observe::secret::data;
use mosipctl_spec::environment::secret::{SecretSource, Source};
use zeroize::Zeroizing;

use crate::failure::Failure;

/// The value at a source.
pub(super) async fn read(
    kube: &dyn Kubernetes,
    source: &SecretSource,
) -> Result<Zeroizing<Vec<u8>>, Failure> {
    match &source.from {
        Source::Env(name) => match std::env::var(name) {
            Ok(value) if !value.is_empty() => Ok(Zeroizing::new(value.into_bytes())),
            _ => {
                let message = format!("environment variable `{name}` is not set");
                Err(Failure::refused(
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
                    Failure::refused(message, "put the file there, or name another one")
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
            read_key(
                kube,
                &format!("{}/{}", place.namespace, place.name),
                &place.key,
            )
            .await
        }
    }
}

/// A key of a Secret in the cluster, named `NAMESPACE/NAME`.
pub(super) async fn read_key(
    kube: &dyn Kubernetes,
    secret: &str,
    key: &str,
) -> Result<Zeroizing<Vec<u8>>, Failure> {
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
        Failure::refused(
            format!("it is taken from secret `{secret}`: {what}"),
            "make that secret first",
        )
    })
}
