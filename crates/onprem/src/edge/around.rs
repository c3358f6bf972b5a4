//! The addresses around a load balancer.

use std::net::{IpAddr, Ipv4Addr};

use mosipctl_balancer::{Balancer, Channel, Files, Side};
use mosipctl_spec::hosts::{Distribution, Host, HostRole};

use super::{Gateways, Sides};
use crate::ground::of_role;

/// The addresses around a load balancer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Around {
    /// Where it is entered.
    pub sides: Sides,
    /// Where it listens for the API: nodes ask at its own address, people at the internal side.
    pub api: Vec<IpAddr>,
    /// Nodes that take what is for the gateways.
    pub nodes: Vec<IpAddr>,
    /// Nodes with an API server.
    pub control_planes: Vec<IpAddr>,
    /// The port at which nodes register, where the distribution has one beside the API's.
    pub supervisor: Option<u16>,
}

impl Around {
    /// The addresses around a load balancer; `ip` knows that of each host, `vpn` is the bastion's address in the VPN.
    ///
    /// # Errors
    /// That of `ip`.
    pub fn new<E>(
        host: &Host,
        hosts: &[Host],
        distribution: Distribution,
        vpn: Option<Ipv4Addr>,
        ip: impl Fn(&Host) -> Result<IpAddr, E>,
    ) -> Result<Self, E> {
        let own = ip(host)?;
        let sides = Sides::of(host, own, vpn);
        let mut api = vec![own];
        if sides.internal != own {
            api.push(sides.internal);
        }
        let ips = |hosts: Vec<&Host>| hosts.into_iter().map(&ip).collect::<Result<_, E>>();
        Ok(Self {
            sides,
            api,
            nodes: ips(takers(hosts))?,
            control_planes: ips(of_role(hosts, HostRole::ControlPlane))?,
            supervisor: distribution.supervisor(),
        })
    }

    /// The load balancer in front of gateways.
    pub fn balancer(&self, gateways: &Gateways, files: Files) -> Balancer {
        let side = |address, channel| Side {
            address,
            https: 443,
            http: Some(80),
            hosts: names(gateways, channel),
        };
        Balancer {
            nodes: self.nodes.clone(),
            control_planes: self.control_planes.clone(),
            public: self
                .sides
                .public
                .map(|public| side(public, Channel::Public)),
            internal: side(self.sides.internal, Channel::Internal),
            api: self.api.clone(),
            supervisor: self.supervisor,
            entrances: gateways.entrances.clone(),
            files,
        }
    }
}

/// Nodes that take what is for the gateways: workers, or whatever nodes there are.
fn takers(hosts: &[Host]) -> Vec<&Host> {
    let workers = of_role(hosts, HostRole::Worker);
    match workers.is_empty() {
        false => workers,
        true => of_role(hosts, HostRole::ControlPlane),
    }
}

/// Hosts of a channel that are spoken to by HTTP.
fn names(gateways: &Gateways, channel: Channel) -> Vec<String> {
    let routes = gateways.routes.iter();
    let routes = routes.filter(|route| route.http && route.channel == channel);
    routes.map(|route| route.host.clone()).collect()
}
