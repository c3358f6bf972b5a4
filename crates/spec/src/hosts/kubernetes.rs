//! The Kubernetes that is put on the hosts.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Address, Snapshots};

/// The Kubernetes that is put on the hosts.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Kubernetes {
    /// Who puts it there.
    #[serde(default)]
    pub distribution: Distribution,
    /// Its version, without `v`; of RKE2 with its own part, such as `1.34.1+rke2r1`.
    #[serde(default = "default_version")]
    pub version: String,
    /// IP address or DNS name at which the API answers whatever control plane is lost. Default: the virtual address of the
    /// load balancers, the load balancer, else the first control plane.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<Address>,
    /// Folder with what hosts cannot bring from elsewhere: `programs/`, `images/`, and `SHA256SUMS` that lists each of them.
    /// The path starts at the hosts file. Default: what mosipctl builds or brings itself; images then come from their registries.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub files: Option<PathBuf>,
    /// Snapshots of etcd that control planes take by themselves.
    #[serde(default)]
    pub snapshots: Snapshots,
}

/// Where nodes of RKE2 register (RKE2's documentation: "requirements", networking).
pub const SUPERVISOR: u16 = 9345;

/// Who puts Kubernetes on hosts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Distribution {
    /// Kubernetes' own installer.
    #[default]
    Kubeadm,
    /// Rancher's, the successor of the RKE that the guide uses. Unproven: nobody has run it by mosipctl.
    Rke2,
}

impl Distribution {
    /// The name as written in the file.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Kubeadm => "kubeadm",
            Self::Rke2 => "rke2",
        }
    }

    /// The port at which nodes register, beside that of the API: at a control plane, or at the load balancer before them.
    pub fn supervisor(self) -> Option<u16> {
        match self {
            Self::Kubeadm => None,
            Self::Rke2 => Some(SUPERVISOR),
        }
    }
}

// that of the lab, so that what was rehearsed is what runs
fn default_version() -> String {
    "1.36.1".to_owned()
}

impl Default for Kubernetes {
    fn default() -> Self {
        Self {
            distribution: Distribution::default(),
            version: default_version(),
            endpoint: None,
            files: None,
            snapshots: Snapshots::default(),
        }
    }
}
