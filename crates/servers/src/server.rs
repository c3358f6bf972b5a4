//! Any of the servers, for who runs them beside a lab.

use std::path::Path;

use mosipctl_artefact::{Artefacts, Program};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use crate::error::ServerError;
use crate::process::Process;
use crate::{
    Artemis, ArtemisSettings, Kafka, KafkaSettings, Keycloak, KeycloakSettings, KeycloakVersion,
    Keys, Postgres, PostgresOptions, Seaweedfs, SeaweedfsSettings,
};

/// Which server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ServerKind {
    /// PostgreSQL 15.
    Postgres,
    /// Keycloak 16.1.1.
    Keycloak,
    /// SeaweedFS.
    ObjectStore,
    /// Apache ActiveMQ Artemis.
    Activemq,
    /// Apache Kafka.
    Kafka,
}

/// What the administrator logs in with from the first start on.
#[derive(Debug, Clone)]
pub struct Login {
    /// Name. Servers whose administrator has a fixed name take no notice.
    pub user: String,
    /// Password.
    pub password: SecretString,
}

/// A running server of any kind.
#[derive(Debug)]
pub enum Server {
    /// PostgreSQL.
    Postgres(Postgres),
    /// Keycloak.
    Keycloak(Keycloak),
    /// SeaweedFS.
    ObjectStore(Seaweedfs),
    /// Artemis.
    Activemq(Artemis),
    /// Kafka.
    Kafka(Kafka),
}

impl ServerKind {
    /// Its name, for messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Postgres => "PostgreSQL",
            Self::Keycloak => "Keycloak",
            Self::ObjectStore => "SeaweedFS",
            Self::Activemq => "Artemis",
            Self::Kafka => "Kafka",
        }
    }

    /// Brings its program, so that starting it does not have to.
    ///
    /// # Errors
    /// The machine lacks something, or it cannot be brought; see [`ServerError::is_missing`].
    pub async fn bring(self, artefacts: &Artefacts) -> Result<(), ServerError> {
        match self {
            Self::Postgres => Postgres::find().map(drop),
            Self::Keycloak => Keycloak::bring(artefacts, KeycloakVersion::V16).await,
            Self::ObjectStore => {
                let program = artefacts.program(Program::Seaweedfs).await;
                let help = "install Go 1.26 or newer, or put the program into PATH or the mirror";
                program
                    .map(drop)
                    .map_err(|error| crate::shared::not_brought("SeaweedFS", help, &error))
            }
            Self::Activemq => Artemis::bring(artefacts).await,
            Self::Kafka => Kafka::bring(artefacts).await,
        }
    }

    /// Starts it in an empty folder and waits until it answers.
    ///
    /// # Errors
    /// It cannot be brought, or it ends or stays silent.
    pub async fn start(
        self,
        artefacts: &Artefacts,
        folder: &Path,
        login: &Login,
    ) -> Result<Server, ServerError> {
        let password = login.password.clone();
        let folder = folder.to_owned();
        Ok(match self {
            Self::Postgres => {
                let options = PostgresOptions {
                    password,
                    fsync: false,
                    // a whole MOSIP shares it: each of its services keeps up to 25
                    settings: vec![("max_connections".to_owned(), "500".to_owned())],
                };
                Server::Postgres(Postgres::start(&folder, &options).await?)
            }
            Self::Keycloak => {
                let settings = KeycloakSettings {
                    version: KeycloakVersion::V16,
                    folder,
                    port: None,
                    password,
                };
                Server::Keycloak(Keycloak::start(artefacts, &settings).await?)
            }
            Self::ObjectStore => {
                let owner = Keys {
                    access: login.user.clone(),
                    secret: password,
                };
                let settings = SeaweedfsSettings {
                    folder,
                    port: None,
                    owner,
                    guests: Vec::new(),
                };
                Server::ObjectStore(Seaweedfs::start(artefacts, &settings).await?)
            }
            Self::Activemq => {
                let settings = ArtemisSettings {
                    folder,
                    port: None,
                    password,
                };
                Server::Activemq(Artemis::start(artefacts, &settings).await?)
            }
            Self::Kafka => {
                let settings = KafkaSettings {
                    folder,
                    port: None,
                    advertised: None,
                };
                Server::Kafka(Kafka::start(artefacts, &settings).await?)
            }
        })
    }
}

impl Server {
    /// Its port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        match self {
            Self::Postgres(server) => server.port(),
            Self::Keycloak(server) => server.port(),
            Self::ObjectStore(server) => server.port(),
            Self::Activemq(server) => server.port(),
            Self::Kafka(server) => server.port(),
        }
    }

    /// The process it runs in.
    pub fn process(&self) -> &Process {
        match self {
            Self::Postgres(server) => server.process(),
            Self::Keycloak(server) => server.process(),
            Self::ObjectStore(server) => server.process(),
            Self::Activemq(server) => server.process(),
            Self::Kafka(server) => server.process(),
        }
    }
}
