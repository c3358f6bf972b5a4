//! Realms and clients.

use std::collections::BTreeMap;

use mosipctl_catalogue::{Fact, component};
use mosipctl_keycloak::{Administrator, Client, Difference, Keycloak, Realm, Scope};
use mosipctl_plan::desired::Prepared;
use mosipctl_plan::observed::Standing;
use mosipctl_spec::environment::rehearsal::Part;

use crate::error::PrepareError;
use crate::finding::Finding;
use crate::login;
use crate::servers::{Servers, Wanted};

const PART: Part = Part::Keycloak;
/// A client that every realm has, with a role of it that lets nobody do anything to others.
const AUDIENCE: (&str, [&str; 1]) = ("account", ["view-profile"]);

pub(crate) async fn make(
    servers: &Servers,
    what: &Prepared,
) -> Result<Option<String>, PrepareError> {
    let keycloak = connect(servers).await?;
    let made = match what {
        Prepared::Realm(realm) => keycloak.make_realm(&realm_of(realm)).await?,
        Prepared::Client {
            realm,
            client,
            permissive,
        } => {
            let client = client_of(servers, client, *permissive).await?;
            keycloak.make_client(realm, &client).await?
        }
        _ => return Ok(None),
    };
    let notes: Vec<String> = made.notes.iter().map(ToString::to_string).collect();
    Ok(match (made.is_nothing(), notes.is_empty()) {
        (true, true) => Some("it was as it should be".to_owned()),
        (_, true) => None,
        (_, false) => Some(notes.join("; ")),
    })
}

pub(crate) async fn look(
    servers: &Servers,
    wanted: &Wanted<'_>,
) -> Result<BTreeMap<Fact, Standing>, PrepareError> {
    let keycloak = connect(servers).await?;
    let mut standings = BTreeMap::new();
    for realm in whole(servers, wanted).await? {
        let look = keycloak.look(&realm).await?;
        let none = look
            .differences
            .iter()
            .any(|difference| matches!(difference, Difference::NoRealm { .. }));
        for (fact, what) in wanted
            .iter()
            .filter(|(_, what)| name_of(what) == realm.name)
        {
            let own: Vec<&Difference> = look
                .differences
                .iter()
                .filter(|difference| is_about(difference, what))
                .collect();
            let absent = own
                .iter()
                .any(|difference| matches!(difference, Difference::NoClient { .. }));
            let standing = match (none || absent, own.is_empty()) {
                (true, _) => Standing::Absent,
                (false, true) => Standing::Holds,
                (false, false) => Standing::Differs(own.iter().map(ToString::to_string).collect()),
            };
            standings.insert((*fact).clone(), standing);
        }
    }
    Ok(standings)
}

pub(crate) async fn verify(
    servers: &Servers,
    wanted: &Wanted<'_>,
) -> Result<Vec<Finding>, PrepareError> {
    let keycloak = connect(servers).await?;
    let mut findings = Vec::new();
    for realm in whole(servers, wanted).await? {
        let found = keycloak.verify(&realm).await?;
        for (fact, what) in wanted
            .iter()
            .filter(|(_, what)| name_of(what) == realm.name)
        {
            let Prepared::Client { client, .. } = what else {
                continue;
            };
            let wrong = found.iter().filter(|finding| finding.client() == client.id);
            findings.push(Finding {
                fact: (*fact).clone(),
                wrong: wrong.map(ToString::to_string).collect(),
                proof: "a token by its own secret has its roles".to_owned(),
            });
        }
    }
    Ok(findings)
}

pub(crate) async fn connect(servers: &Servers) -> Result<&Keycloak, PrepareError> {
    servers.keycloak.get_or_try_init(|| log_in(servers)).await
}

async fn log_in(servers: &Servers) -> Result<Keycloak, PrepareError> {
    let endpoint = servers.endpoint(servers.server(PART)?).await?;
    let (user, password) = servers.administrator(PART).await?;
    Ok(Keycloak::connect(endpoint, Administrator { user, password }).await?)
}

/// Each realm with all its clients.
async fn whole(servers: &Servers, wanted: &Wanted<'_>) -> Result<Vec<Realm>, PrepareError> {
    let mut realms: BTreeMap<String, Realm> = BTreeMap::new();
    for (_, what) in wanted {
        if let Prepared::Realm(realm) = what {
            realms.insert(realm.name.clone(), realm_of(realm));
        }
    }
    for (_, what) in wanted {
        let Prepared::Client {
            realm,
            client,
            permissive,
        } = what
        else {
            continue;
        };
        let client = client_of(servers, client, *permissive).await?;
        let named = realms.entry(realm.clone()).or_insert_with(|| Realm {
            name: realm.clone(),
            ..Realm::default()
        });
        named.clients.push(client);
    }
    Ok(realms.into_values().collect())
}

fn name_of(what: &Prepared) -> &str {
    match what {
        Prepared::Realm(realm) => &realm.name,
        Prepared::Client { realm, .. } => realm,
        _ => "",
    }
}

/// Whether a difference belongs to the realm itself, or to this client.
fn is_about(difference: &Difference, what: &Prepared) -> bool {
    match what {
        Prepared::Client { client, .. } => difference.client() == Some(client.id.as_str()),
        _ => difference.client().is_none(),
    }
}

fn realm_of(realm: &component::Realm) -> Realm {
    Realm {
        name: realm.name.clone(),
        settings: realm.settings.clone(),
        roles: realm.roles.clone(),
        scopes: realm
            .scopes
            .iter()
            .map(|scope| Scope {
                name: scope.name.clone(),
                consent: scope.consent,
            })
            .collect(),
        ..Realm::default()
    }
}

async fn client_of(
    servers: &Servers,
    client: &component::Client,
    permissive: bool,
) -> Result<Client, PrepareError> {
    let secret = match &client.secret_key {
        Some(key) => {
            let path = format!("{}#{key}", servers.server(PART)?.hands_on);
            Some(login::secret(servers.kube.as_ref(), PART.as_str(), &path).await?)
        }
        None => None,
    };
    let mut client_roles: BTreeMap<String, Vec<String>> =
        client.client_roles.clone().into_iter().collect();
    let has_audience = permissive || !client_roles.is_empty() || !client.redirects.is_empty();
    if !has_audience {
        // tokens name as audience the clients whose roles they carry; a service of MOSIP answers 500 to one that names none
        let roles = AUDIENCE.1.iter().map(|role| (*role).to_owned());
        client_roles.insert(AUDIENCE.0.to_owned(), roles.collect());
    }
    Ok(Client {
        public: client.secret_key.is_none(),
        secret,
        roles: client.roles.clone(),
        client_roles,
        scopes: client.scopes.clone(),
        claims: client.claims.clone().into_iter().collect(),
        redirects: client.redirects.clone(),
        upstream_permissive: permissive,
        ..Client::new(&client.id)
    })
}
