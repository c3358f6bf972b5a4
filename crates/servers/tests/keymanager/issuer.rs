//! Keycloak 16.1.1 with a realm, a client that may make keys and one that may not.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use mosipctl_endpoint::Endpoint;
use mosipctl_keycloak::{Administrator, Client, Keycloak as Driver, Realm};
use mosipctl_servers::{Issuer, Keycloak, KeycloakSettings, KeycloakVersion, OwnClient};
use serde_json::Value;

use crate::support::{artefacts, had};

const PASSWORD: &str = "only for a lab";
const REALM: &str = "mosip";
/// Has a role that keymanager asks for.
pub(crate) const KEEPER: &str = "mosip-deployment-client";
/// Has another.
pub(crate) const GUEST: &str = "mosip-guest-client";
/// Has the role, but keymanager does not take its tokens.
pub(crate) const STRANGER: &str = "mosip-strange-client";

pub(crate) struct LogIn {
    server: Keycloak,
}

impl LogIn {
    pub(crate) async fn start(folder: &Path) -> Option<Self> {
        let settings = KeycloakSettings {
            version: KeycloakVersion::V16,
            folder: folder.to_owned(),
            port: None,
            password: PASSWORD.to_owned().into(),
        };
        let server = had(Keycloak::start(&artefacts(), &settings).await)?;
        let administrator = Administrator {
            user: server.administrator().to_owned(),
            password: PASSWORD.to_owned().into(),
        };
        let endpoint = Endpoint::new(&server.url()).unwrap();
        let driver = Driver::connect(endpoint, administrator).await.unwrap();
        driver.make(&realm()).await.unwrap();
        Some(Self { server })
    }

    pub(crate) fn settings(&self) -> Issuer {
        Issuer {
            url: self.server.url(),
            named: None,
            realm: REALM.to_owned(),
            clients: vec![KEEPER.to_owned(), GUEST.to_owned()],
            own: Some(OwnClient {
                id: GUEST.to_owned(),
                secret: PASSWORD.to_owned().into(),
            }),
        }
    }

    /// A token of a client, good for five minutes.
    pub(crate) async fn token(&self, client: &str) -> String {
        let base = self.server.url();
        let url = format!("{base}/realms/{REALM}/protocol/openid-connect/token");
        let http = Endpoint::new(&base)
            .unwrap()
            .client(Duration::from_secs(60));
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", client),
            ("client_secret", PASSWORD),
        ];
        let answer = http.unwrap().post(url).form(&form).send().await.unwrap();
        let answer: Value = answer.json().await.unwrap();
        answer["access_token"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn stop(self) {
        self.server.stop().await;
    }
}

fn realm() -> Realm {
    // a token for nobody (without `aud`) ends every request with 500: MOSIP's check of tokens does not think of it. A role at a
    // client makes the token one for that client.
    let account = BTreeMap::from([("account".to_owned(), vec!["view-profile".to_owned()])]);
    let client = |id: &str, roles: &[&str]| Client {
        client_roles: account.clone(),
        secret: Some(PASSWORD.to_owned().into()),
        roles: roles.iter().map(ToString::to_string).collect(),
        ..Client::new(id)
    };
    Realm {
        name: REALM.to_owned(),
        roles: vec!["ZONAL_ADMIN".to_owned(), "GUEST".to_owned()],
        clients: vec![
            client(KEEPER, &["ZONAL_ADMIN"]),
            client(GUEST, &["GUEST"]),
            client(STRANGER, &["ZONAL_ADMIN"]),
        ],
        ..Realm::default()
    }
}
