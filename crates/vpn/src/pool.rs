//! The addresses of a VPN.

use std::net::{IpAddr, Ipv4Addr};

use jiff::Timestamp;
use mosipctl_spec::hosts::Network;

use crate::peer::Peer;

/// The addresses of one IPv4 network that hosts may have: neither its first, which names it, nor its last, which is for all.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pool {
    first: u32,
    last: u32,
}

impl Pool {
    /// The pool of a network; none when that has no room for a server and a peer, or is no IPv4 network.
    pub(crate) fn of(network: Network) -> Option<Self> {
        let IpAddr::V4(address) = network.first() else {
            return None;
        };
        let count = 1_u32.checked_shl(32_u32.checked_sub(network.bits().into())?)?;
        let first = u32::from(address);
        (count >= 4).then(|| Self {
            first: first + 1,
            last: first + (count - 2),
        })
    }

    /// The server's own.
    pub(crate) fn server(self) -> Ipv4Addr {
        Ipv4Addr::from(self.first)
    }

    /// An address that no valid peer has. One that nobody ever had is taken first; after these, the one that was given up the
    /// longest ago, so that a configuration that was forgotten somewhere does not meet a new owner soon.
    pub(crate) fn free(self, peers: &[Peer], now: Timestamp) -> Option<Ipv4Addr> {
        let all = (self.first + 1..=self.last).map(Ipv4Addr::from);
        let free = all.filter_map(|address| Some((given_up(address, peers, now)?, address)));
        // the first of those that were never given comes before all others
        let mut best = None;
        for (since, address) in free {
            if since == Timestamp::MIN {
                return Some(address);
            }
            if best.is_none_or(|(earliest, _)| since < earliest) {
                best = Some((since, address));
            }
        }
        best.map(|(_, address)| address)
    }
}

/// Since when nobody has the address: always, when nobody ever had it; none when a valid peer has it.
fn given_up(address: Ipv4Addr, peers: &[Peer], now: Timestamp) -> Option<Timestamp> {
    let owners = peers.iter().filter(|peer| peer.address == address);
    owners
        .map(|peer| (!peer.is_valid(now)).then(|| peer.end()))
        .try_fold(Timestamp::MIN, |latest, end| Some(latest.max(end?)))
}
