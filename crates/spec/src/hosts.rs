//! The hosts file: the machines of an on-prem environment, and how they are reached.
//!
//! The environment file names it (`cluster: {kind: onprem, hosts: hosts.yaml}`). A host needs a name and an address; all else has a
//! default, most of it set once for all hosts under `defaults`. [`HostsFile::hosts`] gives each host with the defaults in place.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::document::{self, Complaint, Document};
use crate::environment::secret::SecretSource;
use crate::name::Label;

mod address;
mod check;
mod kubernetes;
mod mesh;
mod network;
mod resolve;
mod snapshots;
mod time;
mod virtual_addresses;

pub use address::Address;
pub use kubernetes::{Distribution, Kubernetes, SUPERVISOR};
pub use mesh::Mesh;
pub use network::Network;
pub use resolve::{Host, Login};
pub use snapshots::{Every, Snapshots};
pub use time::Time;
pub use virtual_addresses::VirtualAddresses;

/// The machines of an environment.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct HostsFile {
    /// Always `mosipctl.io/v1alpha1`.
    pub api_version: String,
    /// Always `Hosts`.
    pub kind: String,
    /// The hosts, and what they share.
    pub spec: HostsSpec,
}

/// The hosts, and what they share.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct HostsSpec {
    /// What a host has that does not say otherwise.
    #[serde(default)]
    pub defaults: Defaults,
    /// Networks that the cluster makes. None may overlap another, nor hold the address of a host.
    #[serde(default)]
    pub networks: Networks,
    /// The Kubernetes that is put on them.
    #[serde(default)]
    pub kubernetes: Kubernetes,
    /// From where hosts may be logged in to.
    #[serde(default)]
    pub access: Access,
    /// What sets the clocks of hosts.
    #[serde(default)]
    pub time: Time,
    /// Addresses that two or more load balancers share. Default: none, and each is entered at its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub virtual_addresses: Option<VirtualAddresses>,
    /// Tunnels between nodes. Default: none, and packets of pods go from node to node as they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mesh: Option<Mesh>,
    /// The hosts.
    pub hosts: Vec<HostEntry>,
}

/// What a host has that does not say otherwise.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Defaults {
    /// What hosts are for. Default: `worker`.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub roles: BTreeSet<HostRole>,
    /// Failure zone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<Label>,
    /// How hosts are reached. Its `jump` is not for the jump host itself.
    #[serde(default)]
    pub ssh: Ssh,
}

/// Networks that the cluster makes, as `ADDRESS/BITS`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Networks {
    /// Addresses of pods.
    #[serde(default = "default_pods")]
    pub pods: Network,
    /// Addresses of Services.
    #[serde(default = "default_services")]
    pub services: Network,
    /// Addresses of WireGuard peers.
    #[serde(default = "default_vpn")]
    pub vpn: Network,
}

// The first two are those of RKE2, which the guide's RKE had too; the last is that of the guide's WireGuard.
fn default_pods() -> Network {
    Network::v4([10, 42, 0, 0], 16)
}
fn default_services() -> Network {
    Network::v4([10, 43, 0, 0], 16)
}
fn default_vpn() -> Network {
    Network::v4([10, 13, 13, 0], 24)
}

impl Default for Networks {
    fn default() -> Self {
        Self {
            pods: default_pods(),
            services: default_services(),
            vpn: default_vpn(),
        }
    }
}

impl Networks {
    /// Each with the name of its field.
    pub fn named(&self) -> [(&'static str, Network); 3] {
        [
            ("pods", self.pods),
            ("services", self.services),
            ("vpn", self.vpn),
        ]
    }
}

/// From where hosts may be logged in to, and what else of them may be reached.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Access {
    /// Networks whose SSH every host takes, as `ADDRESS/BITS`: those of the people who manage them and of the machine that runs mosipctl. A host
    /// behind a jump takes that of its jump host as well. Default: none, and hosts without a jump take SSH from everywhere.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub admins: Vec<Network>,
    /// Whether mosipctl writes the rule set of each host's firewall: what hosts need from each other, and nothing else. Default: true.
    #[serde(default = "yes")]
    pub firewall: bool,
    /// Whether mosipctl hardens sshd on hosts: keys alone, no password, no forwarding but where it is needed. Default: true.
    #[serde(default = "yes")]
    pub harden_ssh: bool,
}

fn yes() -> bool {
    true
}

impl Default for Access {
    fn default() -> Self {
        Self {
            admins: Vec::new(),
            firewall: yes(),
            harden_ssh: yes(),
        }
    }
}

/// One host, as the file has it.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct HostEntry {
    /// Name, a DNS label; a node of the cluster bears it too.
    pub name: Label,
    /// IP address or DNS name at which SSH answers.
    pub address: Address,
    /// The address of a load balancer at which everybody may enter; at its other addresses only the VPN and the nodes may.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub public: Option<IpAddr>,
    /// What it is for. Default: that of `defaults`.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub roles: BTreeSet<HostRole>,
    /// Failure zone, such as a room or a rack. Default: that of `defaults`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<Label>,
    /// How it is reached, where that differs from `defaults`.
    #[serde(default)]
    pub ssh: Ssh,
    /// Labels of the node.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// Taints of the node.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub taints: Vec<Taint>,
}

/// What a host is for.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum HostRole {
    /// Runs the Kubernetes control plane and etcd.
    ControlPlane,
    /// Runs pods.
    Worker,
    /// The way in from outside: SSH jumps and the VPN.
    Bastion,
    /// nginx before the cluster.
    LoadBalancer,
    /// Serves NFS.
    Storage,
    /// Belongs to the observation cluster.
    Observation,
}

impl HostRole {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::ControlPlane,
        Self::Worker,
        Self::Bastion,
        Self::LoadBalancer,
        Self::Storage,
        Self::Observation,
    ];

    /// The name as written in the file.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ControlPlane => "control-plane",
            Self::Worker => "worker",
            Self::Bastion => "bastion",
            Self::LoadBalancer => "load-balancer",
            Self::Storage => "storage",
            Self::Observation => "observation",
        }
    }

    /// Whether such a host is a node of a Kubernetes cluster.
    pub fn is_node(self) -> bool {
        matches!(self, Self::ControlPlane | Self::Worker | Self::Observation)
    }
}

/// How a host is reached by SSH.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Ssh {
    /// User to log in as; it may use `sudo` without a password. Default: whoever runs mosipctl.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// Port. Default: 22.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    /// File of the private key; `~/` is the home folder, other paths start at the hosts file. Default: the keys of ssh-agent, then
    /// `~/.ssh/id_ed25519`, `id_ecdsa` and `id_rsa`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<PathBuf>,
    /// Passphrase of that file, when it has one. Without it, ssh-agent is asked for the key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub passphrase: Option<SecretSource>,
    /// Name of the host to jump through.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jump: Option<Label>,
}

/// A taint of a node.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Taint {
    /// Key.
    pub key: String,
    /// Value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// What becomes of pods that do not tolerate it.
    pub effect: TaintEffect,
}

/// What becomes of pods that do not tolerate a taint; the names are those of Kubernetes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub enum TaintEffect {
    /// New ones do not come.
    NoSchedule,
    /// New ones come only when there is no other place.
    PreferNoSchedule,
    /// Those that are there go, too.
    NoExecute,
}

impl HostsFile {
    /// Reads and checks a hosts file.
    ///
    /// # Errors
    /// The first thing that is wrong, with its line: not YAML, an unknown field, a value that cannot be, two hosts that cannot be
    /// told apart, a jump that leads nowhere, or a set of hosts that is no cluster.
    pub fn read(document: &Document<'_>) -> Result<Self, Box<Complaint>> {
        let file: Self = document::read(document)?;
        check::check(&file, document)?;
        Ok(file)
    }
}
