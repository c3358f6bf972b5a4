//! The way in from outside.

use std::collections::BTreeMap;
use std::net::IpAddr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::hosts::{Network, Networks};
use crate::name::{Domain, Label};

/// A WireGuard server on the bastion, and what it leads to. Peers are no part of this file: `mosipctl vpn peer add` lets them in.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Vpn {
    /// Where peers find the bastion: a host name, or an IP address. Default: the address of the bastion in the hosts file, where it is
    /// reached without a jump; else `vpn.` before the domain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<String>,
    /// UDP port of the bastion.
    #[serde(default = "default_port")]
    pub port: u16,
    /// Addresses of peers, an IPv4 network that nothing else uses; the first is the bastion's. Default: that of the hosts file, else
    /// `10.13.13.0/24`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network: Option<Network>,
    /// Name of the interface on the bastion.
    #[serde(default = "default_interface")]
    pub interface: String,
    /// What peers may reach: networks by the name of a channel. A peer has one channel or more. Default, with a hosts file: `internal`,
    /// which leads to what load balancers offer on their internal side, and to nothing else of them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub channels: BTreeMap<Label, Vec<Network>>,
    /// DNS servers that peers are to ask while they are connected.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dns: Vec<IpAddr>,
    /// Networks that are in use for something else, by what they are for, such as `pods` or `hosts`. One that overlaps `network`
    /// is refused: packets would be lost without a word.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub taken: BTreeMap<String, Vec<Network>>,
}

fn default_port() -> u16 {
    51820
}
fn default_interface() -> String {
    "wg0".to_owned()
}

impl Vpn {
    /// Addresses of peers.
    pub fn network(&self, hosts: &Networks) -> Network {
        self.network.unwrap_or(hosts.vpn)
    }

    /// Where peers find the bastion.
    pub fn endpoint(&self, domain: &Domain) -> String {
        self.endpoint
            .clone()
            .unwrap_or_else(|| format!("vpn.{domain}"))
    }
}
