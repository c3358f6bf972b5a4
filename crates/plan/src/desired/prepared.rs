//! What is prepared inside servers, and where that is only pretended.

use std::collections::BTreeSet;

use mosipctl_blueprint::{Blueprint, Part};
use mosipctl_catalogue::component::{Bucket, Client, Database, Queue, Realm, Topic};
use mosipctl_catalogue::{Fact, FactKind};
use mosipctl_render::Rendered;
use mosipctl_spec::environment::rehearsal::Part as Server;

use super::Desired;

/// Something to be prepared inside a server.
#[derive(Debug, Clone)]
pub struct DesiredFact {
    /// Component it belongs to.
    pub component: String,
    /// What must be true before.
    pub needs: BTreeSet<Fact>,
    /// What it is.
    pub what: Prepared,
    /// Why it is only pretended, if it is.
    pub simulated: Option<String>,
}

/// What is prepared inside servers.
#[derive(Debug, Clone)]
pub enum Prepared {
    /// A database in PostgreSQL.
    Database(Database),
    /// A realm in Keycloak, without its clients.
    Realm(Realm),
    /// A client in a realm of Keycloak.
    Client {
        /// Name of the realm.
        realm: String,
        /// The client.
        client: Client,
        /// Whether it gets all the liberties that upstream gives every client.
        permissive: bool,
    },
    /// A bucket in the object store.
    Bucket(Bucket),
    /// A queue of the broker.
    Queue(Queue),
    /// A topic of Kafka.
    Topic(Topic),
}

impl Prepared {
    /// The server it is prepared in.
    pub fn server(&self) -> Server {
        match self {
            Self::Database(_) => Server::Postgres,
            Self::Realm(_) | Self::Client { .. } => Server::Keycloak,
            Self::Bucket(_) => Server::ObjectStore,
            Self::Queue(_) => Server::Activemq,
            Self::Topic(_) => Server::Kafka,
        }
    }

    /// What is true once it is prepared.
    pub fn fact(&self) -> Fact {
        match self {
            Self::Database(database) => database.fact(),
            Self::Realm(realm) => Fact::new(FactKind::Realm, &realm.name),
            Self::Client { client, .. } => Fact::new(FactKind::Client, &client.id),
            Self::Bucket(bucket) => Fact::new(FactKind::Bucket, &bucket.name),
            Self::Queue(queue) => Fact::new(FactKind::Queue, &queue.name),
            Self::Topic(topic) => Fact::new(FactKind::Topic, &topic.name),
        }
    }
}

impl Desired {
    pub(super) fn add_prepared(&mut self, part: &Part, blueprint: &Blueprint, rendered: &Rendered) {
        let realm = realm_of(part, blueprint);
        let client = |client: &Client| Prepared::Client {
            realm: realm.clone(),
            client: client.clone(),
            permissive: blueprint.permissive_clients,
        };
        let databases = part.databases.iter().cloned().map(Prepared::Database);
        let all = databases
            .chain(part.realm.iter().cloned().map(Prepared::Realm))
            .chain(part.clients.iter().map(client))
            .chain(part.buckets.iter().cloned().map(Prepared::Bucket))
            .chain(part.queues.iter().cloned().map(Prepared::Queue))
            .chain(part.topics.iter().cloned().map(Prepared::Topic));
        for what in all {
            let fact = what.fact();
            // The namespace is only where its component is listed; a server needs none.
            let needs = part
                .needs
                .iter()
                .filter(|need| need.kind != FactKind::Namespace && **need != fact);
            let mut needs: BTreeSet<Fact> = needs.cloned().collect();
            if matches!(what, Prepared::Client { .. }) && !realm.is_empty() {
                needs.insert(Fact::new(FactKind::Realm, &realm));
            }
            let prepared = DesiredFact {
                component: part.component.clone(),
                needs,
                simulated: why_pretended(what.server(), blueprint, rendered),
                what,
            };
            self.prepared.insert(fact, prepared);
        }
    }
}

/// Why nothing can be prepared in a server; none when it can.
fn why_pretended(server: Server, blueprint: &Blueprint, rendered: &Rendered) -> Option<String> {
    if blueprint.rehearsal.simulate.contains(&server) {
        return Some("no server to act on".to_owned());
    }
    let server = blueprint.servers.get(&server)?;
    let is_pretended = server.outside.is_empty() && rendered.is_stood_in(&server.release);
    is_pretended.then(|| "a responder runs in place of the server".to_owned())
}

/// The realm that the clients of a part belong to: its own, or the one that there is.
fn realm_of(part: &Part, blueprint: &Blueprint) -> String {
    let all = blueprint
        .parts
        .values()
        .filter_map(|part| part.realm.as_ref());
    let realm = part.realm.as_ref().or(all.into_iter().next());
    realm.map(|realm| realm.name.clone()).unwrap_or_default()
}
