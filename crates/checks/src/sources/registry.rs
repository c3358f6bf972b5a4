//! Asking registries for images, as a node would: by name, with the environment's pull secrets, and without pulling anything.

use std::collections::BTreeMap;
use std::error::Error;
use std::time::Duration;

use futures::StreamExt;
use mosipctl_kube::Kubernetes;
use mosipctl_spec::environment::images::{Images, PullSecret};
use oci_client::client::{ClientConfig, ClientProtocol};
use oci_client::errors::{OciDistributionError, OciEnvelope, OciErrorCode};
use oci_client::secrets::RegistryAuth;
use oci_client::{Client, Reference};
use secrecy::ExposeSecret;

use super::egress::is_this_machine;
use super::images::{Answer, Image, Seen};
use crate::finding::{Check, Finding};
use crate::outside::credentials;

/// Images that are asked for at the same time. A registry that is asked more at once asks to wait.
const AT_ONCE: usize = 8;
/// Three requests: what it wants to know, a token, the image.
const PATIENCE: Duration = Duration::from_secs(30);
/// Letters of what a registry says; some answer with a page.
const WORDS: usize = 200;

/// What pulls with which password.
pub(super) struct Registries {
    logins: BTreeMap<String, Login>,
}

struct Login {
    secret: String,
    auth: RegistryAuth,
}

impl Registries {
    /// Reads the pull secrets of the environment, and tells which cannot be read.
    pub(super) async fn new(kube: &dyn Kubernetes, images: &Images) -> (Self, Vec<Finding>) {
        let mut logins = BTreeMap::new();
        let mut unread = Vec::new();
        for secret in &images.pull_secrets {
            match login(kube, secret).await {
                Ok(login) => drop(logins.insert(host(&secret.registry), login)),
                Err(why) => unread.push(Finding::warning(
                    Check::ImageDigests,
                    format!("pull secret {}", secret.name),
                    format!("{} was asked without it: {why}", secret.registry),
                    "supply its password where `spec.images.pullSecrets` says it is",
                )),
            }
        }
        (Self { logins }, unread)
    }

    /// Asks for all images, some at a time.
    pub(super) async fn ask_all(&self, images: Vec<Image>) -> Vec<(Image, Seen)> {
        let client = &client(&images);
        let asked = images.into_iter().map(async |image| {
            let seen = self.ask(client, &image).await;
            (image, seen)
        });
        let mut seen: Vec<_> = futures::stream::iter(asked)
            .buffer_unordered(AT_ONCE)
            .collect()
            .await;
        seen.sort_by(|(one, _), (other, _)| one.name.cmp(&other.name));
        seen
    }

    async fn ask(&self, client: &Client, image: &Image) -> Seen {
        let login = self.logins.get(&host(image.registry()));
        let auth = login.map_or(&RegistryAuth::Anonymous, |login| &login.auth);
        let reference = &image.reference;
        let tagged = async {
            let (tag, _) = (reference.tag()?, reference.digest()?);
            let (registry, repository) = (reference.registry(), reference.repository());
            let tagged = Reference::with_tag(registry.into(), repository.into(), tag.into());
            Some(digest(client, &tagged, auth).await)
        };
        let (pulled, tagged) = tokio::join!(digest(client, reference, auth), tagged);
        Seen {
            pulled,
            tagged,
            secret: login.map(|login| login.secret.clone()),
        }
    }
}

async fn login(kube: &dyn Kubernetes, secret: &PullSecret) -> Result<Login, String> {
    let password = credentials::read(kube, &secret.password).await?;
    let password = password.expose_secret().to_owned();
    Ok(Login {
        secret: secret.name.to_string(),
        auth: RegistryAuth::Basic(secret.username.clone(), password),
    })
}

/// Registries on this machine are spoken to without TLS, as container engines do.
fn client(images: &[Image]) -> Client {
    // reqwest asks the process for its TLS provider; ring is the only one there is, whoever sets it first
    let _ = rustls::crypto::ring::default_provider().install_default();
    let near = images
        .iter()
        .map(Image::registry)
        .filter(|registry| is_this_machine(registry));
    Client::new(ClientConfig {
        protocol: ClientProtocol::HttpsExcept(near.map(str::to_owned).collect()),
        connect_timeout: Some(PATIENCE),
        user_agent: concat!("mosipctl/", env!("CARGO_PKG_VERSION")),
        ..ClientConfig::default()
    })
}

async fn digest(client: &Client, image: &Reference, auth: &RegistryAuth) -> Answer {
    let asking = client.fetch_manifest_digest(image, auth);
    match tokio::time::timeout(PATIENCE, asking).await {
        Ok(Ok(digest)) => Answer::There(digest),
        Ok(Err(error)) => answer(&error),
        Err(_) => Answer::Unclear(format!("no answer within {} s", PATIENCE.as_secs())),
    }
}

fn answer(error: &OciDistributionError) -> Answer {
    match error {
        OciDistributionError::ImageManifestNotFoundError(_) => Answer::Missing,
        OciDistributionError::RegistryError { envelope, .. } => refusal(envelope),
        OciDistributionError::ServerError { code: 404, .. } => Answer::Missing,
        OciDistributionError::ServerError { code: 403, .. } => {
            Answer::Denied("it is forbidden (403)".to_owned())
        }
        OciDistributionError::ServerError { code, .. } => {
            Answer::Unclear(format!("it answers with {code}"))
        }
        OciDistributionError::UnauthorizedError { .. } => {
            Answer::Denied("it asks for a password (401)".to_owned())
        }
        OciDistributionError::AuthenticationFailure(why) => Answer::Denied(first_line(why)),
        OciDistributionError::RequestError(error) => Answer::Unclear(last(error)),
        other => Answer::Unclear(first_line(&other.to_string())),
    }
}

fn refusal(envelope: &OciEnvelope) -> Answer {
    let said: Vec<&str> = envelope
        .errors
        .iter()
        .map(|it| it.message.as_str())
        .collect();
    let said = first_line(&said.join(", "));
    let has = |codes: &[OciErrorCode]| envelope.errors.iter().any(|it| codes.contains(&it.code));
    let missing = [
        OciErrorCode::ManifestUnknown,
        OciErrorCode::NameUnknown,
        OciErrorCode::NotFound,
    ];
    match () {
        () if has(&missing) => Answer::Missing,
        () if has(&[OciErrorCode::Unauthorized, OciErrorCode::Denied]) => Answer::Denied(said),
        () => Answer::Unclear(said),
    }
}

fn first_line(text: &str) -> String {
    let line = text.lines().map(str::trim).find(|line| !line.is_empty());
    line.unwrap_or_default().chars().take(WORDS).collect()
}

/// The cause at the end of the chain.
fn last(first: &(dyn Error + 'static)) -> String {
    let mut last = first;
    while let Some(cause) = last.source() {
        last = cause;
    }
    last.to_string()
}

/// The host of a registry, however it is written: Docker's has several names.
fn host(registry: &str) -> String {
    let bare = registry
        .split_once("://")
        .map_or(registry, |(_, rest)| rest);
    let host = bare.split('/').next().unwrap_or_default();
    match host {
        "index.docker.io" | "registry-1.docker.io" => "docker.io".to_owned(),
        host => host.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_there_is_told_from_what_is_denied() {
        let said = |code: &str| {
            let envelope = format!(r#"{{"errors": [{{"code": "{code}", "message": "words"}}]}}"#);
            refusal(&serde_json::from_str(&envelope).unwrap())
        };
        assert_eq!(said("MANIFEST_UNKNOWN"), Answer::Missing);
        assert_eq!(said("NAME_UNKNOWN"), Answer::Missing);
        assert_eq!(said("DENIED"), Answer::Denied("words".to_owned()));
        assert_eq!(said("TOOMANYREQUESTS"), Answer::Unclear("words".to_owned()));
    }

    #[test]
    fn a_registry_is_known_by_all_its_names() {
        for name in [
            "https://index.docker.io/v1/",
            "docker.io",
            "registry-1.docker.io",
        ] {
            assert_eq!(host(name), "docker.io");
        }
        assert_eq!(
            host("registry.example.org:5000"),
            "registry.example.org:5000"
        );
    }
}
