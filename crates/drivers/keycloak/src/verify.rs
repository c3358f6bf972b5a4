//! Whether clients really get the tokens that services rely on.

use std::collections::BTreeSet;
use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use crate::compare::client::wanted_roles;
use crate::difference::RoleName;
use crate::error::{KeycloakError, words};
use crate::keycloak::{Keycloak, some_at_a_time};
use crate::wanted::{Client, Realm};

/// Something that is wrong with the tokens of a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// It gets none.
    NoToken {
        /// The client.
        client: String,
        /// What Keycloak says.
        words: String,
    },
    /// They lack a role.
    NoRole {
        /// The client.
        client: String,
        /// The role.
        role: RoleName,
    },
    /// They lack a scope.
    NoScope {
        /// The client.
        client: String,
        /// The scope.
        scope: String,
    },
    /// They name another issuer than the address that services know.
    Issuer {
        /// The client.
        client: String,
        /// The issuer by the realm's frontend address.
        wanted: String,
        /// The issuer in the token.
        found: String,
    },
}

impl Finding {
    /// The client that it is about.
    pub fn client(&self) -> &str {
        match self {
            Self::NoToken { client, .. }
            | Self::NoRole { client, .. }
            | Self::NoScope { client, .. }
            | Self::Issuer { client, .. } => client,
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoToken { client, words } => {
                write!(f, "client `{client}` gets no token: {words}")
            }
            Self::NoRole { client, role } => {
                write!(f, "tokens of client `{client}` lack role {role}")
            }
            Self::NoScope { client, scope } => {
                write!(f, "tokens of client `{client}` lack scope `{scope}`")
            }
            Self::Issuer {
                client,
                wanted,
                found,
            } => write!(
                f,
                "tokens of client `{client}` are issued by {found}, services expect {wanted}"
            ),
        }
    }
}

impl Keycloak {
    /// Takes a token for each confidential client by its own credentials, and compares what is in it. A client whose secret is
    /// not given is tried with the one that Keycloak has.
    ///
    /// # Errors
    /// Keycloak does not answer. A refused client is a finding.
    pub async fn verify(&self, wanted: &Realm) -> Result<Vec<Finding>, KeycloakError> {
        let clients = wanted.clients.iter().filter(|client| !client.public);
        let findings = clients.map(|client| self.verify_client(wanted, client));
        Ok(some_at_a_time(findings.collect()).await?.concat())
    }

    async fn verify_client(
        &self,
        realm: &Realm,
        client: &Client,
    ) -> Result<Vec<Finding>, KeycloakError> {
        let nothing = |words: String| {
            let client = client.id.clone();
            Ok(vec![Finding::NoToken { client, words }])
        };
        let secret = match &client.secret {
            Some(secret) => Some(secret.clone()),
            None => self.client_secret(&realm.name, &client.id).await?,
        };
        let Some(secret) = secret else {
            return nothing("there is no such client".to_owned());
        };
        match self.client_token(&realm.name, &client.id, &secret).await? {
            Ok(payload) => Ok(compare(realm, client, &payload)),
            Err(words) => nothing(words),
        }
    }

    /// What is in a token of a client, or Keycloak's words when it gets none.
    async fn client_token(
        &self,
        realm: &str,
        client: &str,
        secret: &SecretString,
    ) -> Result<Result<Value, String>, KeycloakError> {
        let what = format!("take a token for client `{client}`");
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", client),
            ("client_secret", secret.expose_secret()),
        ];
        let (status, body) = self.token_request(realm, &form, &what).await?;
        if status.is_server_error() {
            return Err(crate::error::refused(&what, status, &body));
        }
        if !status.is_success() {
            return Ok(Err(words(status, &body)));
        }
        let answer: Value = serde_json::from_slice(&body).unwrap_or_default();
        let payload = answer["access_token"].as_str().and_then(payload);
        payload.map(Ok).ok_or_else(|| KeycloakError::Unreadable {
            what,
            problem: "it holds no token".to_owned(),
        })
    }
}

/// What a token says. Its signature is not checked: it comes from the server itself.
fn payload(token: &str) -> Option<Value> {
    let payload = URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?).ok()?;
    serde_json::from_slice(&payload).ok()
}

fn compare(realm: &Realm, client: &Client, payload: &Value) -> Vec<Finding> {
    let id = || client.id.clone();
    let carried = roles(payload);
    let missing = wanted_roles(client).into_iter();
    let missing = missing.filter(|role| !carried.contains(role));
    let missing = missing.map(|role| Finding::NoRole { client: id(), role });
    let scope = payload["scope"].as_str().unwrap_or_default();
    let scopes: BTreeSet<&str> = scope.split_whitespace().collect();
    let lacking = client.scopes.iter();
    let lacking = lacking.filter(|scope| !scopes.contains(scope.as_str()));
    let lacking = lacking.map(|scope| Finding::NoScope {
        client: id(),
        scope: scope.clone(),
    });
    let issuer = issuer(realm, &client.id, payload);
    missing.chain(lacking).chain(issuer).collect()
}

fn roles(payload: &Value) -> BTreeSet<RoleName> {
    let names = |access: &Value| -> Vec<String> {
        let roles = access["roles"].as_array().into_iter().flatten();
        let roles = roles.filter_map(Value::as_str);
        roles.map(str::to_owned).collect()
    };
    let realm = names(&payload["realm_access"]).into_iter();
    let realm = realm.map(|name| RoleName::of_realm(&name));
    let clients = payload["resource_access"].as_object();
    let clients = clients.into_iter().flatten().flat_map(|(client, access)| {
        let names = names(access).into_iter();
        names.map(|name| RoleName::of_client(client, &name))
    });
    realm.chain(clients).collect()
}

fn issuer(realm: &Realm, client: &str, payload: &Value) -> Option<Finding> {
    let frontend = realm.settings.get("attributes")?["frontendUrl"].as_str()?;
    let wanted = format!("{}/realms/{}", frontend.trim_end_matches('/'), realm.name);
    let found = payload["iss"].as_str().unwrap_or_default();
    (found != wanted).then(|| Finding::Issuer {
        client: client.to_owned(),
        wanted,
        found: found.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_token_is_compared_with_what_services_rely_on() {
        let realm = Realm {
            name: "mosip".to_owned(),
            settings: json!({"attributes": {"frontendUrl": "https://iam.example.org/auth"}})
                .as_object()
                .cloned()
                .unwrap(),
            ..Realm::default()
        };
        let client = Client {
            roles: vec!["AUTH".to_owned(), "RESIDENT".to_owned()],
            scopes: vec!["ida_token".to_owned()],
            ..Client::new("c")
        };
        let good = json!({
            "iss": "https://iam.example.org/auth/realms/mosip",
            "realm_access": {"roles": ["AUTH", "RESIDENT", "offline_access"]},
            "scope": "profile ida_token",
        });
        assert_eq!(compare(&realm, &client, &good), []);
        let bad = json!({
            "iss": "http://keycloak.keycloak/auth/realms/mosip",
            "realm_access": {"roles": ["AUTH"]},
        });
        let words: Vec<String> = compare(&realm, &client, &bad)
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(
            words,
            [
                "tokens of client `c` lack role `RESIDENT`",
                "tokens of client `c` lack scope `ida_token`",
                "tokens of client `c` are issued by http://keycloak.keycloak/auth/realms/mosip, services expect \
                 https://iam.example.org/auth/realms/mosip",
            ]
        );
    }

    #[test]
    fn the_middle_of_a_token_is_read() {
        let middle = URL_SAFE_NO_PAD.encode(r#"{"azp":"c"}"#);
        let token = format!("head.{middle}.signature");
        assert_eq!(payload(&token).unwrap()["azp"], "c");
        assert_eq!(payload("no token"), None);
    }
}
