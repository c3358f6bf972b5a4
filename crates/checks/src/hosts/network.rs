//! Lengths of packets, and networks that are in each other's way.

use std::collections::BTreeMap;

use mosipctl_hosts::facts::Interface;
use mosipctl_spec::hosts::{Network, Networks};

use super::Seen;
use super::gather::{Verdict, gather};
use crate::finding::{Check, Finding};

/// Interfaces that a cluster, a runtime or a tunnel made: they are in its networks by right.
const MADE: [&str; 9] = [
    "cali",
    "cni",
    "flannel",
    "kube-",
    "lxc",
    "nodelocaldns",
    "tunl",
    "vxlan",
    "wg",
];

/// firewalld has chains of its own beside ours: a packet has to be let in by both.
pub(super) fn firewalld(seen: &Seen<'_>) -> Option<Verdict> {
    let unit = seen.facts.units.get("firewalld.service")?;
    (unit.active == "active").then(|| {
        Verdict::warning(
            "firewalld is active, and refuses what others need from this host whatever our firewall lets in",
            "`systemctl disable --now firewalld` there; or open the ports in it yourself, with `access: {firewall: false}` in the hosts file",
        )
    })
}

/// Packets of another length get lost where nobody says so.
pub(super) fn packets(seen: &[Seen<'_>]) -> Vec<Finding> {
    let lengths = seen.iter().filter(|seen| seen.host.is_node());
    let lengths: Vec<(String, u32)> = lengths
        .filter_map(|seen| Some((seen.name(), main(seen)?.mtu)))
        .collect();
    let mut counts: BTreeMap<u32, usize> = BTreeMap::new();
    for (_, mtu) in &lengths {
        *counts.entry(*mtu).or_default() += 1;
    }
    let Some((usual, _)) = counts.iter().max_by_key(|(_, count)| **count) else {
        return Vec::new();
    };
    let verdicts = lengths.iter().map(|(name, mtu)| {
        let verdict = match mtu == usual {
            true => Verdict::well(format!("packets of {usual} bytes (MTU)")),
            false => Verdict::warning(
                format!("sends packets of {mtu} bytes (MTU), most hosts {usual}"),
                "set the same MTU on all of them: large packets, as of image layers, get lost without a word otherwise",
            ),
        };
        (name.clone(), verdict)
    });
    gather(Check::HostMtu, verdicts)
}

/// The interface of the address in the hosts file, else that of the default route.
fn main<'a>(seen: &Seen<'a>) -> Option<&'a Interface> {
    let facts = seen.facts;
    let named = seen.host.address.ip().and_then(|ip| facts.interface_of(ip));
    let default = || {
        let route = facts.routes.iter().find(|route| route.to == "default")?;
        let device = route.device.as_ref()?;
        facts.interfaces.iter().find(|each| each.name == *device)
    };
    named.or_else(default)
}

/// Addresses and routes of hosts that lie in a network which the cluster makes.
pub(super) fn overlaps(seen: &[Seen<'_>], networks: &Networks) -> Vec<Finding> {
    let verdicts = seen.iter().map(|seen| {
        let verdict = overlap(seen, networks);
        let verdict = verdict.unwrap_or_else(|| {
            Verdict::well("no address or route is in the way of pods, Services or the VPN")
        });
        (seen.name(), verdict)
    });
    gather(Check::HostNetworks, verdicts)
}

fn overlap(seen: &Seen<'_>, networks: &Networks) -> Option<Verdict> {
    let named = networks.named();
    let remedy = |field: &str| {
        format!("set `spec.networks.{field}` in the hosts file to one that no host uses")
    };
    for interface in seen
        .facts
        .interfaces
        .iter()
        .filter(|each| !is_made(&each.name))
    {
        let own = interface.addresses.iter();
        let own = own.filter_map(|each| Network::around(each.ip, each.bits));
        for network in own {
            if let Some((field, made)) = named.iter().find(|(_, made)| made.overlaps(network)) {
                let detail = format!(
                    "{} is in {network}, which overlaps the network of {field}, {made}",
                    interface.name
                );
                return Some(Verdict::failed(detail, remedy(field)));
            }
        }
    }
    // a node knows the way to the pods of others, by right
    let kubelet = seen.facts.units.get("kubelet.service");
    let is_node = kubelet.is_some_and(|unit| unit.active == "active");
    seen.facts.routes.iter().find_map(|route| {
        let is_own = is_node || route.device.as_ref().is_some_and(|name| is_made(name));
        let to = network(&route.to).filter(|_| !is_own)?;
        let (field, made) = named.iter().find(|(_, made)| made.overlaps(to))?;
        let detail =
            format!("a route leads to {to}, which overlaps the network of {field}, {made}");
        Some(Verdict::failed(detail, remedy(field)))
    })
}

fn is_made(name: &str) -> bool {
    name == "lo" || MADE.iter().any(|prefix| name.starts_with(prefix))
}

/// `ip route` leaves the bits of a single address out.
fn network(text: &str) -> Option<Network> {
    match text.contains('/') {
        true => text.parse().ok(),
        false => Network::around(text.parse().ok()?, 32),
    }
}
