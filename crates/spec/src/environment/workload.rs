//! The work an environment is built for.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The work an environment is built for, and the nodes it is to have. Nothing is installed by it: `mosipctl size` says
/// what it takes.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Workload {
    /// Registrations processed in a day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub registrations_per_day: Option<u64>,
    /// Authentications a second, at peak.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authentications_per_second: Option<u64>,
    /// Pre-registrations made in a day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pre_registrations_per_day: Option<u64>,
    /// Size of a registration packet, in MB. Default 2, of finger, iris and face.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub packet_megabytes: Option<f64>,
    /// Documents that come with a pre-registration, in KB. Default 540.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document_kilobytes: Option<u32>,
    /// Share of a day's work that comes in its busiest hour, in percent. Default 30.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub peak_hour_percent: Option<u32>,
    /// Months of work that are stored, of 30 days. Default 12.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub months_to_keep: Option<u32>,
    /// People with an identity at the end of those months. Default: as many as are registered in them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identities: Option<u64>,
    /// Days that packets may wait in the landing zone when processing falls behind. Default 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backlog_days: Option<u32>,
    /// Minutes that a packet stays in the cache while it is processed. Default 60.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache_minutes: Option<u32>,
    /// Copies that the object store keeps of everything. Default 2.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub object_store_copies: Option<u32>,
    /// Shape of the cluster's nodes. Default: that of the lab's simulated nodes, if the file names one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<NodeShape>,
}

/// What one node has.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct NodeShape {
    /// Cores, or hardware threads where a machine is sold by them.
    pub cpu: u32,
    /// Memory, a Kubernetes quantity such as `64Gi`.
    pub memory: String,
}
