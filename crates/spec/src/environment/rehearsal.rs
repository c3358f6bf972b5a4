//! What may be simulated or stood in for.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What may be simulated or stood in for. Always listed in reports and marked for ever in the inventory.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Rehearsal {
    /// Parts whose steps only pretend. In a lab, everything that is not `real`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub simulate: Vec<Part>,
    /// Parts that run for real beside a lab, as child processes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub real: Vec<Part>,
    /// Whether stand-in charts may replace third parties' ones.
    #[serde(default)]
    pub stand_ins: bool,
    /// Other images. Under `"*"` a probe responder: it answers ports and probes in place of every image that nothing else here
    /// names. Under a component's name the image of all its containers, and under a part of an image's name (with `/`, `:` or `.`)
    /// another beginning of it; both run as the catalogue says.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub images: BTreeMap<String, String>,
    /// Share of each container's requests to keep, such as `5%`, so that a whole MOSIP fits a small cluster. Limits stay.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requests: Option<String>,
}

/// A part outside Kubernetes.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize, JsonSchema,
)]
#[serde(rename_all = "camelCase")]
pub enum Part {
    /// Databases, roles, schemas, seeds.
    Postgres,
    /// Realm, roles, clients.
    Keycloak,
    /// Buckets.
    ObjectStore,
    /// Broker queues.
    Activemq,
    /// Topics.
    Kafka,
    /// HSM tokens, and the keys in them when `postgres` and `keycloak` are real too.
    Softhsm,
    /// MOSIP's key manager on them.
    Keymanager,
    /// What needs a gateway, DNS and certificates from outside.
    Routes,
}

impl Part {
    /// Every part there is.
    pub const ALL: [Part; 8] = [
        Part::Postgres,
        Part::Keycloak,
        Part::ObjectStore,
        Part::Activemq,
        Part::Kafka,
        Part::Softhsm,
        Part::Keymanager,
        Part::Routes,
    ];

    /// The name as written in the file.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Postgres => "postgres",
            Self::Keycloak => "keycloak",
            Self::ObjectStore => "objectStore",
            Self::Activemq => "activemq",
            Self::Kafka => "kafka",
            Self::Softhsm => "softhsm",
            Self::Keymanager => "keymanager",
            Self::Routes => "routes",
        }
    }
}
