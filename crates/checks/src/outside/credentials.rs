//! Reading what people supply, to log in with.

use mosipctl_kube::Kubernetes;
use mosipctl_object::{Kind, ObjectKey};
use mosipctl_observe::secret::data;
use mosipctl_spec::environment::secret::{KubernetesSource, SecretSource, Source};
use secrecy::SecretString;

use super::in_words;

/// The secret at a source.
///
/// # Errors
/// Why there is none, in words without it.
pub(super) async fn read(
    kube: &dyn Kubernetes,
    source: &SecretSource,
) -> Result<SecretString, String> {
    let text = match &source.from {
        Source::Env(name) => {
            std::env::var(name).map_err(|_| format!("environment variable `{name}` is not set"))?
        }
        Source::File(path) => tokio::fs::read_to_string(path)
            .await
            .map_err(|error| format!("file `{}` cannot be read: {error}", path.display()))?
            .trim_end_matches(['\n', '\r'])
            .to_owned(),
        Source::Kubernetes(place) => in_cluster(kube, place).await?,
    };
    match text.is_empty() {
        true => Err("it is empty".to_owned()),
        false => Ok(SecretString::from(text)),
    }
}

async fn in_cluster(kube: &dyn Kubernetes, place: &KubernetesSource) -> Result<String, String> {
    let KubernetesSource {
        namespace,
        name,
        key,
    } = place;
    let secret = ObjectKey::namespaced(Kind::core("Secret"), namespace, name);
    let found = kube.get(&secret).await.map_err(|error| in_words(&error))?;
    let found = found.ok_or_else(|| format!("there is no secret `{namespace}/{name}`"))?;
    let bytes = data(&found).remove(key);
    let bytes = bytes.ok_or_else(|| format!("secret `{namespace}/{name}` has no key `{key}`"))?;
    String::from_utf8(bytes)
        .map_err(|_| format!("key `{key}` of secret `{namespace}/{name}` is no text"))
}
