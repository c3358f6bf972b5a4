//! What decides beside the hosts file.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

/// What decides about walls beside the hosts file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Circumstances {
    /// What each host told, by its name. Those that told nothing have the address of the hosts file alone.
    pub told: BTreeMap<String, Told>,
    /// UDP port of WireGuard on the bastion; none when there is no VPN.
    pub vpn_port: Option<u16>,
    /// Whether the CNI packs packets of pods into UDP.
    pub has_vxlan: bool,
}

/// What a host told of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Told {
    /// Its addresses, or what its name stands for. A host speaks to another from any of them, so rules need them all: a bastion is often known to
    /// us by one and to the hosts behind it by another.
    pub addresses: BTreeSet<IpAddr>,
    /// Where its sshd listens, when that is not the `ssh.port` of the hosts file: there may be a router between.
    pub ssh_port: Option<u16>,
}
