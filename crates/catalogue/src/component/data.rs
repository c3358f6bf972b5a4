//! What a component prepares inside servers: databases, realms, buckets, queues.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A database in PostgreSQL with its schema, application role, tables and seeds.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Database {
    /// Database name, such as `mosip_kernel`.
    pub name: String,
    /// Version of the schema, the value of the fact `database NAME`.
    pub version: String,
    /// Schema in it, such as `kernel`.
    pub schema: String,
    /// Role that the services log in with, such as `kerneluser`.
    pub role: String,
    /// Where its scripts are.
    pub scripts: Scripts,
    /// Whether `dml.sql` fills it; of some databases it cannot run, or another component fills them.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub seeds: bool,
    /// Tables after the scripts ran, for verification.
    pub tables: u32,
}

/// A folder of SQL scripts in a Git repository.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Scripts {
    /// `OWNER/NAME`.
    pub repository: String,
    /// Tag.
    #[serde(rename = "ref")]
    pub reference: String,
    /// Folder with `db.sql`, `ddl.sql`, `dml.sql` and so on.
    pub folder: String,
    /// Git tree id of the folder, which pins its content.
    pub tree: String,
}

/// A Keycloak realm.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Realm {
    /// Name.
    pub name: String,
    /// Realm roles.
    pub roles: Vec<String>,
    /// Client scopes beside those that the server makes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scopes: Vec<Scope>,
    /// Fields of the realm that differ from the server's defaults, by their names in the Admin REST API.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub settings: Map<String, Value>,
}

/// A client scope.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Scope {
    /// Name.
    pub name: String,
    /// Whether it is shown where a person is asked for consent.
    #[serde(default)]
    pub consent: bool,
}

/// A Keycloak client: confidential, with a service account.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Client {
    /// Client id, such as `mosip-ida-client`.
    pub id: String,
    /// Key in the Secret `keycloak/keycloak-client-secrets`; absent for a public client.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_key: Option<String>,
    /// Realm roles of its service account.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub roles: Vec<String>,
    /// Roles of its service account at other clients, by client.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub client_roles: IndexMap<String, Vec<String>>,
    /// Client scopes it has by default, beside the realm's.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scopes: Vec<String>,
    /// Where people may be sent after they logged in; a `*` at the end stands for anything.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub redirects: Vec<String>,
    /// Claims of its tokens that are taken from attributes of the user, by claim.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub claims: IndexMap<String, String>,
}

/// A bucket in the object store. The environment's bucket prefix is put before the name.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Bucket {
    /// Name without prefix.
    pub name: String,
    /// What is kept in it.
    pub holds: String,
}

/// A queue in the message broker.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Queue {
    /// Address of the queue.
    pub name: String,
    /// Who talks to whom through it.
    pub carries: String,
}

/// A Kafka topic.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Topic {
    /// Name.
    pub name: String,
    /// Partitions.
    pub partitions: u32,
}
