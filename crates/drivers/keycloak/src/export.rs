//! A copy of a realm, to look up what was there before.

use std::collections::BTreeMap;

use http::Method;
use serde_json::{Value, json};

use crate::error::KeycloakError;
use crate::keycloak::{Keycloak, some_at_a_time};

impl Keycloak {
    /// The realm in the form that Keycloak imports: settings, roles, groups, scopes, clients, flows, and the roles of service
    /// accounts. Not in it: other users, and secrets, which Keycloak masks.
    ///
    /// # Errors
    /// See [`KeycloakError`].
    pub async fn export(&self, realm: &str) -> Result<Value, KeycloakError> {
        let what = format!("export realm `{realm}`");
        let path = ["admin", "realms", realm, "partial-export"];
        let request = self.request(Method::POST, &path, what);
        let request = request.query("exportClients", "true");
        let mut export = request.query("exportGroupsAndRoles", "true").json().await?;
        // newer versions put service accounts in by themselves
        if export["users"].is_null() {
            export["users"] = Value::Array(self.service_accounts(realm).await?);
        }
        Ok(export)
    }

    async fn service_accounts(&self, realm: &str) -> Result<Vec<Value>, KeycloakError> {
        let clients = self.list(realm, "clients").await?;
        let accounts = clients
            .iter()
            .filter(|client| client["serviceAccountsEnabled"] == true)
            .map(|client| self.exported_account(realm, client));
        some_at_a_time(accounts.collect()).await
    }

    async fn exported_account(&self, realm: &str, client: &Value) -> Result<Value, KeycloakError> {
        let name = client["clientId"].as_str().unwrap_or_default();
        let id = client["id"].as_str().unwrap_or_default();
        let (user, roles) = self.account(realm, name, id).await?;
        let mut of_realm = Vec::new();
        let mut of_clients = BTreeMap::<String, Vec<String>>::new();
        for role in roles {
            match role.client {
                None => of_realm.push(role.name),
                Some(client) => of_clients.entry(client).or_default().push(role.name),
            }
        }
        Ok(json!({
            "id": user,
            "username": format!("service-account-{}", name.to_lowercase()),
            "enabled": true,
            "serviceAccountClientId": name,
            "realmRoles": of_realm,
            "clientRoles": of_clients,
        }))
    }
}
