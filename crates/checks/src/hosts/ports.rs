//! Ports that roles need.

use std::collections::BTreeSet;

use mosipctl_spec::hosts::HostRole;

use super::Seen;
use super::gather::Verdict;

/// What a role listens at, and the units that do so once it is set up.
struct Ports {
    needed: &'static [u16],
    owners: &'static [&'static str],
}

const KUBERNETES: &[&str] = &[
    "kubelet.service",
    "rke2-server.service",
    "rke2-agent.service",
];

/// The API.
const API: u16 = 6443;

/// Kubernetes: "ports and protocols"; the load balancer: those of the guide's nginx.
fn ports(role: HostRole) -> Ports {
    let (needed, owners): (&[u16], &[&str]) = match role {
        HostRole::ControlPlane => (&[2379, 2380, API, 10250, 10257, 10259], KUBERNETES),
        HostRole::Worker | HostRole::Observation => (&[10250, 10256], KUBERNETES),
        HostRole::LoadBalancer => (&[80, 443, 5432, API, 9000, 61616], &["nginx.service"]),
        HostRole::Storage => (&[2049], &["nfs-server.service"]),
        // WireGuard speaks UDP
        HostRole::Bastion => (&[], &[]),
    };
    Ports { needed, owners }
}

pub(super) fn judge(seen: &Seen<'_>) -> Option<Verdict> {
    let roles = &seen.host.roles;
    if roles.contains(&HostRole::ControlPlane) && roles.contains(&HostRole::LoadBalancer) {
        let detail = "is control plane and load balancer, and both listen at port 6443";
        return Some(Verdict::failed(
            detail,
            "give one of the roles to another host",
        ));
    }
    let own = |unit: &&&str| {
        let unit = seen.facts.units.get(**unit);
        unit.is_some_and(|unit| unit.active == "active")
    };
    let all = roles.iter().map(|role| ports(*role));
    // what was set up before has its ports by right
    let open = all.filter(|ports| ports.owners.iter().find(own).is_none());
    let needed = open.flat_map(|ports| ports.needed).copied();
    let mut needed: BTreeSet<u16> = needed.collect();
    if needed.contains(&API) {
        needed.extend(seen.distribution.supervisor());
    }
    let taken: BTreeSet<u16> = seen.facts.listening.iter().map(|each| each.port).collect();
    let both: Vec<String> = needed.intersection(&taken).map(u16::to_string).collect();
    if both.is_empty() {
        return Some(Verdict::well("the ports of their roles are free"));
    }
    let remedy = format!(
        "`ss -ltnp 'sport = :{}'` there says by whom: stop it, or give the role to another host",
        both.first().map_or("", String::as_str)
    );
    let noun = if both.len() == 1 { "port" } else { "ports" };
    Some(Verdict::failed(
        format!("{noun} {} taken already", are(&both)),
        remedy,
    ))
}

fn are(ports: &[String]) -> String {
    match ports {
        [one] => format!("{one} is"),
        many => format!("{} are", many.join(", ")),
    }
}
