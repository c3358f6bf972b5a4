//! The realm itself, its roles and scopes.

use secrecy::ExposeSecret;
use serde_json::{Map, Value, json};

use super::Made;
use crate::compare::realm::{MAIL, laid_over, realm, scope_attributes, settings, shelf};
use crate::difference::Difference;
use crate::error::KeycloakError;
use crate::keycloak::{Keycloak, some_at_a_time};
use crate::live::Shelf;
use crate::versions::BUILT_IN_ROLES;
use crate::wanted::{Realm, Scope};

/// Services may keep any attribute of a user, the user may not.
const POLICY: &str = "ADMIN_EDIT";

impl Keycloak {
    /// With its roles, in one request.
    pub(super) async fn create_realm(&self, wanted: &Realm) -> Result<Made, KeycloakError> {
        let (settings, notes) = settings(wanted, self.server());
        let mut body = laid_over(json!({"realm": wanted.name}), &settings);
        with_mail_password(wanted, &mut body);
        let roles = wanted.roles.iter();
        let roles = roles.filter(|role| !BUILT_IN_ROLES.contains(&role.as_str()));
        let roles: Vec<Value> = roles.map(|role| json!({"name": role})).collect();
        body["roles"] = json!({"realm": roles});
        let what = format!("create realm `{}`", wanted.name);
        self.post(&["admin", "realms"], body, what).done().await?;
        let realm = wanted.name.clone();
        Ok(Made {
            done: vec![Difference::NoRealm { realm }],
            notes,
        })
    }

    pub(super) async fn change_realm(
        &self,
        wanted: &Realm,
        found: Value,
    ) -> Result<Made, KeycloakError> {
        let look = realm(wanted, &found, self.server());
        if !look.is_as_wanted() {
            let (settings, _) = settings(wanted, self.server());
            let mut body = laid_over(found, &settings);
            if touches_mail(&look.differences) {
                with_mail_password(wanted, &mut body);
            }
            let what = format!("change realm `{}`", wanted.name);
            let path = ["admin", "realms", &wanted.name];
            self.put(&path, body, what).done().await?;
        }
        Ok(look.into())
    }

    /// Lets services keep attributes of users that the realm does not declare.
    pub(super) async fn allow_attributes(
        &self,
        realm: &str,
        profile: Option<Value>,
    ) -> Result<(), KeycloakError> {
        let mut profile = profile.unwrap_or_else(|| Value::Object(Map::new()));
        profile["unmanagedAttributePolicy"] = json!(POLICY);
        let what = format!("allow attributes of users in realm `{realm}`");
        let path = ["admin", "realms", realm, "users", "profile"];
        self.put(&path, profile, what).done().await
    }

    /// Makes roles and scopes that are missing, and puts scopes right that differ.
    pub(super) async fn fill_shelf(
        &self,
        wanted: &Realm,
        found: &Shelf,
    ) -> Result<Vec<Difference>, KeycloakError> {
        let differences = shelf(wanted, found);
        let tasks = differences.iter();
        let tasks = tasks.map(|difference| self.put_on_shelf(wanted, found, difference));
        some_at_a_time(tasks.collect()).await?;
        Ok(differences)
    }

    async fn put_on_shelf(
        &self,
        wanted: &Realm,
        found: &Shelf,
        difference: &Difference,
    ) -> Result<(), KeycloakError> {
        match difference {
            Difference::NoRole { role } => {
                let what = format!("create role `{role}` of realm `{}`", wanted.name);
                let path = ["admin", "realms", &wanted.name, "roles"];
                self.post(&path, json!({"name": role}), what).done().await
            }
            Difference::NoScope { scope } | Difference::ScopeSetting { scope, .. } => {
                let wanted_scope = wanted.scopes.iter().find(|wanted| wanted.name == *scope);
                match wanted_scope {
                    Some(scope) => self.put_scope(&wanted.name, scope, found).await,
                    None => Ok(()),
                }
            }
            _ => Ok(()),
        }
    }

    async fn put_scope(
        &self,
        realm: &str,
        wanted: &Scope,
        found: &Shelf,
    ) -> Result<(), KeycloakError> {
        let name = &wanted.name;
        let attributes = scope_attributes(wanted).into_iter();
        let attributes = attributes.map(|(field, value)| (field.to_owned(), value));
        let settings = Map::from_iter([("attributes".to_owned(), attributes.collect())]);
        match found.scopes.get(name) {
            None => {
                let what = format!("create client scope `{name}` of realm `{realm}`");
                let body = json!({"name": name, "protocol": "openid-connect"});
                let path = ["admin", "realms", realm, "client-scopes"];
                let body = laid_over(body, &settings);
                self.post(&path, body, what).done().await
            }
            Some(found) => {
                let what = format!("change client scope `{name}` of realm `{realm}`");
                let id = found["id"].as_str().unwrap_or_default();
                let path = ["admin", "realms", realm, "client-scopes", id];
                let body = laid_over(found.clone(), &settings);
                self.put(&path, body, what).done().await
            }
        }
    }
}

fn with_mail_password(wanted: &Realm, body: &mut Value) {
    if let Some(password) = &wanted.mail_password {
        body[MAIL]["password"] = json!(password.expose_secret());
    }
}

/// Keycloak does not show the password, so it may be another for another server or user.
fn touches_mail(differences: &[Difference]) -> bool {
    differences.iter().any(|difference| match difference {
        Difference::NoMailPassword => true,
        Difference::RealmSetting { field, .. } => field.starts_with(MAIL),
        _ => false,
    })
}
