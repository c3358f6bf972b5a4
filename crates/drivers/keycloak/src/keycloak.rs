//! One Keycloak, spoken to as its administrator.

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use futures::stream::{self, StreamExt, TryStreamExt};
use mosipctl_endpoint::Endpoint;
use reqwest::{Client, Url};
use secrecy::SecretString;
use serde_json::Value;

use crate::error::KeycloakError;
use crate::requests::{Counters, RequestCounts};
use crate::server::{Server, Version};
use crate::session::Session;

/// Making a realm takes a slow server some seconds; nothing we ask for takes a minute.
const PATIENCE: Duration = Duration::from_secs(60);
/// How many requests are under way at a time. More do not make Keycloak faster, and its database has a pool to share.
const AT_ONCE: usize = 8;

/// Awaits all, some at a time, and gives their results in order; the first that fails ends it. They come collected: the compiler
/// does not see that a stream which makes them may move between threads.
pub(crate) async fn some_at_a_time<T>(
    tasks: Vec<impl Future<Output = Result<T, KeycloakError>>>,
) -> Result<Vec<T>, KeycloakError> {
    let tasks = stream::iter(tasks).buffered(AT_ONCE);
    tasks.try_collect().await
}

/// Who administers Keycloak: a user of the realm `master`.
#[derive(Debug, Clone)]
pub struct Administrator {
    /// Name.
    pub user: String,
    /// Password.
    pub password: SecretString,
}

/// One Keycloak, spoken to as its administrator. Cheap to clone.
#[derive(Clone)]
pub struct Keycloak {
    pub(crate) inner: Arc<Inner>,
    server: Arc<Server>,
}

pub(crate) struct Inner {
    pub(crate) endpoint: Endpoint,
    pub(crate) client: Client,
    /// The address with the path before every other, such as `/auth`.
    pub(crate) base: Url,
    pub(crate) administrator: Administrator,
    pub(crate) session: Session,
    pub(crate) counters: Counters,
}

impl Keycloak {
    /// Finds Keycloak at the address or under `/auth` there, logs in, and asks for its version.
    ///
    /// # Errors
    /// Nothing answers, it is no Keycloak, or the administrator is refused.
    pub async fn connect(
        endpoint: Endpoint,
        administrator: Administrator,
    ) -> Result<Self, KeycloakError> {
        let client = endpoint.client(PATIENCE)?;
        let base = find(&endpoint, &client).await?;
        let unknown = Self {
            inner: Arc::new(Inner {
                endpoint,
                client,
                base,
                administrator,
                session: Session::default(),
                counters: Counters::default(),
            }),
            server: Arc::default(),
        };
        let server = Arc::new(unknown.read_server().await?);
        Ok(Self { server, ..unknown })
    }

    /// Its version, as it was when we connected.
    pub fn version(&self) -> Version {
        self.server.version
    }

    /// Its address, with the path before every other.
    pub fn url(&self) -> String {
        self.inner.base.as_str().trim_end_matches('/').to_owned()
    }

    /// How many requests were made.
    pub fn counts(&self) -> RequestCounts {
        self.inner.counters.read()
    }

    /// What it says about itself.
    pub(crate) fn server(&self) -> &Server {
        &self.server
    }

    async fn read_server(&self) -> Result<Server, KeycloakError> {
        let what = "read the version of Keycloak";
        let info = self.get(&["admin", "serverinfo"], what).json().await?;
        Server::read(&info).ok_or_else(|| KeycloakError::Refused {
            what: what.to_owned(),
            status: 403,
            words: "it does not tell its version to this user".to_owned(),
        })
    }
}

impl fmt::Debug for Keycloak {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Keycloak({})", self.url())
    }
}

/// The address with the path before every other: as given, with `/auth` as until 16, or without it as since 17.
async fn find(endpoint: &Endpoint, client: &Client) -> Result<Url, KeycloakError> {
    let given = endpoint.url();
    let path = given.path().trim_end_matches('/');
    let other = match path.strip_suffix("/auth") {
        Some(without) => without.to_owned(),
        None => format!("{path}/auth"),
    };
    let mut found = String::new();
    for path in [path, &other] {
        let mut base = given.clone();
        base.set_path(path);
        match ask(endpoint, client, &base).await? {
            None => return Ok(base),
            Some(instead) if found.is_empty() => found = instead,
            Some(_) => {}
        }
    }
    Err(KeycloakError::NotKeycloak {
        server: endpoint.to_string(),
        found,
    })
}

/// None when Keycloak is at this address, else what answered instead.
async fn ask(
    endpoint: &Endpoint,
    client: &Client,
    base: &Url,
) -> Result<Option<String>, KeycloakError> {
    const DOCUMENT: &str = "/realms/master/.well-known/openid-configuration";
    let mut url = base.clone();
    url.set_path(&format!("{}{DOCUMENT}", base.path().trim_end_matches('/')));
    let unreachable = |error: reqwest::Error| KeycloakError::Unreachable {
        what: "find Keycloak".to_owned(),
        server: endpoint.to_string(),
        trouble: endpoint.trouble(&error),
    };
    let answer = client.get(url).send().await.map_err(unreachable)?;
    let status = answer.status();
    let location = answer.headers().get(http::header::LOCATION).cloned();
    let body = answer.bytes().await.map_err(unreachable)?;
    let document: Value = serde_json::from_slice(&body).unwrap_or_default();
    let issuer = document["issuer"].as_str().unwrap_or_default();
    if status.is_success() && issuer.ends_with("/realms/master") {
        return Ok(None);
    }
    // a server that is still starting is worth another try, unlike a page of somebody else's
    if status.is_server_error() {
        return Err(crate::error::refused("find Keycloak", status, &body));
    }
    let location = location.and_then(|location| location.to_str().map(str::to_owned).ok());
    Ok(Some(match location {
        Some(location) => format!("it sends on to {location}"),
        None => format!("it answers {} to {DOCUMENT}", status.as_u16()),
    }))
}
