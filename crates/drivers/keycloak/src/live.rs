//! What is there now.

use std::collections::{BTreeMap, BTreeSet};

use futures::future::OptionFuture;
use secrecy::SecretString;
use serde_json::Value;

use crate::difference::RoleName;
use crate::error::KeycloakError;
use crate::keycloak::Keycloak;
use crate::wanted::Client;

/// Without a limit, lists of some versions end at a hundred.
pub(crate) const ALL: &str = "1000000";

/// What clients refer to: roles and scopes of the realm.
#[derive(Debug, Clone, Default)]
pub(crate) struct Shelf {
    /// Realm roles, their ids by name.
    pub(crate) roles: BTreeMap<String, String>,
    /// Client scopes, by name.
    pub(crate) scopes: BTreeMap<String, Value>,
}

/// A client and what belongs to it.
#[derive(Debug)]
pub(crate) struct LiveClient {
    /// The id in addresses, unlike the client id.
    pub(crate) id: String,
    /// As Keycloak represents it, without its secret.
    pub(crate) representation: Value,
    pub(crate) secret: Option<SecretString>,
    /// The user that is its service account.
    pub(crate) account: Option<String>,
    /// What the service account has been granted directly.
    pub(crate) roles: BTreeSet<RoleName>,
    /// What its tokens may carry when it has no full scope.
    pub(crate) scope_roles: BTreeSet<RoleName>,
}

impl Keycloak {
    /// A realm as Keycloak represents it.
    pub(crate) async fn read_realm(&self, realm: &str) -> Result<Option<Value>, KeycloakError> {
        let what = format!("read realm `{realm}`");
        self.get(&["admin", "realms", realm], what).found().await
    }

    /// Roles and scopes of a realm.
    pub(crate) async fn shelf(&self, realm: &str) -> Result<Shelf, KeycloakError> {
        let (roles, scopes) =
            futures::try_join!(self.list(realm, "roles"), self.list(realm, "client-scopes"))?;
        let name = |value: &Value| value["name"].as_str().map(str::to_owned);
        let id = |value: &Value| value["id"].as_str().map(str::to_owned);
        Ok(Shelf {
            roles: roles
                .iter()
                .filter_map(|role| name(role).zip(id(role)))
                .collect(),
            scopes: scopes
                .into_iter()
                .filter_map(|scope| name(&scope).map(|name| (name, scope)))
                .collect(),
        })
    }

    /// All of one kind in a realm.
    pub(crate) async fn list(&self, realm: &str, kind: &str) -> Result<Vec<Value>, KeycloakError> {
        let what = format!("read the {} of realm `{realm}`", kind.replace('-', " "));
        let list = self.get(&["admin", "realms", realm, kind], &what);
        match list.query("max", ALL).json().await? {
            Value::Array(list) => Ok(list),
            _ => Err(KeycloakError::Unreadable {
                what,
                problem: "it is no list".to_owned(),
            }),
        }
    }

    /// What the realm says about attributes of users, where versions have that.
    pub(crate) async fn user_profile(&self, realm: &str) -> Result<Option<Value>, KeycloakError> {
        if !self.version().declares_attributes() {
            return Ok(None);
        }
        let what = format!("read the user profile of realm `{realm}`");
        let path = ["admin", "realms", realm, "users", "profile"];
        self.get(&path, what).json().await.map(Some)
    }

    /// What belongs to a client, as far as it is wanted.
    pub(crate) async fn read_client(
        &self,
        realm: &str,
        wanted: &Client,
        mut representation: Value,
    ) -> Result<LiveClient, KeycloakError> {
        let id = representation["id"].as_str().unwrap_or_default().to_owned();
        let compared = wanted.secret.is_some() && !wanted.public;
        let secret = compared.then(|| self.secret_of(realm, &wanted.id, &representation));
        let account = representation["serviceAccountsEnabled"] == true;
        let account = account.then(|| self.account(realm, &wanted.id, &id));
        let narrow = wanted.service_account() && !wanted.full_scope();
        let scope_roles = narrow.then(|| {
            let path = ["admin", "realms", realm, "clients", &id, "scope-mappings"];
            self.roles_at(path, format!("read the scope of client `{}`", wanted.id))
        });
        let (secret, account, scope_roles) = futures::join!(
            OptionFuture::from(secret),
            OptionFuture::from(account),
            OptionFuture::from(scope_roles),
        );
        let (secret, account) = (secret.transpose()?.flatten(), account.transpose()?);
        if let Some(fields) = representation.as_object_mut() {
            fields.remove("secret");
        }
        let (account, roles) = account.unzip();
        Ok(LiveClient {
            id,
            representation,
            secret,
            account,
            roles: roles.unwrap_or_default(),
            scope_roles: scope_roles.transpose()?.unwrap_or_default(),
        })
    }

    /// The user that is a client's service account, and its roles.
    pub(crate) async fn account(
        &self,
        realm: &str,
        client: &str,
        id: &str,
    ) -> Result<(String, BTreeSet<RoleName>), KeycloakError> {
        let what = format!("read the service account of client `{client}`");
        let path = [
            "admin",
            "realms",
            realm,
            "clients",
            id,
            "service-account-user",
        ];
        let user = self.get(&path, &what).json().await?;
        let user = user["id"].as_str().unwrap_or_default().to_owned();
        let path = ["admin", "realms", realm, "users", &user, "role-mappings"];
        let roles = self.roles_at(path, what).await?;
        Ok((user, roles))
    }

    /// The roles in a list of mappings.
    async fn roles_at(
        &self,
        path: [&str; 6],
        what: String,
    ) -> Result<BTreeSet<RoleName>, KeycloakError> {
        let mappings = self.get(&path, what).json().await?;
        Ok(roles_in(&mappings))
    }
}

fn roles_in(mappings: &Value) -> BTreeSet<RoleName> {
    let mut roles: BTreeSet<RoleName> = names(&mappings["realmMappings"])
        .map(RoleName::of_realm)
        .collect();
    let clients = mappings["clientMappings"].as_object();
    for (client, mapping) in clients.into_iter().flatten() {
        // the key is the client id, as `client` within is
        roles.extend(names(&mapping["mappings"]).map(|name| RoleName::of_client(client, name)));
    }
    roles
}

fn names(roles: &Value) -> impl Iterator<Item = &str> {
    let roles = roles.as_array().into_iter().flatten();
    roles.filter_map(|role| role["name"].as_str())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn mappings_are_read_for_the_realm_and_for_clients() {
        let mappings = json!({
            "realmMappings": [{"name": "AUTH", "id": "1"}],
            "clientMappings": {"realm-management": {"client": "realm-management", "mappings": [{"name": "view-users"}]}},
        });
        let roles = roles_in(&mappings);
        assert!(roles.contains(&RoleName::of_realm("AUTH")));
        assert!(roles.contains(&RoleName::of_client("realm-management", "view-users")));
        assert_eq!(roles_in(&json!({})), BTreeSet::new());
    }
}
