//! How the VPN is to be.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr};

use mosipctl_spec::environment::vpn::Vpn as Wanted;
use mosipctl_spec::hosts::Network;

use crate::error::VpnError;
use crate::pool::Pool;

/// How the VPN is to be, checked.
#[derive(Debug, Clone)]
pub struct Settings {
    pub(crate) endpoint: String,
    pub(crate) interface: String,
    pub(crate) port: u16,
    pub(crate) network: Network,
    pub(crate) pool: Pool,
    pub(crate) channels: BTreeMap<String, Vec<Place>>,
    pub(crate) dns: Vec<IpAddr>,
}

/// Somewhere that a channel leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The network.
    pub network: Network,
    /// The TCP ports that may be reached there; all, and all else, when none is named.
    pub ports: BTreeSet<u16>,
}

/// A network that is in use for something else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// What it is, in words: `the network of pods`.
    pub what: String,
    /// The network.
    pub network: Network,
}

impl Settings {
    /// Checks what the environment wants. `network` holds the addresses of peers, `endpoint` is where they find the bastion. `taken` is what the VPN may not overlap: a node whose Services lie around the VPN's
    /// addresses drops its packets without a word.
    ///
    /// # Errors
    /// The network has no room, or overlaps another.
    pub fn new(
        wanted: &Wanted,
        network: Network,
        endpoint: &str,
        taken: &[Taken],
    ) -> Result<Self, VpnError> {
        let pool = Pool::of(network).ok_or(VpnError::NoRoom { network })?;
        if let Some(taken) = taken.iter().find(|taken| taken.network.overlaps(network)) {
            return Err(VpnError::Overlap {
                network,
                taken: taken.clone(),
            });
        }
        for (name, networks) in &wanted.channels {
            if let Some(inside) = networks.iter().find(|inside| inside.overlaps(network)) {
                let what = format!("channel `{name}`");
                let taken = Taken {
                    what,
                    network: *inside,
                };
                return Err(VpnError::Overlap { network, taken });
            }
        }
        let channels = wanted.channels.iter();
        let whole = |network: &Network| Place {
            network: *network,
            ports: BTreeSet::new(),
        };
        let channels = channels
            .map(|(name, networks)| (name.to_string(), networks.iter().map(whole).collect()));
        Ok(Self {
            endpoint: endpoint.to_owned(),
            interface: wanted.interface.clone(),
            port: wanted.port,
            network,
            pool,
            channels: channels.collect(),
            dns: wanted.dns.clone(),
        })
    }

    /// The UDP port at which peers knock.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The same with one more place that a channel leads to: some ports of one address, which may be the bastion's own in the VPN.
    #[must_use]
    pub fn leading_to(mut self, channel: &str, address: Ipv4Addr, ports: &[u16]) -> Self {
        if let Some(network) = Network::around(address.into(), 32) {
            let ports = ports.iter().copied().collect();
            let places = self.channels.entry(channel.to_owned()).or_default();
            places.push(Place { network, ports });
        }
        self
    }

    /// The bastion's own address in the VPN.
    pub fn server_address(&self) -> Ipv4Addr {
        self.pool.server()
    }

    /// The VPN's network.
    pub fn network(&self) -> Network {
        self.network
    }

    /// Where peers find the bastion.
    pub fn endpoint(&self) -> String {
        format!("{}:{}", self.endpoint, self.port)
    }

    /// The name of the interface, and of its file.
    pub fn interface(&self) -> &str {
        &self.interface
    }

    /// Every channel.
    pub fn channels(&self) -> impl Iterator<Item = &str> {
        self.channels.keys().map(String::as_str)
    }

    /// The networks that these channels lead to, each once. A channel that is no more leads nowhere.
    pub fn reach(&self, channels: &[String]) -> Vec<Network> {
        let mut all: Vec<Network> = Vec::new();
        for place in self.places(channels) {
            if !all.contains(&place.network) {
                all.push(place.network);
            }
        }
        all
    }

    /// The places that these channels lead to, each once.
    pub(crate) fn places(&self, channels: &[String]) -> Vec<&Place> {
        let lists = channels
            .iter()
            .filter_map(|channel| self.channels.get(channel));
        let mut all: Vec<&Place> = Vec::new();
        for place in lists.flatten() {
            if !all.contains(&place) {
                all.push(place);
            }
        }
        all
    }
}
