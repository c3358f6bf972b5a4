//! Clients as Keycloak has them, and their secrets.

use std::collections::BTreeSet;

use secrecy::SecretString;
use serde_json::Value;

use crate::error::KeycloakError;
use crate::keycloak::Keycloak;
use crate::live::ALL;

impl Keycloak {
    /// The secret of a client; none when there is no such client, or it has none. Secrets that Kubernetes does not know any more
    /// are taken from here before new ones are drawn.
    ///
    /// # Errors
    /// The realm does not exist, or Keycloak does not answer as it should.
    pub async fn client_secret(
        &self,
        realm: &str,
        client: &str,
    ) -> Result<Option<SecretString>, KeycloakError> {
        match self.client_named(realm, client).await? {
            Some(representation) => self.secret_of(realm, client, &representation).await,
            None => Ok(None),
        }
    }

    /// The ids of all clients of a realm; none when there is no such realm.
    ///
    /// # Errors
    /// See [`KeycloakError`].
    pub async fn clients(&self, realm: &str) -> Result<Option<BTreeSet<String>>, KeycloakError> {
        let what = format!("read the clients of realm `{realm}`");
        let list = self.get(&["admin", "realms", realm, "clients"], what);
        let Some(list) = list.query("max", ALL).found().await? else {
            return Ok(None);
        };
        let list = list.as_array().into_iter().flatten();
        let ids = list.filter_map(|client| client["clientId"].as_str());
        Ok(Some(ids.map(str::to_owned).collect()))
    }

    /// A client by its exact id.
    pub(crate) async fn client_named(
        &self,
        realm: &str,
        client: &str,
    ) -> Result<Option<Value>, KeycloakError> {
        let what = format!("read client `{client}` of realm `{realm}`");
        let path = ["admin", "realms", realm, "clients"];
        let found = self
            .get(&path, what)
            .query("clientId", client)
            .json()
            .await?;
        let found = found.as_array().cloned().unwrap_or_default();
        Ok(found.into_iter().find(|found| found["clientId"] == client))
    }

    /// From the client's own representation, where newer versions show it, or by a request of its own.
    pub(crate) async fn secret_of(
        &self,
        realm: &str,
        client: &str,
        representation: &Value,
    ) -> Result<Option<SecretString>, KeycloakError> {
        if representation["publicClient"] == true {
            return Ok(None);
        }
        if let Some(secret) = representation["secret"].as_str() {
            return Ok(Some(SecretString::from(secret)));
        }
        let what = format!("read the secret of client `{client}`");
        let id = representation["id"].as_str().unwrap_or_default();
        let path = ["admin", "realms", realm, "clients", id, "client-secret"];
        let found = self.get(&path, what).json().await?;
        Ok(found["value"].as_str().map(SecretString::from))
    }
}
