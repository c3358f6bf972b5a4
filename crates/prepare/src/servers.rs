//! The servers of an environment: looked at, prepared, proven.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures::FutureExt;
use futures::future::BoxFuture;
use indexmap::IndexMap;
use mosipctl_catalogue::Fact;
use mosipctl_catalogue::edition::Server;
use mosipctl_catalogue::edition::key_store::Token;
use mosipctl_endpoint::Endpoint;
use mosipctl_kube::Kubernetes;
use mosipctl_object::{Kind, ObjectKey};
use mosipctl_plan::desired::Prepared;
use mosipctl_plan::observed::Standing;
use mosipctl_reach::{PortForward, Reach, Tunnel};
use mosipctl_spec::environment::rehearsal::Part;
use secrecy::SecretString;
use tokio::sync::OnceCell;

use crate::databases::settings::PostgresSettings;
use crate::error::PrepareError;
use crate::finding::Finding;
use crate::keys::KeyTable;
use crate::{backup, databases, kafka, keycloak, keys, login, object_store, queues, token};

/// The servers of an environment.
pub struct Servers {
    pub(crate) kube: Arc<dyn Kubernetes>,
    servers: IndexMap<Part, Server>,
    /// Where the scripts of each database lie.
    pub(crate) scripts: BTreeMap<String, PathBuf>,
    /// Where keys are looked for.
    pub(crate) keys: Vec<KeyTable>,
    /// What the environment says of its PostgreSQL.
    pub(crate) postgres: PostgresSettings,
    /// Logging in takes a while, so it is done once.
    pub(crate) keycloak: OnceCell<mosipctl_keycloak::Keycloak>,
    pub(crate) store: OnceCell<mosipctl_objectstore::ObjectStore>,
}

/// Things that are to be in one server.
pub(crate) type Wanted<'a> = [(&'a Fact, &'a Prepared)];

/// What servers showed.
#[derive(Debug, Default)]
pub struct Seen {
    /// How each thing stands that its server was asked about.
    pub standings: BTreeMap<Fact, Standing>,
    /// What could not be seen, in words.
    pub unseen: Vec<String>,
}

impl Servers {
    /// The servers of an edition, in a cluster.
    pub fn new(kube: Arc<dyn Kubernetes>, servers: IndexMap<Part, Server>) -> Self {
        Self {
            kube,
            servers,
            scripts: BTreeMap::new(),
            keys: Vec::new(),
            postgres: PostgresSettings::default(),
            keycloak: OnceCell::new(),
            store: OnceCell::new(),
        }
    }

    /// With the folder of scripts of each database, by its name.
    #[must_use]
    pub fn with_scripts(mut self, scripts: BTreeMap<String, PathBuf>) -> Self {
        self.scripts = scripts;
        self
    }

    /// With the tables that keys are looked for in.
    #[must_use]
    pub fn with_keys(mut self, keys: Vec<KeyTable>) -> Self {
        self.keys = keys;
        self
    }

    /// With what the environment says of its PostgreSQL.
    #[must_use]
    pub fn with_postgres(mut self, settings: PostgresSettings) -> Self {
        self.postgres = settings;
        self
    }

    /// Looks how things stand, and keys. A server that is not installed yet is not asked, so nothing is said of what is to be in
    /// it.
    pub async fn look(&self, wanted: &Wanted<'_>) -> Seen {
        let mut seen = Seen::default();
        let by_server = by_server(wanted);
        let looks = by_server.iter().map(|(part, wanted)| async move {
            match self.is_there(*part).await {
                Ok(true) => Some((*part, self.look_in(*part, wanted).await)),
                Ok(false) => None,
                Err(error) => Some((*part, Err(error))),
            }
        });
        let (looked, keys) = tokio::join!(futures::future::join_all(looks), self.look_for_keys());
        let looked = looked.into_iter().flatten();
        let looked = looked.map(|(part, looked)| (part.as_str(), looked));
        for (what, looked) in looked.chain([("keys", keys)]) {
            match looked {
                Ok(standings) => seen.standings.extend(standings),
                Err(error) => seen.unseen.push(format!("{what}: {error}")),
            }
        }
        seen
    }

    async fn look_for_keys(&self) -> Result<BTreeMap<Fact, Standing>, PrepareError> {
        let is_asked = self.keys.iter().any(|table| table.simulated.is_none());
        match is_asked && self.is_there(Part::Postgres).await? {
            true => keys::look(self).await,
            false => Ok(BTreeMap::new()),
        }
    }

    /// Prepares one thing; what is there as it should be is left alone. Gives what a person should know about it.
    /// `fence` is the transition number of the environment's lock: a server that saw a later one refuses.
    ///
    /// # Errors
    /// See [`PrepareError`]. What was done before stays, and the next try goes on from there.
    pub fn prepare<'a>(
        &'a self,
        what: &'a Prepared,
        fence: Option<u64>,
    ) -> BoxFuture<'a, Result<Option<String>, PrepareError>> {
        match what {
            Prepared::Realm(_) | Prepared::Client { .. } => keycloak::make(self, what).boxed(),
            Prepared::Bucket(bucket) => object_store::make(self, bucket).boxed(),
            Prepared::Queue(queue) => queues::make(self, queue).boxed(),
            Prepared::Topic(topic) => kafka::make(self, topic).boxed(),
            Prepared::Database(database) => databases::make(self, database, fence).boxed(),
        }
    }

    /// Proves things by using them: a token for each client, an object in each bucket, a message through each queue. Keys are read
    /// back.
    pub async fn verify(&self, wanted: &Wanted<'_>) -> Vec<Finding> {
        let by_server = by_server(wanted);
        let checks = by_server.iter().map(|(part, wanted)| async move {
            match self.verify_in(*part, wanted).await {
                Ok(findings) => findings,
                Err(error) => wanted
                    .iter()
                    .map(|(fact, _)| Finding {
                        fact: (*fact).clone(),
                        wrong: vec![format!("failed to {error}")],
                        proof: String::new(),
                    })
                    .collect(),
            }
        });
        let (checked, keys) = tokio::join!(futures::future::join_all(checks), keys::verify(self));
        checked.into_iter().flatten().chain(keys).collect()
    }

    /// Backs up one thing into a folder and proves the backup; gives what a person should know about it.
    ///
    /// # Errors
    /// See [`PrepareError`]. No file has its name unless it is proven.
    pub async fn back_up(&self, what: &Prepared, folder: &Path) -> Result<String, PrepareError> {
        match what {
            Prepared::Database(database) => backup::database(self, database, folder).await,
            Prepared::Realm(realm) => backup::realm(self, &realm.name, folder).await,
            other => Err(PrepareError::Refused(format!(
                "back up {}: nothing backs that up",
                other.fact()
            ))),
        }
    }

    /// Backs up a token into a folder and proves the backup; gives what a person should know about it.
    ///
    /// # Errors
    /// See [`PrepareError`]. No file has its name unless it is proven.
    pub async fn back_up_token(
        &self,
        token: &Token,
        folder: &Path,
    ) -> Result<String, PrepareError> {
        token::back_up(self.kube.as_ref(), token, folder).await
    }

    async fn look_in(
        &self,
        part: Part,
        wanted: &Wanted<'_>,
    ) -> Result<BTreeMap<Fact, Standing>, PrepareError> {
        match part {
            Part::Keycloak => keycloak::look(self, wanted).await,
            Part::ObjectStore => object_store::look(self, wanted).await,
            Part::Activemq => queues::look(self, wanted).await,
            Part::Kafka => kafka::look(self, wanted).await,
            Part::Postgres => databases::look(self, wanted).await,
            Part::Softhsm | Part::Keymanager | Part::Routes => Ok(BTreeMap::new()),
        }
    }

    async fn verify_in(
        &self,
        part: Part,
        wanted: &Wanted<'_>,
    ) -> Result<Vec<Finding>, PrepareError> {
        match part {
            Part::Keycloak => keycloak::verify(self, wanted).await,
            Part::ObjectStore => object_store::verify(self, wanted).await,
            Part::Activemq => queues::verify(self, wanted).await,
            Part::Kafka => kafka::verify(self, wanted).await,
            Part::Postgres => databases::verify(self, wanted).await,
            Part::Softhsm | Part::Keymanager | Part::Routes => Ok(Vec::new()),
        }
    }

    pub(crate) fn server(&self, part: Part) -> Result<&Server, PrepareError> {
        let server = self.servers.get(&part);
        server.ok_or(PrepareError::Unknown {
            server: part.as_str(),
        })
    }

    /// Whether there is a server to ask: one outside whose password we have, or one whose Service is there.
    async fn is_there(&self, part: Part) -> Result<bool, PrepareError> {
        let server = self.server(part)?;
        let (kind, path) = match server.outside.is_empty() {
            true => ("Service", server.service.as_str()),
            false => ("Secret", server.password.split('#').next().unwrap_or("")),
        };
        let (namespace, name) = path.split_once('/').unwrap_or_default();
        if name.is_empty() {
            return Ok(true);
        }
        let key = ObjectKey::namespaced(Kind::core(kind), namespace, name);
        Ok(self.kube.get(&key).await?.is_some())
    }

    /// The way to a server in the cluster.
    pub(crate) fn way(&self, server: &Server) -> Arc<dyn Reach> {
        let (namespace, name) = service(server);
        Arc::new(PortForward::new(
            self.kube.clone(),
            namespace,
            name,
            server.port,
        ))
    }

    /// Where a server is spoken to by HTTP.
    pub(crate) async fn endpoint(&self, server: &Server) -> Result<Endpoint, PrepareError> {
        if !server.outside.is_empty() {
            return Ok(Endpoint::new(&server.outside)?);
        }
        let (namespace, name) = service(server);
        let tunnel = Tunnel::open(self.way(server)).await?;
        let endpoint = Endpoint::new(&format!("http://{name}.{namespace}"))?;
        Ok(endpoint.through(Arc::new(tunnel)))
    }

    /// Name and password of the administrator.
    pub(crate) async fn administrator(
        &self,
        part: Part,
    ) -> Result<(String, SecretString), PrepareError> {
        let server = self.server(part)?;
        let kube = self.kube.as_ref();
        let user = login::name(kube, part.as_str(), &server.user).await?;
        let password = login::secret(kube, part.as_str(), &server.password).await?;
        Ok((user, password))
    }
}

/// Namespace and name of the Service.
fn service(server: &Server) -> (&str, &str) {
    server.service.split_once('/').unwrap_or_default()
}

fn by_server<'a>(wanted: &Wanted<'a>) -> BTreeMap<Part, Vec<(&'a Fact, &'a Prepared)>> {
    let mut all: BTreeMap<Part, Vec<_>> = BTreeMap::new();
    for (fact, what) in wanted {
        all.entry(what.server()).or_default().push((*fact, *what));
    }
    all
}
