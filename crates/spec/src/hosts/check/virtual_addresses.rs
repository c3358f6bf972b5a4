//! Addresses that load balancers share are nobody else's.

use std::net::IpAddr;

use super::{Checked, Complain, fail};
use crate::hosts::{Host, HostRole, HostsFile, VirtualAddresses};

/// Where they stand in the file.
const PATH: [&str; 2] = ["spec", "virtualAddresses"];

pub(super) fn check(file: &HostsFile, hosts: &[Host], complain: Complain<'_>) -> Checked {
    let Some(shared) = &file.spec.virtual_addresses else {
        return Ok(());
    };
    let complain = &|field: &[&str], message| complain(&[&PATH, field].concat(), message);
    pair(hosts, complain)?;
    if shared.router == 0 {
        let message = "no virtual router has the number 0".to_owned();
        return fail(complain(&["router"], message).with_help("one from 1 to 255; 51 by itself"));
    }
    if shared.public == Some(shared.internal) {
        let message = "both sides share one address".to_owned();
        let help = "everybody would reach what only the VPN is to: give each its own";
        return fail(complain(&["public"], message).with_help(help));
    }
    own_public(file, shared, complain)?;
    free(file, hosts, ("internal", shared.internal), complain)?;
    match shared.public {
        Some(public) => free(file, hosts, ("public", public), complain),
        None => Ok(()),
    }
}

/// Two or more share.
fn pair(hosts: &[Host], complain: Complain<'_>) -> Checked {
    let balancers = hosts.iter().filter(|host| host.has(HostRole::LoadBalancer));
    let help = "give two hosts the role `load-balancer`, or leave `virtualAddresses` out";
    match balancers.count() {
        0 => fail(complain(&["internal"], "no load balancer shares it".to_owned()).with_help(help)),
        1 => {
            let message = "one load balancer has nobody to share it with".to_owned();
            fail(complain(&["internal"], message).with_help(help))
        }
        _ => Ok(()),
    }
}

/// The public side is entered at one address.
fn own_public(file: &HostsFile, shared: &VirtualAddresses, complain: Complain<'_>) -> Checked {
    let mut own = file
        .spec
        .hosts
        .iter()
        .filter(|entry| entry.public.is_some());
    match (shared.public, own.next()) {
        (Some(_), Some(entry)) => {
            let message = format!("`{}` has a `public` of its own beside it", entry.name);
            let help = "leave one of them out: names lead to one address";
            fail(complain(&["public"], message).with_help(help))
        }
        _ => Ok(()),
    }
}

/// No host has it, no network of the cluster holds it, and it is of the kind that the load balancers' own are.
fn free(
    file: &HostsFile,
    hosts: &[Host],
    (field, address): (&str, IpAddr),
    complain: Complain<'_>,
) -> Checked {
    if let Some(host) = hosts.iter().find(|host| host.address.ip() == Some(address)) {
        let message = format!("`{address}` is the address of host `{}`", host.name);
        let help = "give one that no machine has";
        return fail(complain(&[field], message).with_help(help));
    }
    let named = file.spec.networks.named();
    if let Some((name, network)) = named.iter().find(|(_, network)| network.contains(address)) {
        let message = format!("`{address}` lies in the network of {name}, `{network}`");
        let help = "give one of the network that the load balancers are in";
        return fail(complain(&[field], message).with_help(help));
    }
    let balancers = hosts.iter().filter(|host| host.has(HostRole::LoadBalancer));
    let mut own = balancers.filter_map(|host| host.address.ip());
    match own.find(|own| own.is_ipv4() != address.is_ipv4()) {
        Some(own) => {
            let message =
                format!("`{address}` is of another kind than `{own}`, a load balancer's own");
            fail(complain(&[field], message).with_help("IPv4 goes with IPv4, IPv6 with IPv6"))
        }
        None => Ok(()),
    }
}
