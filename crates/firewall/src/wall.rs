//! What follows from the model for the hosts of a file.

use std::collections::BTreeMap;
use std::net::IpAddr;

use mosipctl_spec::hosts::{
    Distribution, Host, HostRole, HostsFile, Network, Networks, VirtualAddresses,
};

use crate::circumstances::Circumstances;
use crate::error::WallError;
use crate::model::{Channel, Feature, Flow, Group, Model, Passage, Port, Protocol};
use crate::render;
use crate::rule::{At, Rule, Sources};

/// Where the rule set of a host lies.
pub const RULES: &str = "/etc/mosipctl/firewall.nft";

/// The walls of all hosts of a file.
#[derive(Debug, Clone)]
pub struct Wall {
    model: Model,
    hosts: Vec<Host>,
    addresses: BTreeMap<String, Vec<IpAddr>>,
    networks: Networks,
    admins: Vec<Network>,
    distribution: Distribution,
    mesh_port: Option<u16>,
    circumstances: Circumstances,
}

/// What a host hands on, as rules.
pub(crate) struct Handed<'a> {
    pub(crate) passage: &'a Passage,
    pub(crate) from: Sources,
    /// Anyone where the passage names nobody.
    pub(crate) to: Sources,
}

impl Wall {
    /// The walls of the hosts of a file.
    ///
    /// # Errors
    /// A host has a DNS name, and no address of it is known.
    pub fn new(file: &HostsFile, circumstances: Circumstances) -> Result<Self, WallError> {
        let hosts = file.hosts();
        let networks = file.spec.networks.clone();
        let mut addresses = BTreeMap::new();
        for host in &hosts {
            let own = own_addresses(host, &circumstances, file);
            if own.is_empty() {
                let host = host.name.to_string();
                return Err(WallError::NoAddress { host });
            }
            addresses.insert(host.name.to_string(), own);
        }
        Ok(Self {
            model: Model::read().map_err(WallError::Model)?,
            hosts,
            addresses,
            networks,
            admins: file.spec.access.admins.clone(),
            distribution: file.spec.kubernetes.distribution,
            mesh_port: file.spec.mesh.as_ref().map(|mesh| mesh.port),
            circumstances,
        })
    }

    /// The hosts.
    pub fn hosts(&self) -> &[Host] {
        &self.hosts
    }

    /// The model.
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// The addresses of a host from which it may speak to others, that of the hosts file first.
    pub fn addresses(&self, host: &str) -> &[IpAddr] {
        self.addresses.get(host).map_or(&[], Vec::as_slice)
    }

    /// Where sshd of a host listens.
    pub fn ssh_port(&self, host: &Host) -> u16 {
        let told = self.circumstances.told.get(host.name.as_str());
        let port = told.and_then(|told| told.ssh_port);
        port.unwrap_or(host.login.port)
    }

    /// The rule set of a host, as nftables reads it, for [`RULES`]. It is one table of its own, replaced in one step.
    pub fn rules(&self, host: &Host) -> String {
        let (rules, handed) = (self.rules_of(host), self.handed_of(host));
        render::text(host, &rules, &handed, self.networks.services)
    }

    /// The flow by which a host lets this in, if it does.
    pub fn admits(
        &self,
        from: IpAddr,
        host: &Host,
        (at, protocol, port): (IpAddr, Protocol, u16),
    ) -> Option<&Flow> {
        let rules = self.rules_of(host).into_iter();
        let mut admitting = rules.filter(|rule| rule.admits(from, at, protocol, port));
        admitting.next().map(|rule| rule.flow)
    }

    /// Whether everybody may try to log in to a host by SSH, because nothing says who may.
    pub fn is_open_to_all(&self, host: &Host) -> bool {
        host.login.jump.is_none() && self.admins.is_empty()
    }

    fn uses(&self, feature: Feature) -> bool {
        match feature {
            Feature::Rke2 => self.distribution == Distribution::Rke2,
            Feature::Vxlan => self.circumstances.has_vxlan,
            Feature::Vpn => self.circumstances.vpn_port.is_some(),
            Feature::Mesh => self.mesh_port.is_some(),
        }
    }

    pub(crate) fn rules_of(&self, host: &Host) -> Vec<Rule<'_>> {
        let flows = self.model.flows.iter().filter(|flow| {
            let is_used = flow.when.is_none_or(|when| self.uses(when));
            is_used && flow.to.iter().any(|group| has(*group, host))
        });
        let rules = flows.filter_map(|flow| {
            Some(Rule {
                flow,
                from: self.sources(flow, host),
                ports: self.ports(flow, host),
                at: at(flow, host)?,
            })
        });
        rules.filter(|rule| !rule.from.is_nobody()).collect()
    }

    fn handed_of(&self, host: &Host) -> Vec<Handed<'_>> {
        let passages = self.model.passages.iter().filter(|passage| {
            let is_used = passage.when.is_none_or(|when| self.uses(when));
            is_used && passage.at.iter().any(|group| has(*group, host))
        });
        let handed = passages.map(|passage| Handed {
            passage,
            from: self.named(&passage.from, host),
            to: match passage.to.as_slice() {
                [] => Sources::Anyone,
                to => self.named(to, host),
            },
        });
        handed.collect()
    }

    fn sources(&self, flow: &Flow, host: &Host) -> Sources {
        let asks_admins = flow.from.contains(&Group::Admins) && flow.ports.contains(&Port::Ssh);
        match asks_admins && self.is_open_to_all(host) {
            true => Sources::Anyone,
            false => self.named(&flow.from, host),
        }
    }

    fn named(&self, groups: &[Group], host: &Host) -> Sources {
        match groups.contains(&Group::Anyone) {
            true => Sources::Anyone,
            false => Sources::of(groups.iter().flat_map(|group| self.group(*group, host))),
        }
    }

    /// Where those of a group come from, for this host.
    fn group(&self, group: Group, host: &Host) -> Vec<Network> {
        match group {
            Group::Pods => vec![self.networks.pods],
            Group::Vpn => vec![self.networks.vpn],
            Group::Admins => self.admins.clone(),
            Group::Anyone => Vec::new(),
            Group::Jumps => {
                let jump = host.login.jump.iter();
                jump.flat_map(|jump| self.single(jump.as_str())).collect()
            }
            group => {
                let members = self.hosts.iter().filter(|host| has(group, host));
                members
                    .flat_map(|host| self.single(host.name.as_str()))
                    .collect()
            }
        }
    }

    /// The addresses of a host, each as a network.
    fn single(&self, host: &str) -> Vec<Network> {
        let addresses = self.addresses(host).iter();
        addresses.filter_map(|address| single(*address)).collect()
    }

    fn ports(&self, flow: &Flow, host: &Host) -> Vec<(u16, u16)> {
        let ports = flow.ports.iter().filter_map(|port| match port {
            Port::Range(first, last) => Some((*first, *last)),
            Port::Ssh => Some((self.ssh_port(host), self.ssh_port(host))),
            Port::Vpn => self.circumstances.vpn_port.map(|port| (port, port)),
            Port::Mesh => self.mesh_port.map(|port| (port, port)),
        });
        ports.collect()
    }
}

/// The addresses that others know it by. Those that the cluster or a tunnel gave it are groups of their own.
fn own_addresses(host: &Host, circumstances: &Circumstances, file: &HostsFile) -> Vec<IpAddr> {
    let told = circumstances.told.get(host.name.as_str());
    let told = told.into_iter().flat_map(|told| &told.addresses).copied();
    // who bears what is shared changes by itself, and no rule changes with it
    let shared: Vec<IpAddr> = file
        .spec
        .virtual_addresses
        .iter()
        .flat_map(VirtualAddresses::all)
        .collect();
    let told = told.filter(|address| !shared.contains(address));
    let made = file.spec.networks.named();
    let mut own: Vec<IpAddr> = Vec::new();
    let named = host.public.into_iter().chain(host.shared);
    for address in host.address.ip().into_iter().chain(told).chain(named) {
        let is_made = made.iter().any(|(_, network)| network.contains(address));
        if !is_made && !is_local(address) && !own.contains(&address) {
            own.push(address);
        }
    }
    own
}

fn is_local(address: IpAddr) -> bool {
    address.is_loopback()
        || address.is_unspecified()
        || match address {
            IpAddr::V4(v4) => v4.is_link_local(),
            IpAddr::V6(v6) => v6.is_unicast_link_local(),
        }
}

fn single(address: IpAddr) -> Option<Network> {
    let bits = if address.is_ipv4() { 32 } else { 128 };
    Network::around(address, bits)
}

/// At which address a flow comes in; none when this host has no such side.
fn at(flow: &Flow, host: &Host) -> Option<At> {
    match (flow.channel, host.public) {
        (None, _) | (Some(Channel::Internal), None) => Some(At::All),
        (Some(Channel::Internal), Some(public)) => Some(At::AllBut(public)),
        (Some(Channel::Public), public) => public.map(At::Only),
    }
}

/// Whether a host is one of a group of hosts.
fn has(group: Group, host: &Host) -> bool {
    match group {
        Group::Hosts => true,
        Group::Nodes => host.is_node(),
        Group::ControlPlane => host.has(HostRole::ControlPlane),
        Group::Worker => host.has(HostRole::Worker),
        Group::Bastion => host.has(HostRole::Bastion),
        Group::LoadBalancer => host.has(HostRole::LoadBalancer),
        Group::Storage => host.has(HostRole::Storage),
        Group::Observation => host.has(HostRole::Observation),
        Group::TimeServer => host.serves_time,
        Group::Pods | Group::Vpn | Group::Admins | Group::Jumps | Group::Anyone => false,
    }
}

#[cfg(test)]
mod tests;
