//! Machines of the official guides.

use serde::{Deserialize, Serialize};

/// The machines that a guide names.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct MachineTable {
    /// Which guide.
    pub title: String,
    /// Kinds of clusters that it is for, as `spec.cluster.kind` writes them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub kinds: Vec<String>,
    /// The machines.
    pub rows: Vec<MachineRow>,
    /// Shown: cores of all.
    pub cpu: f64,
    /// Shown: memory of all in GB.
    pub memory_gb: f64,
    /// Shown: disk of all in GB.
    pub disk_gb: f64,
    /// Names under `sources`.
    pub sources: Vec<String>,
}

/// Machines of one role.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct MachineRow {
    /// What they are for.
    pub role: String,
    /// Cores of one.
    pub cpu: f64,
    /// Memory of one in GB.
    pub memory_gb: f64,
    /// Disk of one in GB.
    pub disk_gb: f64,
    /// How many.
    pub count: u32,
    /// Whether they are nodes of MOSIP's cluster, which this program computes itself.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub nodes: bool,
    /// How they stay available when one is lost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub available: Option<String>,
}
