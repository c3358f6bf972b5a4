//! One server of each version for the whole binary.

use std::path::Path;

use mosipctl_artefact::{Artefacts, Settings};
use mosipctl_endpoint::Endpoint;
use mosipctl_keycloak::{Administrator, Keycloak, Realm};
use mosipctl_servers::{Keycloak as Server, KeycloakSettings, KeycloakVersion};
use secrecy::SecretString;
use tokio::sync::OnceCell;

use crate::catalogue;

pub(crate) use KeycloakVersion::{V16, V26AtRoot as V26};

pub(crate) const PASSWORD: &str = "only for a lab";

static SIXTEEN: OnceCell<Option<Server>> = OnceCell::const_new();
static TWENTY_SIX: OnceCell<Option<Server>> = OnceCell::const_new();

/// The address of the server of a version; none when this machine cannot have it.
pub(crate) async fn url(version: KeycloakVersion) -> Option<String> {
    let cell = match version {
        V16 => &SIXTEEN,
        _ => &TWENTY_SIX,
    };
    let server = cell.get_or_init(|| start(version)).await;
    server.as_ref().map(Server::url)
}

async fn start(version: KeycloakVersion) -> Option<Server> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let folder = folder.join(format!("keycloak-{}", version.number()));
    // what an earlier run left
    let _ = std::fs::remove_dir_all(&folder);
    let artefacts = Artefacts::new(Settings::from_environment().unwrap());
    let settings = KeycloakSettings {
        version,
        folder,
        port: None,
        password: SecretString::from(PASSWORD),
    };
    match Server::start(&artefacts, &settings).await {
        Ok(server) => Some(server),
        Err(error) if error.is_missing() => {
            eprintln!("skipped: {error}");
            None
        }
        Err(error) => panic!("{error}"),
    }
}

pub(crate) fn administrator() -> Administrator {
    Administrator {
        user: "admin".to_owned(),
        password: SecretString::from(PASSWORD),
    }
}

/// A client of its own for each test: connections belong to the runtime of a test.
pub(crate) async fn keycloak(version: KeycloakVersion) -> Option<Keycloak> {
    let endpoint = Endpoint::new(&url(version).await?).unwrap();
    Some(Keycloak::connect(endpoint, administrator()).await.unwrap())
}

/// A realm with all roles and scopes that tests share, each with clients of its own: making one takes seconds, mostly for its
/// keys. It has no frontend address, so tokens name the issuer as the server was asked for.
pub(crate) async fn shared(version: KeycloakVersion) -> Option<(Keycloak, Realm)> {
    static MADE: [OnceCell<()>; 2] = [OnceCell::const_new(), OnceCell::const_new()];
    let keycloak = keycloak(version).await?;
    let mut wanted = catalogue::realm("shared");
    wanted.clients.clear();
    wanted.settings.remove("attributes");
    let cell = &MADE[usize::from(version == V26)];
    let made = || async { drop(keycloak.make(&wanted).await.unwrap()) };
    cell.get_or_init(made).await;
    Some((keycloak, wanted))
}

/// Runs each test on both servers.
macro_rules! on_both {
    ($($name:ident),* $(,)?) => {
        mod on_16 {
            $(#[tokio::test]
            async fn $name() {
                super::$name($crate::support::V16).await;
            })*
        }
        mod on_26 {
            $(#[tokio::test]
            async fn $name() {
                super::$name($crate::support::V26).await;
            })*
        }
    };
}

pub(crate) use on_both;
