//! What runs for real beside a lab: brought, and told to it.

use mosipctl_artefact::Artefacts;
use mosipctl_catalogue::component::Realm;
use mosipctl_catalogue::edition::KeyStore;
use mosipctl_catalogue::{Fact, FactKind};
use mosipctl_lab::{
    RealDatabase, RealIssuer, RealKeyJob, RealKeymanager, RealKeys, RealKind, RealLogin, RealSalts,
    RealServer, RealToken, ServerKind, Subject,
};
use mosipctl_plan::desired::Prepared;
use mosipctl_prepare::KeyTable;
use mosipctl_servers::{Keymanager, ServerError, SoftHsm};
use mosipctl_spec::environment::cluster::ClusterKind;
use mosipctl_spec::environment::rehearsal::Part;

use crate::session::{Session, Wanted};

/// What keys take beside the jars that make them.
const KEYS_TAKE: [Part; 3] = [Part::Softhsm, Part::Postgres, Part::Keycloak];

/// Brings what runs for real, so that starting it does not have to.
///
/// # Errors
/// What this machine lacks, in words.
pub(crate) async fn bring(part: Part, artefacts: &Artefacts) -> Result<(), String> {
    let brought = match part {
        Part::Softhsm => SoftHsm::find(artefacts),
        Part::Keymanager => Keymanager::bring(artefacts).await,
        part => match server_kind(part) {
            Some(kind) => kind.bring(artefacts).await,
            None => return Err("a lab cannot run it for real yet".to_owned()),
        },
    };
    brought.map_err(|error| in_words(&error))
}

fn in_words(error: &ServerError) -> String {
    let help = error.help().map(|help| format!(" ({help})"));
    format!("failed to {error}{}", help.unwrap_or_default())
}

fn server_kind(part: Part) -> Option<ServerKind> {
    match part {
        Part::Postgres => Some(ServerKind::Postgres),
        Part::Keycloak => Some(ServerKind::Keycloak),
        Part::ObjectStore => Some(ServerKind::ObjectStore),
        Part::Activemq => Some(ServerKind::Activemq),
        Part::Kafka => Some(ServerKind::Kafka),
        Part::Softhsm | Part::Keymanager | Part::Routes => None,
    }
}

/// Why the Jobs that make keys only pretend to; none when they do it.
pub(crate) async fn why_keys_are_pretended(
    session: &Session,
    artefacts: &Artefacts,
) -> Option<String> {
    let spec = &session.environment.spec;
    if spec.cluster.kind != ClusterKind::Lab {
        let simulate = &session.blueprint.rehearsal.simulate;
        let is_pretended = KEYS_TAKE.iter().any(|part| simulate.contains(part));
        return is_pretended.then(|| "no server to act on".to_owned());
    }
    let is_beside = |part: &Part| {
        let server = session.blueprint.servers.get(part);
        session.real.contains(part) && server.is_none_or(|server| server.outside.is_empty())
    };
    let lacking = KEYS_TAKE.iter().filter(|part| !is_beside(part));
    let lacking: Vec<&str> = lacking.map(|part| part.as_str()).collect();
    if !lacking.is_empty() {
        let lacking = lacking.join(", ");
        return Some(format!(
            "the Job that makes them is simulated: not real beside this lab is {lacking}"
        ));
    }
    bring(Part::Keymanager, artefacts).await.err()
}

/// Whether responders run in place of what keys take, so that there are none.
pub(crate) fn is_made_by_responders(session: &Session, wanted: &Wanted) -> bool {
    let stores = session.catalogue.edition.key_stores.values();
    let mut own = stores.flat_map(|store| [&store.job, &store.token.release]);
    let servers = KEYS_TAKE
        .iter()
        .filter_map(|part| session.blueprint.servers.get(part));
    let mut servers = servers.filter(|server| server.outside.is_empty());
    own.any(|release| wanted.rendered.is_stood_in(release))
        || servers.any(|server| wanted.rendered.is_stood_in(&server.release))
}

/// Everything that runs for real beside the session's lab.
pub(crate) fn real_servers(session: &Session, wanted: &Wanted) -> Vec<RealServer> {
    let mut all: Vec<RealServer> = session
        .real
        .iter()
        .filter_map(|part| real_server(session, *part))
        .collect();
    if session.real.contains(&Part::Softhsm) {
        for store in session.catalogue.edition.key_stores.values() {
            all.extend(real_keys(session, wanted, store));
        }
    }
    all
}

/// A server behind the pods that the edition names. One outside is real anyway.
fn real_server(session: &Session, part: Part) -> Option<RealServer> {
    let server = session.blueprint.servers.get(&part)?;
    server.outside.is_empty().then_some(())?;
    Some(RealServer {
        subject: subject(&server.release)?,
        kind: RealKind::Server(RealLogin {
            kind: server_kind(part)?,
            port: server.listens,
            user: server.user.clone(),
            password: server.password.clone(),
        }),
    })
}

/// A token, and who works with the keys in it when what that takes is real too.
fn real_keys(session: &Session, wanted: &Wanted, store: &KeyStore) -> Vec<RealServer> {
    let Some(pods) = subject(&store.token.release) else {
        return Vec::new();
    };
    let token = RealToken {
        label: store.token.label.clone(),
        pin: store.token.pin.clone(),
    };
    let mut all = vec![RealServer {
        subject: pods.clone(),
        kind: RealKind::Token(token.clone()),
    }];
    let is_made = why_pretended(session, wanted, store).is_none();
    let keys = is_made.then(|| keys(session, wanted, store, pods, token));
    let Some(keys) = keys.flatten() else {
        return all;
    };
    let made = made(wanted, store).into_iter().map(|fact| fact.key);
    all.extend(subject(&store.job).map(|subject| RealServer {
        subject,
        kind: RealKind::KeyJob(Box::new(RealKeyJob {
            keys: keys.clone(),
            master: store.master(made),
            base: store.base.clone(),
            application: store.application.clone(),
            random: store.random,
        })),
    }));
    let service = store.service.as_ref();
    let service = service.filter(|_| session.real.contains(&Part::Keymanager));
    all.extend(service.and_then(|service| {
        let port = service.listens;
        Some(RealServer {
            subject: subject(&service.release)?,
            kind: RealKind::Keymanager(Box::new(RealKeymanager { keys, port })),
        })
    }));
    all
}

fn keys(
    session: &Session,
    wanted: &Wanted,
    store: &KeyStore,
    pods: Subject,
    token: RealToken,
) -> Option<RealKeys> {
    let servers = &session.blueprint.servers;
    let (postgres, keycloak) = (servers.get(&Part::Postgres)?, servers.get(&Part::Keycloak)?);
    let prepared = wanted.desired.prepared.values();
    let (mut realm, mut clients, mut database) = (None, Vec::new(), None);
    let mut named = None;
    for prepared in prepared {
        match &prepared.what {
            Prepared::Client {
                realm: of, client, ..
            } => {
                realm = Some(of.clone());
                clients.push(client.id.clone());
            }
            Prepared::Realm(it) => named = frontend(it),
            Prepared::Database(it) if it.name == store.database => database = Some(it),
            _ => {}
        }
    }
    let database = database?;
    Some(RealKeys {
        pods,
        token,
        database: RealDatabase {
            server: subject(&postgres.release)?,
            name: database.name.clone(),
            schema: database.schema.clone(),
            user: database.role.clone(),
            password: postgres.hands_on.clone(),
        },
        issuer: RealIssuer {
            server: subject(&keycloak.release)?,
            address: named.or_else(|| address(&keycloak.service))?,
            realm: realm?,
            clients,
            client: store.client.id.clone(),
            secret: store.client.secret.clone(),
        },
        salts: RealSalts {
            uin: store.salts.uin.clone(),
            partner_code: store.salts.partner_code.clone(),
        },
    })
}

/// Attribute of a realm with the address that its tokens name, wherever they are asked for.
const FRONTEND: &str = "frontendUrl";

fn frontend(realm: &Realm) -> Option<String> {
    let address = realm.settings.get("attributes")?.get(FRONTEND)?;
    address.as_str().map(str::to_owned)
}

/// Where Keycloak is asked inside the cluster.
fn address(service: &str) -> Option<String> {
    let (namespace, name) = service.split_once('/')?;
    Some(format!("http://{name}.{namespace}/auth"))
}

fn subject(release: &str) -> Option<Subject> {
    let (namespace, name) = release.split_once('/')?;
    Some(Subject::new(namespace, name))
}

/// The keys that the Job of a store makes.
fn made(wanted: &Wanted, store: &KeyStore) -> Vec<Fact> {
    let mut jobs = wanted.desired.jobs.iter();
    let job = jobs.find(|(name, _)| name.to_string() == store.job);
    let facts = job.into_iter().flat_map(|(_, job)| &job.proves);
    facts
        .filter(|fact| fact.kind == FactKind::Key)
        .cloned()
        .collect()
}

/// Why the keys of a store are only pretended; none when they are made.
fn why_pretended(session: &Session, wanted: &Wanted, store: &KeyStore) -> Option<String> {
    let database = Fact::new(FactKind::Database, &store.database);
    let mut prepared = wanted.desired.prepared.iter();
    let prepared = prepared.find(|(fact, _)| fact.is_about(&database));
    session.keys_pretended.clone().or_else(|| match prepared {
        None => Some(format!("{database} is not prepared")),
        Some((_, prepared)) => prepared.simulated.clone(),
    })
}

/// Why the key manager has no keys to run on; none when it has.
pub(crate) fn why_keymanager_is_pretended(session: &Session, wanted: &Wanted) -> Option<String> {
    let stores = session.catalogue.edition.key_stores.values();
    let mut served = stores.filter(|store| store.service.is_some());
    served.find_map(|store| why_pretended(session, wanted, store))
}

/// The tables that keys are looked for in.
pub(crate) fn key_tables(session: &Session, wanted: &Wanted) -> Vec<KeyTable> {
    let stores = session.catalogue.edition.key_stores.values();
    let tables = stores.filter_map(|store| {
        let keys = made(wanted, store);
        let schema = wanted.desired.prepared.values().find_map(|prepared| {
            let Prepared::Database(database) = &prepared.what else {
                return None;
            };
            (database.name == store.database).then(|| database.schema.clone())
        });
        (!keys.is_empty()).then(|| KeyTable {
            database: store.database.clone(),
            schema: schema.unwrap_or_default(),
            keys,
            simulated: why_pretended(session, wanted, store),
        })
    });
    tables.collect()
}
