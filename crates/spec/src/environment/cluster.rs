//! Where an environment runs.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The cluster. Fields that belong to another kind are refused by name.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Cluster {
    /// What sort of cluster.
    #[serde(default)]
    pub kind: ClusterKind,
    /// `existing`, `eks`, `aks`, `gke`: context of the kubeconfig. Default: its current context.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context: Option<String>,
    /// `existing`, `eks`, `aks`, `gke`: the kubeconfig file. Default: `KUBECONFIG`, else `~/.kube/config`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kubeconfig: Option<PathBuf>,
    /// `onprem`: the hosts file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hosts: Option<PathBuf>,
    /// `lab`: the simulated nodes. Default: as many as the environment needs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nodes: Option<Nodes>,
}

/// What sort of cluster.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum ClusterKind {
    /// A real control plane on this machine with simulated nodes.
    #[default]
    Lab,
    /// Any cluster that a kubeconfig reaches.
    Existing,
    /// Bare hosts, prepared over SSH.
    Onprem,
    /// Amazon's managed Kubernetes.
    Eks,
    /// Azure's managed Kubernetes.
    Aks,
    /// Google's managed Kubernetes.
    Gke,
}

impl ClusterKind {
    /// The name as written in the file.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Lab => "lab",
            Self::Existing => "existing",
            Self::Onprem => "onprem",
            Self::Eks => "eks",
            Self::Aks => "aks",
            Self::Gke => "gke",
        }
    }

    /// Whether a kubeconfig names the cluster.
    pub fn has_kubeconfig(self) -> bool {
        matches!(self, Self::Existing | Self::Eks | Self::Aks | Self::Gke)
    }
}

/// Simulated nodes of one shape.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Nodes {
    /// How many.
    #[serde(default = "default_count")]
    pub count: u32,
    /// Cores of each.
    #[serde(default = "default_cpu")]
    pub cpu: u32,
    /// Memory of each, a Kubernetes quantity.
    #[serde(default = "default_memory")]
    pub memory: String,
    /// Failure zones the nodes are spread over, in turn.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub zones: Vec<String>,
}

// Six nodes of 12 cores and 32 GiB is the guide's production cluster (mosip/k8s-infra@v1.2.0.1:mosip/on-prem);
// its memory requests leave heaps uncovered, so a lab node has 16 cores and 64 GiB.
fn default_count() -> u32 {
    6
}
fn default_cpu() -> u32 {
    16
}
fn default_memory() -> String {
    "64Gi".to_owned()
}

impl Default for Nodes {
    fn default() -> Self {
        Self {
            count: default_count(),
            cpu: default_cpu(),
            memory: default_memory(),
            zones: Vec::new(),
        }
    }
}
