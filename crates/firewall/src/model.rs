//! The network model: who talks to whom, as data.

use serde::{Deserialize, Deserializer};

/// The file, a part of the program. A test reads it.
const TEXT: &str = include_str!("model.yaml");

/// The network model.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Model {
    /// Who may open a connection to a host.
    pub flows: Vec<Flow>,
    /// What hosts hand on for others.
    pub passages: Vec<Passage>,
    /// Ports that an audit tries beside those of the flows.
    pub closed: Vec<Closed>,
}

/// Who may open a connection to a host.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Flow {
    /// A short name; it stands beside each rule.
    pub name: String,
    /// Hosts that are connected to.
    pub to: Vec<Group>,
    /// Who connects.
    pub from: Vec<Group>,
    /// What is spoken.
    #[serde(default)]
    pub protocol: Protocol,
    /// At which ports; none for what has no ports.
    #[serde(default)]
    pub ports: Vec<Port>,
    /// Ports of a range that an audit tries.
    #[serde(default, rename = "try")]
    pub tried: Vec<u16>,
    /// At which side of a load balancer.
    pub channel: Option<Channel>,
    /// Only where this is used.
    pub when: Option<Feature>,
    /// Whether kube-proxy sends it elsewhere before the host sees it as its own.
    #[serde(default)]
    pub translated: bool,
    /// What it is for.
    pub why: String,
    /// Where that was read.
    pub source: String,
}

/// What hosts hand on for others.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Passage {
    /// A short name; it stands beside each rule.
    pub name: String,
    /// Hosts that do so.
    pub at: Vec<Group>,
    /// From whom.
    pub from: Vec<Group>,
    /// To whom; none for everybody.
    #[serde(default)]
    pub to: Vec<Group>,
    /// Only where this is used.
    pub when: Option<Feature>,
    /// What it is for.
    pub why: String,
}

/// A port that nobody may reach from another host, unless a flow says so.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Closed {
    /// The TCP port.
    pub port: u16,
    /// What may listen there.
    pub why: String,
}

/// Some of those who talk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Group {
    /// All hosts of the file.
    Hosts,
    /// Hosts that are nodes of Kubernetes.
    Nodes,
    /// Hosts with this role, and so are the next.
    ControlPlane,
    /// See [`HostRole::Worker`](mosipctl_spec::hosts::HostRole::Worker).
    Worker,
    /// See [`HostRole::Bastion`](mosipctl_spec::hosts::HostRole::Bastion).
    Bastion,
    /// See [`HostRole::LoadBalancer`](mosipctl_spec::hosts::HostRole::LoadBalancer).
    LoadBalancer,
    /// See [`HostRole::Storage`](mosipctl_spec::hosts::HostRole::Storage).
    Storage,
    /// See [`HostRole::Observation`](mosipctl_spec::hosts::HostRole::Observation).
    Observation,
    /// Hosts that others set their clocks by.
    TimeServer,
    /// The network of pods.
    Pods,
    /// The network of the VPN.
    Vpn,
    /// The networks of people who manage hosts.
    Admins,
    /// The host that a host is reached through.
    Jumps,
    /// Everybody.
    Anyone,
}

/// What is spoken.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Protocol {
    /// TCP.
    #[default]
    Tcp,
    /// UDP.
    Udp,
    /// The question of ICMP whether a host is there.
    Ping,
    /// VRRP, IP protocol 112.
    Vrrp,
}

/// At which side of a load balancer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Channel {
    /// At the address for everybody.
    Public,
    /// At all its other addresses.
    Internal,
}

/// What is not used everywhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Feature {
    /// The cluster is made by RKE2.
    Rke2,
    /// The CNI packs packets of pods into UDP.
    Vxlan,
    /// There is a WireGuard server on the bastion.
    Vpn,
    /// There are WireGuard tunnels between nodes.
    Mesh,
}

/// A port, or several in a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Port {
    /// From the first to the last.
    Range(u16, u16),
    /// Where sshd of the host listens.
    Ssh,
    /// Where WireGuard of the environment listens.
    Vpn,
    /// Where WireGuard of every node listens.
    Mesh,
}

impl Model {
    /// That of this program.
    ///
    /// # Errors
    /// The text of it is wrong, which a test rules out.
    pub fn read() -> Result<Self, String> {
        serde_saphyr::from_str(TEXT).map_err(|error| error.to_string())
    }
}

impl<'de> Deserialize<'de> for Port {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        port(&text).ok_or_else(|| serde::de::Error::custom(format!("`{text}` is no port")))
    }
}

fn port(text: &str) -> Option<Port> {
    match text {
        "ssh" => return Some(Port::Ssh),
        "vpn" => return Some(Port::Vpn),
        "mesh" => return Some(Port::Mesh),
        _ => {}
    }
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let (first, last) = (first.parse().ok()?, last.parse().ok()?);
    (first > 0 && first <= last).then_some(Port::Range(first, last))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_flow_says_why_and_where_that_was_read_and_has_its_own_name() {
        let model = Model::read().unwrap();
        let mut names: Vec<&str> = model.flows.iter().map(|flow| flow.name.as_str()).collect();
        for flow in &model.flows {
            assert!(!flow.why.is_empty() && !flow.source.is_empty(), "{flow:?}");
            let has_ports = matches!(flow.protocol, Protocol::Tcp | Protocol::Udp);
            assert_eq!(has_ports, !flow.ports.is_empty(), "{flow:?}");
        }
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), model.flows.len());
    }

    #[test]
    fn a_port_is_a_number_a_range_or_a_name() {
        assert_eq!(port("22"), Some(Port::Range(22, 22)));
        assert_eq!(port("2379-2380"), Some(Port::Range(2379, 2380)));
        assert_eq!(port("ssh"), Some(Port::Ssh));
        for bad in ["", "0", "2-1", "70000", "web"] {
            assert_eq!(port(bad), None, "{bad}");
        }
    }
}
