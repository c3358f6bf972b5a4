//! What stands between a cluster and the world: the VPN on bastions, nginx on load balancers.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr};

use mosipctl_balancer::{Entrance, Route, entrances, routes};
use mosipctl_plan::Desired;
use mosipctl_spec::hosts::{Host, HostRole};
use zeroize::Zeroizing;

mod around;
mod balancer;
pub(crate) mod pair;
mod tell;
pub(crate) mod vpn;

pub use around::Around;
pub(crate) use balancer::BALANCER;
pub use tell::tell_bastion;
pub use vpn::Tunnel;

/// What stands between a cluster and the world, beside what the hosts file says of it.
#[derive(Debug, Default)]
pub struct Edge {
    /// The VPN; none where the environment has none.
    pub tunnel: Option<Tunnel>,
    /// The gateways of the cluster; none as long as nobody knows them.
    pub gateways: Option<Gateways>,
    /// The certificate for their hosts. Without one nothing but the API is balanced.
    pub certificate: Option<CertificateFiles>,
}

/// The gateways of a cluster: hosts that they answer for, and ports at which nodes take what is for them.
#[derive(Debug, Clone, Default)]
pub struct Gateways {
    /// The hosts.
    pub routes: Vec<Route>,
    /// The ports.
    pub entrances: Vec<Entrance>,
}

impl Gateways {
    /// The gateways among everything that is desired.
    pub fn of(desired: &Desired) -> Self {
        Self {
            routes: routes(desired),
            entrances: entrances(desired),
        }
    }
}

/// A certificate as nginx reads it.
#[derive(Clone)]
pub struct CertificateFiles {
    /// The certificate and those between it and its authority, PEM.
    pub chain: String,
    /// Its key, PEM.
    pub key: Zeroizing<String>,
}

impl fmt::Debug for CertificateFiles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CertificateFiles").finish_non_exhaustive()
    }
}

/// The addresses at which a load balancer is entered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sides {
    /// By everybody; none where the hosts file names no such address.
    pub public: Option<IpAddr>,
    /// From inside the VPN alone.
    pub internal: IpAddr,
}

impl Sides {
    /// The sides of a load balancer with an address of its own. `vpn` is the bastion's address in the VPN.
    ///
    /// One that is the bastion too and has one address only is entered from inside at its address in the VPN, which nobody else reaches.
    pub fn of(host: &Host, own: IpAddr, vpn: Option<Ipv4Addr>) -> Self {
        let vpn = vpn.filter(|_| host.has(HostRole::Bastion));
        match (host.shared, host.public, vpn) {
            (Some(shared), public, _) => Self {
                public,
                internal: shared,
            },
            (None, None, Some(vpn)) => Self {
                public: Some(own),
                internal: vpn.into(),
            },
            (None, public, _) => Self {
                public,
                internal: own,
            },
        }
    }
}

#[cfg(test)]
mod tests;
