//! What can run for real, and what a lab has to be told for it.
//!
//! Passwords are never told: where one is wanted stands `NAMESPACE/NAME#KEY` of the Secret that holds it.

use mosipctl_servers::ServerKind;
use serde::{Deserialize, Serialize};

use crate::expectations::Subject;

/// Something that runs for real behind simulated pods.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RealServer {
    /// Its pods.
    pub subject: Subject,
    /// What it is.
    pub kind: RealKind,
}

/// What can run for real.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum RealKind {
    /// A server with an administrator.
    Server(RealLogin),
    /// A token of SoftHSM.
    Token(RealToken),
    /// The Job that makes keys.
    KeyJob(Box<RealKeyJob>),
    /// The key manager.
    Keymanager(Box<RealKeymanager>),
}

/// A server with an administrator.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RealLogin {
    /// Which server.
    pub kind: ServerKind,
    /// The port that the pods listen at.
    pub port: u16,
    /// Name of its administrator, or the Secret that holds it.
    pub user: String,
    /// Secret with the administrator's password; empty for a server without.
    pub password: String,
}

/// A token of SoftHSM.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RealToken {
    /// Its label.
    pub label: String,
    /// Secret with the PIN.
    pub pin: String,
}

/// The Job that makes keys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RealKeyJob {
    /// What it works on.
    pub keys: RealKeys,
    /// Master keys, as `APPLICATION` or `APPLICATION/REFERENCE`, in the order they are made.
    pub master: Vec<String>,
    /// Keys of a master key, as `APPLICATION/REFERENCE`.
    pub base: Vec<String>,
    /// The application whose keys sign answers and keep identities, if it is not `KERNEL`.
    pub application: Option<String>,
    /// How many random keys are drawn.
    pub random: u32,
}

/// The key manager.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RealKeymanager {
    /// What it works on.
    pub keys: RealKeys,
    /// The port that the pods listen at.
    pub port: u16,
}

/// What keys are made and used with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RealKeys {
    /// The pods of SoftHSM.
    pub pods: Subject,
    /// Their token.
    pub token: RealToken,
    /// The database with the table of keys.
    pub database: RealDatabase,
    /// Who says who may do what.
    pub issuer: RealIssuer,
    /// Salts of the tokens that partners know a person by.
    pub salts: RealSalts,
}

/// A database in a PostgreSQL that runs for real.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RealDatabase {
    /// The pods of PostgreSQL.
    pub server: Subject,
    /// Its name.
    pub name: String,
    /// The schema of the tables.
    pub schema: String,
    /// Who logs in.
    pub user: String,
    /// Secret with that user's password.
    pub password: String,
}

/// A realm of a Keycloak that runs for real.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RealIssuer {
    /// The pods of Keycloak.
    pub server: Subject,
    /// The address that its tokens name, before `/realms`.
    pub address: String,
    /// The realm.
    pub realm: String,
    /// The clients whose tokens are taken.
    pub clients: Vec<String>,
    /// The client as which keymanager logs in.
    pub client: String,
    /// Secret with that client's secret.
    pub secret: String,
}

/// Secrets with the salts of the tokens that partners know a person by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RealSalts {
    /// For the person's number.
    pub uin: String,
    /// For the partner.
    pub partner_code: String,
}

impl RealKind {
    /// Its name, for messages.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Server(login) => login.kind.name(),
            Self::Token(_) => "SoftHSM's token",
            Self::KeyJob(_) => "the keys generator",
            Self::Keymanager(_) => "keymanager",
        }
    }

    /// Whether each pod does it for itself.
    pub(crate) fn is_for_each_pod(&self) -> bool {
        matches!(self, Self::Token(_) | Self::KeyJob(_))
    }
}
