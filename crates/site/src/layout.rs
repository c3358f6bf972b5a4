//! Which hosts a site has.

use std::net::Ipv4Addr;

use serde::{Deserialize, Serialize};

/// The network of every site. Each has it to itself, because each has a network namespace.
pub(crate) const NETWORK: [u8; 3] = [10, 88, 0];
/// How many bits of an address name the network.
pub const NETWORK_PREFIX: u8 = 24;
/// Whoever works from outside the hosts has this address.
pub(crate) const DESK: Ipv4Addr = Ipv4Addr::new(NETWORK[0], NETWORK[1], NETWORK[2], 1);
/// The last part of the first host's address.
const FIRST: u8 = 11;
/// As many hosts as have an address, and more than a machine bears.
pub(crate) const MOST: usize = 200;

/// A host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Host {
    /// Its name.
    pub name: String,
    /// Its address in the site's network.
    pub address: Ipv4Addr,
    /// What it is to be, in the words of the hosts file.
    pub roles: Vec<String>,
}

/// The hosts of a site of that many, at most 200: first what a cluster cannot be without, then what makes it survive.
///
/// One is a control plane, the second a worker, the third stands before them as load balancer, bastion and storage; from the
/// fifth on there are three control planes; all others are workers.
pub fn hosts(count: usize) -> Vec<Host> {
    let count = count.min(MOST);
    let edge = usize::from(count >= 3);
    let control_planes = if count >= 5 { 3 } else { count.min(1) };
    let workers = count - edge - control_planes;
    let edge = (1..=edge).map(|n| {
        (
            format!("lb{n}"),
            &["load-balancer", "bastion", "storage"][..],
        )
    });
    let control_planes = (1..=control_planes).map(|n| (format!("cp{n}"), &["control-plane"][..]));
    let workers = (1..=workers).map(|n| (format!("w{n}"), &["worker"][..]));
    let all = edge.chain(control_planes).chain(workers);
    let addresses =
        (FIRST..=u8::MAX).map(|last| Ipv4Addr::new(NETWORK[0], NETWORK[1], NETWORK[2], last));
    let hosts = all.zip(addresses).map(|((name, roles), address)| Host {
        name,
        address,
        roles: roles.iter().map(ToString::to_string).collect(),
    });
    hosts.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(count: usize) -> String {
        let names: Vec<String> = hosts(count).into_iter().map(|host| host.name).collect();
        names.join(" ")
    }

    #[test]
    fn a_site_grows_from_what_a_cluster_cannot_be_without() {
        let sizes = [0, 1, 2, 3, 4, 5, 6].map(names);
        let expected = [
            "",
            "cp1",
            "cp1 w1",
            "lb1 cp1 w1",
            "lb1 cp1 w1 w2",
            "lb1 cp1 cp2 cp3 w1",
            "lb1 cp1 cp2 cp3 w1 w2",
        ];
        assert_eq!(sizes, expected);
    }

    #[test]
    fn no_two_hosts_have_one_address() {
        let hosts = hosts(1000);
        assert_eq!(hosts.len(), MOST);
        for pair in hosts.windows(2) {
            assert!(pair[0].address < pair[1].address);
        }
    }
}
