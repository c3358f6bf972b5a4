//! What MOSIP 1.2.0.1 wants, read from the catalogue.

use mosipctl_catalogue::component::{Client as Entry, Realm as RealmEntry};
use mosipctl_catalogue::{Catalogue, Source};
use mosipctl_keycloak::{Client, Realm, Scope};
use secrecy::SecretString;
use serde_json::Value;

/// The realm with all its clients. A host that an environment would name is `iam.example.org`.
pub(crate) fn realm(name: &str) -> Realm {
    let catalogue = Source::Embedded.load(&"1.2.0.1".parse().unwrap()).unwrap();
    let realm = find(&catalogue, |component| component.realm.clone());
    let mut realm: Realm = from_entry(realm);
    realm.name = name.to_owned();
    let clients = find(&catalogue, |component| {
        (!component.clients.is_empty()).then(|| component.clients.clone())
    });
    realm.clients = clients.into_iter().map(client).collect();
    realm
}

/// A client of the catalogue under another id, so that tests can share a realm.
pub(crate) fn named(id: &str, as_id: &str) -> Client {
    let clients = realm("").clients;
    let mut client = clients.into_iter().find(|client| client.id == id).unwrap();
    client.id = as_id.to_owned();
    client
}

/// A realm with these clients alone, and with the roles they need and two more.
pub(crate) fn small(name: &str, clients: &[&str]) -> Realm {
    let mut realm = realm(name);
    let wanted = |client: &Client| clients.contains(&client.id.as_str());
    realm.clients.retain(wanted);
    assert_eq!(realm.clients.len(), clients.len());
    // Keycloak takes a second for a hundred roles
    let needed = realm.clients.iter().flat_map(|client| client.roles.clone());
    let mut needed: Vec<String> = needed.collect();
    needed.extend(["AUTH", "MISP"].map(str::to_owned));
    realm.roles.retain(|role| needed.contains(role));
    realm
}

fn find<T>(catalogue: &Catalogue, pick: impl Fn(&mosipctl_catalogue::Component) -> Option<T>) -> T {
    let mut entries = catalogue.components.values();
    entries.find_map(|entry| pick(&entry.component)).unwrap()
}

fn from_entry(entry: RealmEntry) -> Realm {
    let mut settings = Value::Object(entry.settings);
    fill(&mut settings);
    Realm {
        name: entry.name,
        settings: settings.as_object().cloned().unwrap(),
        roles: entry.roles,
        scopes: entry
            .scopes
            .into_iter()
            .map(|scope| Scope {
                name: scope.name,
                consent: scope.consent,
            })
            .collect(),
        ..Realm::default()
    }
}

fn client(entry: Entry) -> Client {
    let redirects = entry.redirects.into_iter().map(|redirect| {
        let mut redirect = Value::String(redirect);
        fill(&mut redirect);
        redirect.as_str().map(str::to_owned).unwrap()
    });
    Client {
        secret: Some(SecretString::from(format!("secret-of-{}", entry.id))),
        roles: entry.roles,
        client_roles: entry.client_roles.into_iter().collect(),
        scopes: entry.scopes,
        redirects: redirects.collect(),
        claims: entry.claims.into_iter().collect(),
        ..Client::new(entry.id)
    }
}

/// `${NAME|DEFAULT}` becomes its default, as in an environment that says nothing.
fn fill(value: &mut Value) {
    match value {
        Value::Object(fields) => fields.values_mut().for_each(fill),
        Value::String(text) => {
            while let Some((before, rest)) = text.split_once("${") {
                let (inside, after) = rest.split_once('}').unwrap();
                let inside = inside
                    .split_once('|')
                    .map_or("iam.example.org", |parts| parts.1);
                *text = format!("{before}{inside}{after}");
            }
        }
        _ => {}
    }
}
