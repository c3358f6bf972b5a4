//! Pods, nodes, servers, Kafka and lines.

use serde::{Deserialize, Serialize};

use super::{Basis, Datum};

/// What a pod takes beside its heap.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Pods {
    /// Memory of a Java process for each byte of heap.
    pub heap: Datum,
    /// Share of their limits that containers use of cores at the same time.
    pub cores_at_once: Datum,
    /// Cores of a container that names neither request nor limit.
    pub cpu: Datum,
    /// Memory of a container that names neither, in MiB.
    pub memory: Datum,
    /// Cores of Istio's sidecar.
    pub sidecar_cpu: Datum,
    /// Memory of Istio's sidecar, in MiB.
    pub sidecar_memory: Datum,
}

/// Nodes of a cluster.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Nodes {
    /// Fewest nodes in production.
    pub least: Datum,
    /// Nodes that may be lost in production.
    pub spare: Datum,
    /// Share of what is free for pods that a scheduler fills.
    pub fill: Datum,
    /// Most nodes of one cluster.
    pub most: Datum,
    /// Disk of one node, in GB.
    pub disk: Datum,
}

/// A server with a chart of its own.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Server {
    /// In production.
    pub production: Amount,
    /// In a sandbox. Default: what its chart requests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sandbox: Option<Amount>,
    /// What the numbers rest on.
    pub basis: Basis,
    /// Names under `sources`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<String>,
    /// How they came about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<String>,
}

/// What a pod of it takes.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Amount {
    /// Cores.
    pub cpu: f64,
    /// Memory in MiB.
    pub memory: f64,
}

/// Kafka's volume.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Kafka {
    /// Events of one registration.
    pub events_per_registration: Datum,
    /// Events of one authentication.
    pub events_per_authentication: Datum,
    /// Size of an event in KB.
    pub event_kilobytes: Datum,
    /// Days that events stay.
    pub days_kept: Datum,
    /// Copies of each event.
    pub copies: Datum,
}

/// What goes over the lines.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Bandwidth {
    /// Hours in which the packets of a day are uploaded.
    pub upload_hours: Datum,
    /// Request and answer of an authentication together, in KB.
    pub authentication_kilobytes: Datum,
    /// Pages and calls of a pre-registration beside its documents, in KB.
    pub pre_registration_kilobytes: Datum,
}
