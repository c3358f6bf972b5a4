//! Making what is wanted, and only looking.
//!
//! Both read first and compare; making then changes what differs. A realm is made with its roles in one request, clients come
//! some at a time. Whatever is cut off in between is found and finished the next time.

use serde_json::Value;

use crate::compare;
use crate::difference::{Difference, Look, Note};
use crate::error::KeycloakError;
use crate::keycloak::{Keycloak, some_at_a_time};
use crate::live::Shelf;
use crate::wanted::{Client, Realm};

mod client;
mod realm;

/// What was done.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Made {
    /// What was not as wanted, and is now.
    pub done: Vec<Difference>,
    /// What else a person may want to know.
    pub notes: Vec<Note>,
}

/// A client with what there is of it, and what it refers to.
struct Case<'a> {
    realm: &'a str,
    wanted: &'a Client,
    found: Option<Value>,
    shelf: &'a Shelf,
}

impl Keycloak {
    /// Says what of the realm and its clients is not as wanted. Changes nothing.
    ///
    /// # Errors
    /// See [`KeycloakError`].
    pub async fn look(&self, wanted: &Realm) -> Result<Look, KeycloakError> {
        let Some(found) = self.read_realm(&wanted.name).await? else {
            let realm = wanted.name.clone();
            return Ok(Look {
                differences: vec![Difference::NoRealm { realm }],
                notes: compare::realm::settings(wanted, self.server()).1,
            });
        };
        let mut look = compare::realm::realm(wanted, &found, self.server());
        let (shelf, profile, clients) = futures::try_join!(
            self.shelf(&wanted.name),
            self.user_profile(&wanted.name),
            self.list(&wanted.name, "clients"),
        )?;
        let differences = &mut look.differences;
        differences.extend(compare::realm::user_attributes(profile.as_ref()));
        differences.extend(compare::realm::shelf(wanted, &shelf));
        let cases = cases(wanted, clients, &shelf);
        let looks = cases.map(|case| self.look_at(case)).collect();
        for found in some_at_a_time(looks).await? {
            look.differences.extend(found.differences);
            look.notes.extend(found.notes);
        }
        Ok(look)
    }

    /// Says what of one client is not as wanted. Changes nothing.
    ///
    /// # Errors
    /// See [`KeycloakError`]; a realm that is not there is one.
    pub async fn look_client(&self, realm: &str, wanted: &Client) -> Result<Look, KeycloakError> {
        let (found, shelf) =
            futures::try_join!(self.client_named(realm, &wanted.id), self.shelf(realm))?;
        self.look_at(Case {
            realm,
            wanted,
            found,
            shelf: &shelf,
        })
        .await
    }

    /// Makes the realm and all its clients as wanted.
    ///
    /// # Errors
    /// See [`KeycloakError`]. What was done before stays.
    pub async fn make(&self, wanted: &Realm) -> Result<Made, KeycloakError> {
        let mut made = self.make_realm(wanted).await?;
        let (shelf, clients) =
            futures::try_join!(self.shelf(&wanted.name), self.list(&wanted.name, "clients"),)?;
        let cases = cases(wanted, clients, &shelf);
        let clients = cases.map(|case| self.make_case(case)).collect();
        for client in some_at_a_time(clients).await? {
            made.add(client);
        }
        Ok(made)
    }

    /// Makes the realm as wanted: settings, roles, client scopes. Not its clients.
    ///
    /// # Errors
    /// See [`KeycloakError`]. What was done before stays.
    pub async fn make_realm(&self, wanted: &Realm) -> Result<Made, KeycloakError> {
        let mut made = match self.read_realm(&wanted.name).await? {
            None => self.create_realm(wanted).await?,
            Some(found) => self.change_realm(wanted, found).await?,
        };
        let (shelf, profile) =
            futures::try_join!(self.shelf(&wanted.name), self.user_profile(&wanted.name),)?;
        if let Some(difference) = compare::realm::user_attributes(profile.as_ref()) {
            self.allow_attributes(&wanted.name, profile).await?;
            made.done.push(difference);
        }
        made.done.extend(self.fill_shelf(wanted, &shelf).await?);
        Ok(made)
    }

    /// Makes one client as wanted, with its service account. The realm has to be there, with the roles and scopes it refers to.
    ///
    /// # Errors
    /// See [`KeycloakError`]. What was done before stays.
    pub async fn make_client(&self, realm: &str, wanted: &Client) -> Result<Made, KeycloakError> {
        let (found, shelf) =
            futures::try_join!(self.client_named(realm, &wanted.id), self.shelf(realm))?;
        self.make_case(Case {
            realm,
            wanted,
            found,
            shelf: &shelf,
        })
        .await
    }

    async fn look_at(&self, case: Case<'_>) -> Result<Look, KeycloakError> {
        let Some(found) = case.found else {
            let client = case.wanted.id.clone();
            return Ok(Look {
                differences: vec![Difference::NoClient { client }],
                notes: Vec::new(),
            });
        };
        let live = self.read_client(case.realm, case.wanted, found).await?;
        Ok(compare::client::client(
            case.wanted,
            &live,
            case.shelf,
            self.version(),
        ))
    }
}

impl Made {
    /// Whether all was as wanted already.
    pub fn is_nothing(&self) -> bool {
        self.done.is_empty()
    }

    fn add(&mut self, other: Self) {
        self.done.extend(other.done);
        self.notes.extend(other.notes);
    }
}

impl From<Look> for Made {
    fn from(look: Look) -> Self {
        Self {
            done: look.differences,
            notes: look.notes,
        }
    }
}

fn cases<'a>(
    wanted: &'a Realm,
    clients: Vec<Value>,
    shelf: &'a Shelf,
) -> impl Iterator<Item = Case<'a>> {
    wanted.clients.iter().map(move |client| Case {
        realm: &wanted.name,
        wanted: client,
        found: clients
            .iter()
            .find(|found| found["clientId"] == client.id)
            .cloned(),
        shelf,
    })
}
