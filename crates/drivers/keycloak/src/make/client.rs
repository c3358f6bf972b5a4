//! A client, its claims and scopes, and the roles of its service account.

use std::collections::BTreeMap;

use http::Method;
use secrecy::ExposeSecret;
use serde_json::{Map, Value, json};

use super::{Case, Made};
use crate::compare::client::{client, mapper, representation, wanted_mapper};
use crate::compare::realm::laid_over;
use crate::difference::{Difference, RoleName};
use crate::error::KeycloakError;
use crate::keycloak::Keycloak;
use crate::live::{LiveClient, Shelf};

impl Keycloak {
    /// Makes a client, unless it is there, and then what of it differs.
    pub(super) async fn make_case(&self, case: Case<'_>) -> Result<Made, KeycloakError> {
        let Case {
            realm,
            wanted,
            found,
            shelf,
        } = case;
        let created = found.is_none();
        let found = match found {
            Some(found) => found,
            None => {
                let body = representation(wanted);
                self.create_client(realm, &wanted.id, body).await?
            }
        };
        let live = self.read_client(realm, wanted, found).await?;
        let look = client(wanted, &live, shelf, self.version());
        let change = Change {
            keycloak: self,
            realm,
            live: &live,
            shelf,
            differences: &look.differences,
        };
        change.settings(wanted).await?;
        change.scopes().await?;
        change.claims(&wanted.claims).await?;
        change.roles(&wanted.id).await?;
        let mut made = Made::from(look);
        if created {
            // what follows from making it is not told apart
            let client = wanted.id.clone();
            made.done = vec![Difference::NoClient { client }];
        }
        Ok(made)
    }

    /// Creates a client and gives it as it is then, with what the server added.
    async fn create_client(
        &self,
        realm: &str,
        client: &str,
        body: Value,
    ) -> Result<Value, KeycloakError> {
        let what = format!("create client `{client}` of realm `{realm}`");
        let path = ["admin", "realms", realm, "clients"];
        self.post(&path, body, &what).done().await?;
        let found = self.client_named(realm, client).await?;
        found.ok_or_else(|| KeycloakError::Missing {
            what,
            missing: "trace of it afterwards".to_owned(),
        })
    }
}

/// What is to be changed of a client.
struct Change<'a> {
    keycloak: &'a Keycloak,
    realm: &'a str,
    live: &'a LiveClient,
    shelf: &'a Shelf,
    differences: &'a [Difference],
}

impl Change<'_> {
    /// The fields that differ, and the secret. The whole representation is sent: 16 deletes the service account, with its roles,
    /// when it gets one that does not say there is to be one.
    async fn settings(&self, wanted: &crate::wanted::Client) -> Result<(), KeycloakError> {
        let mut fields = Map::new();
        for difference in self.differences {
            match (difference, &wanted.secret) {
                (Difference::ClientSetting { field, wanted, .. }, _) => {
                    fields.insert((*field).to_owned(), wanted.clone());
                }
                (Difference::ClientSecret { .. }, Some(secret)) => {
                    fields.insert("secret".to_owned(), json!(secret.expose_secret()));
                }
                _ => {}
            }
        }
        if fields.is_empty() {
            return Ok(());
        }
        let body = laid_over(self.live.representation.clone(), &fields);
        let what = format!("change client `{}`", wanted.id);
        self.keycloak.put(&self.path(&[]), body, what).done().await
    }

    /// Links to client scopes.
    async fn scopes(&self) -> Result<(), KeycloakError> {
        for difference in self.differences {
            if let Difference::ClientScope { client, scope } = difference {
                self.link(client, scope).await?;
            }
        }
        Ok(())
    }

    async fn link(&self, client: &str, scope: &str) -> Result<(), KeycloakError> {
        let what = format!("give client `{client}` the client scope `{scope}`");
        let id = self
            .shelf
            .scopes
            .get(scope)
            .and_then(|scope| scope["id"].as_str());
        let id = id.ok_or_else(|| missing(&what, format!("client scope `{scope}`")))?;
        // a scope is either by default or on demand
        let optional = self.live.representation["optionalClientScopes"].as_array();
        if optional.is_some_and(|optional| optional.iter().any(|name| name == scope)) {
            let path = self.path(&["optional-client-scopes", id]);
            let unlink = self.keycloak.request(Method::DELETE, &path, &what);
            unlink.done().await?;
        }
        let path = self.path(&["default-client-scopes", id]);
        let link = self.keycloak.request(Method::PUT, &path, &what);
        link.done().await
    }

    /// Mappers of claims.
    async fn claims(&self, wanted: &BTreeMap<String, String>) -> Result<(), KeycloakError> {
        for difference in self.differences {
            if let Difference::Claim { client, claim } = difference
                && let Some(attribute) = wanted.get(claim)
            {
                let what = format!("make claim `{claim}` of client `{client}`");
                self.claim(claim, wanted_mapper(claim, attribute), what)
                    .await?;
            }
        }
        Ok(())
    }

    async fn claim(&self, claim: &str, wanted: Value, what: String) -> Result<(), KeycloakError> {
        const MODELS: [&str; 2] = ["protocol-mappers", "models"];
        let Some(found) = mapper(&self.live.representation, claim) else {
            let request = self.keycloak.post(&self.path(&MODELS), wanted, what);
            return request.done().await;
        };
        let id = found["id"].as_str().unwrap_or_default();
        let fields = wanted.as_object().cloned().unwrap_or_default();
        let body = laid_over(found.clone(), &fields);
        let path = self.path(&[MODELS[0], MODELS[1], id]);
        self.keycloak.put(&path, body, what).done().await
    }

    /// Roles of the service account, and of narrow tokens.
    async fn roles(&self, client: &str) -> Result<(), KeycloakError> {
        let of = |pick: fn(&Difference) -> Option<&RoleName>| {
            self.differences.iter().filter_map(pick).collect::<Vec<_>>()
        };
        let granted = of(|difference| match difference {
            Difference::ServiceRole { role, .. } => Some(role),
            _ => None,
        });
        let revoked = of(|difference| match difference {
            Difference::RevokedRole { role, .. } => Some(role),
            _ => None,
        });
        let carried = of(|difference| match difference {
            Difference::ScopeRole { role, .. } => Some(role),
            _ => None,
        });
        if !granted.is_empty() || !revoked.is_empty() {
            let user = self.account(client).await?;
            let path = [
                "admin",
                "realms",
                self.realm,
                "users",
                &user,
                "role-mappings",
            ];
            let what = format!("grant roles to the service account of client `{client}`");
            self.map(Method::POST, &path, &granted, &what).await?;
            let what = format!("take roles from the service account of client `{client}`");
            self.map(Method::DELETE, &path, &revoked, &what).await?;
        }
        let what = format!("let the tokens of client `{client}` carry its roles");
        let path = self.path(&["scope-mappings"]);
        self.map(Method::POST, &path, &carried, &what).await
    }

    /// The user that is the service account, which may have come into being a moment ago.
    async fn account(&self, client: &str) -> Result<String, KeycloakError> {
        match &self.live.account {
            Some(user) => Ok(user.clone()),
            None => {
                let account = self.keycloak.account(self.realm, client, &self.live.id);
                Ok(account.await?.0)
            }
        }
    }

    /// Adds or removes mappings of roles: those of the realm in one request, those of each client in another.
    async fn map(
        &self,
        method: Method,
        path: &[&str],
        roles: &[&RoleName],
        what: &str,
    ) -> Result<(), KeycloakError> {
        let mut by_client = BTreeMap::<_, Vec<&str>>::new();
        for role in roles {
            by_client.entry(&role.client).or_default().push(&role.name);
        }
        for (client, names) in by_client {
            let (place, roles) = match client {
                None => (vec!["realm".to_owned()], self.realm_roles(&names, what)?),
                Some(client) => {
                    let (id, roles) = self.client_roles(client, &names, what).await?;
                    (vec!["clients".to_owned(), id], roles)
                }
            };
            let place = place.iter().map(String::as_str);
            let path: Vec<&str> = path.iter().copied().chain(place).collect();
            let request = self.keycloak.request(method.clone(), &path, what);
            request.body(Value::Array(roles)).done().await?;
        }
        Ok(())
    }

    fn realm_roles(&self, names: &[&str], what: &str) -> Result<Vec<Value>, KeycloakError> {
        let roles = names.iter().map(|name| match self.shelf.roles.get(*name) {
            Some(id) => Ok(json!({"id": id, "name": name})),
            None => Err(missing(what, format!("role `{name}`"))),
        });
        roles.collect()
    }

    /// The id of a client, and roles of it.
    async fn client_roles(
        &self,
        client: &str,
        names: &[&str],
        what: &str,
    ) -> Result<(String, Vec<Value>), KeycloakError> {
        let found = self.keycloak.client_named(self.realm, client).await?;
        let found = found.ok_or_else(|| missing(what, format!("client `{client}`")))?;
        let id = found["id"].as_str().unwrap_or_default();
        let path = ["admin", "realms", self.realm, "clients", id, "roles"];
        let all = self.keycloak.get(&path, what).json().await?;
        let all = all.as_array().map(Vec::as_slice).unwrap_or_default();
        let roles = names.iter().map(|name| {
            let role = all.iter().find(|role| role["name"] == *name);
            let role = role.ok_or_else(|| missing(what, format!("role `{name}` of `{client}`")))?;
            Ok(json!({"id": role["id"], "name": role["name"]}))
        });
        Ok((id.to_owned(), roles.collect::<Result<_, KeycloakError>>()?))
    }

    /// An address below the client's.
    fn path<'a>(&'a self, below: &[&'a str]) -> Vec<&'a str> {
        let client = ["admin", "realms", self.realm, "clients", &self.live.id];
        client.into_iter().chain(below.iter().copied()).collect()
    }
}

fn missing(what: &str, missing: String) -> KeycloakError {
    KeycloakError::Missing {
        what: what.to_owned(),
        missing,
    }
}
