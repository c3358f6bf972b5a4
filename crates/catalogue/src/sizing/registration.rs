//! Registration: one point of a real deployment, and storage by packets.

use serde::{Deserialize, Serialize};

use super::Datum;

/// What registration takes.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Registration {
    /// The deployment that the official page tells of.
    pub reference: Reference,
    /// Registrations that one pod of each component on the way of a packet bears in a day.
    pub per_replica: Datum,
    /// Those components.
    pub components: Vec<String>,
    /// Object store, for each copy.
    pub object_store: Datum,
    /// PostgreSQL, all databases.
    pub postgres: Datum,
    /// Logs at the reference.
    pub logs: Datum,
    /// How long logs are kept.
    pub logs_kept: Datum,
    /// Prometheus at the reference.
    pub monitoring: Datum,
    /// The cache of packets.
    pub cache: Cache,
}

/// A deployment with what it took.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Reference {
    /// Registrations in a day.
    pub registrations_per_day: f64,
    /// The same a second, as the page gives it.
    pub registrations_per_second: f64,
    /// Size of a packet in MB.
    pub packet_megabytes: f64,
    /// One node.
    pub node: Machine,
    /// Nodes.
    pub nodes: u32,
    /// All nodes together, as the page gives it.
    pub total: Machine,
    /// Names under `sources`.
    pub sources: Vec<String>,
    /// What another source says of the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub otherwise: Option<Otherwise>,
}

/// What another source says of the same deployment.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Otherwise {
    /// Cores of one node.
    pub node_cpu: f64,
    /// Cores of all nodes, as it gives them.
    pub total_cpu: f64,
    /// Names under `sources`.
    pub sources: Vec<String>,
}

/// What a machine has.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Machine {
    /// Cores.
    pub cpu: f64,
    /// Memory in GB.
    pub memory_gb: f64,
    /// Disk in GB.
    pub disk_gb: f64,
}

/// The cache that holds packets while they are processed (Redis).
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Cache {
    /// Memory for each GB in it.
    pub memory: Datum,
    /// Least cores.
    pub least_cpu: Datum,
    /// Most cores.
    pub most_cpu: Datum,
    /// Packets a minute for each core between the two.
    pub packets_per_cpu: Datum,
}
