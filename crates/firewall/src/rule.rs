//! One rule of a host: who may come in, at which ports.

use std::net::IpAddr;

use mosipctl_spec::hosts::Network;

use crate::model::{Flow, Protocol};

/// One rule of a host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rule<'a> {
    pub(crate) flow: &'a Flow,
    pub(crate) from: Sources,
    /// From the first to the last.
    pub(crate) ports: Vec<(u16, u16)>,
    pub(crate) at: At,
}

/// Who may come in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Sources {
    Anyone,
    /// In order, none inside another.
    Networks(Vec<Network>),
}

/// At which address of the host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum At {
    All,
    Only(IpAddr),
    AllBut(IpAddr),
}

impl Sources {
    /// These networks, in order, without those that lie inside another: nftables takes none twice.
    pub(crate) fn of(networks: impl IntoIterator<Item = Network>) -> Self {
        let mut all: Vec<Network> = networks.into_iter().collect();
        // the wide ones first, so that whatever comes later may lie inside one that is kept
        all.sort_by_key(|network| (network.bits(), network.first()));
        let mut kept: Vec<Network> = Vec::new();
        for network in all {
            if !kept.iter().any(|wide| wide.overlaps(network)) {
                kept.push(network);
            }
        }
        kept.sort_by_key(|network| (network.first(), network.bits()));
        Self::Networks(kept)
    }

    pub(crate) fn is_nobody(&self) -> bool {
        matches!(self, Self::Networks(networks) if networks.is_empty())
    }

    pub(crate) fn has(&self, address: IpAddr) -> bool {
        match self {
            Self::Anyone => true,
            Self::Networks(networks) => networks.iter().any(|network| network.contains(address)),
        }
    }
}

impl At {
    pub(crate) fn is(self, address: IpAddr) -> bool {
        match self {
            Self::All => true,
            Self::Only(own) => own == address,
            Self::AllBut(other) => other != address,
        }
    }
}

impl Rule<'_> {
    pub(crate) fn admits(&self, from: IpAddr, at: IpAddr, protocol: Protocol, port: u16) -> bool {
        let is_port = |(first, last): &(u16, u16)| (*first..=*last).contains(&port);
        self.flow.protocol == protocol
            && (self.ports.is_empty() || self.ports.iter().any(is_port))
            && self.from.has(from)
            && self.at.is(at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_inside_another_is_left_out() {
        let networks = ["10.0.0.7/32", "10.0.0.0/24", "fd00::1/128", "10.0.0.7/32"];
        let networks = networks.map(|text| text.parse().unwrap());
        let Sources::Networks(kept) = Sources::of(networks) else {
            panic!("some are left");
        };
        let kept: Vec<String> = kept.iter().map(ToString::to_string).collect();
        assert_eq!(kept, ["10.0.0.0/24", "fd00::1/128"]);
    }
}
