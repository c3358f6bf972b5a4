//! Checks that types cannot make: hosts that cannot be told apart, jumps that lead nowhere, networks in each other's way.

use std::collections::BTreeMap;

use super::{Distribution, Host, HostRole, HostsFile};
use crate::document::{Complaint, Document};
use crate::environment::API_VERSION;
use crate::environment::secret::Source;
use crate::nearest::nearest;

mod labels;
mod virtual_addresses;

type Checked = Result<(), Box<Complaint>>;
type Complain<'a> = &'a dyn Fn(&[&str], String) -> Complaint;

pub(super) fn check(file: &HostsFile, document: &Document<'_>) -> Checked {
    let complain = |path: &[&str], message: String| Complaint::at(document, path, message);
    let hosts = file.hosts();
    header(file, &complain)?;
    names(&hosts, &complain)?;
    addresses(&hosts, &complain)?;
    ports(file, &complain)?;
    passphrases(file, &complain)?;
    jumps(file, &hosts, &complain)?;
    networks(file, &complain)?;
    sides(&hosts, &complain)?;
    virtual_addresses::check(file, &hosts, &complain)?;
    version(file, &complain)?;
    mesh(file, &complain)?;
    time(file, &complain)?;
    labels::check(file, &complain)?;
    roles(&hosts, &complain)
}

fn header(file: &HostsFile, complain: Complain<'_>) -> Checked {
    if file.api_version != API_VERSION {
        let message = format!("unknown apiVersion `{}`", file.api_version);
        let help = format!("this program reads `{API_VERSION}`");
        return fail(complain(&["apiVersion"], message).with_help(help));
    }
    if file.kind != "Hosts" {
        let message = format!("unknown kind `{}`", file.kind);
        return fail(complain(&["kind"], message).with_help("a hosts file has kind `Hosts`"));
    }
    if file.spec.hosts.is_empty() {
        return fail(complain(&["spec", "hosts"], "no host given".to_owned()));
    }
    Ok(())
}

fn names(hosts: &[Host], complain: Complain<'_>) -> Checked {
    let mut seen = BTreeMap::new();
    for (index, host) in hosts.iter().enumerate() {
        if seen.insert(&host.name, index).is_some() {
            let message = format!("host `{}` stands here twice", host.name);
            let path = ["spec", "hosts", &index.to_string(), "name"];
            return fail(complain(&path, message).with_help("give each host a name of its own"));
        }
    }
    Ok(())
}

/// Behind one address with two ports there may be two hosts; behind one port of it there is one.
fn addresses(hosts: &[Host], complain: Complain<'_>) -> Checked {
    let mut seen: BTreeMap<_, &Host> = BTreeMap::new();
    for (index, host) in hosts.iter().enumerate() {
        let way = (&host.address, host.login.port, &host.login.jump);
        if let Some(first) = seen.insert(way, host) {
            let message = format!(
                "`{}` and `{}` have the same address `{}`",
                host.name, first.name, host.address
            );
            let path = ["spec", "hosts", &index.to_string(), "address"];
            let help = "give each its own; one host may have several `roles`";
            return fail(complain(&path, message).with_help(help));
        }
    }
    Ok(())
}

fn ports(file: &HostsFile, complain: Complain<'_>) -> Checked {
    each_ssh(file, |path, ssh| match ssh.port {
        Some(0) => {
            let path = [path, &["port"]].concat();
            fail(complain(&path, "no server listens on port 0".to_owned()))
        }
        _ => Ok(()),
    })
}

fn passphrases(file: &HostsFile, complain: Complain<'_>) -> Checked {
    each_ssh(file, |path, ssh| {
        let path = [path, &["passphrase"]].concat();
        match ssh.passphrase.as_ref().map(|source| &source.from) {
            Some(Source::Kubernetes(_)) => {
                let message = "there is no cluster yet to take a passphrase from".to_owned();
                fail(complain(&path, message).with_help("take it from `env` or `file`"))
            }
            Some(_) if ssh.key.is_none() => {
                let message = "`passphrase` needs `key`, the file that it opens".to_owned();
                fail(complain(&path, message))
            }
            _ => Ok(()),
        }
    })
}

/// Looks at each `ssh` of the file with its path.
fn each_ssh(file: &HostsFile, look: impl Fn(&[&str], &super::Ssh) -> Checked) -> Checked {
    look(&["spec", "defaults", "ssh"], &file.spec.defaults.ssh)?;
    for (index, entry) in file.spec.hosts.iter().enumerate() {
        look(&["spec", "hosts", &index.to_string(), "ssh"], &entry.ssh)?;
    }
    Ok(())
}

fn jumps(file: &HostsFile, hosts: &[Host], complain: Complain<'_>) -> Checked {
    let by_name: BTreeMap<&str, &Host> = hosts
        .iter()
        .map(|host| (host.name.as_str(), host))
        .collect();
    each_ssh(file, |path, ssh| match &ssh.jump {
        Some(jump) if !by_name.contains_key(jump.as_str()) => {
            let path = [path, &["jump"]].concat();
            let mut complaint = complain(&path, format!("jump through unknown host `{jump}`"));
            if let Some(name) = nearest(jump.as_str(), by_name.keys().copied()) {
                complaint = complaint.with_label(format!("did you mean `{name}`?"));
            }
            fail(complaint.with_help("a jump is the `name` of another host of this file"))
        }
        _ => Ok(()),
    })?;
    for (index, host) in hosts.iter().enumerate() {
        if let Some(circle) = circle(host, &by_name) {
            let message = format!("jumps go in a circle: {}", circle.join(" → "));
            let path = ["spec", "hosts", &index.to_string(), "ssh", "jump"];
            let help = "one of them must be reached without a jump";
            return fail(complain(&path, message).with_help(help));
        }
    }
    Ok(())
}

/// The way from a host through its jumps back to itself, if they lead there.
fn circle<'a>(host: &'a Host, by_name: &BTreeMap<&str, &'a Host>) -> Option<Vec<&'a str>> {
    let mut way = vec![host.name.as_str()];
    let mut here = host;
    while let Some(jump) = &here.login.jump {
        here = by_name.get(jump.as_str())?;
        let name = here.name.as_str();
        let is_back = name == host.name.as_str();
        // a circle further on is told by the hosts that are in it
        let is_other = way.contains(&name) && !is_back;
        way.push(name);
        match (is_back, is_other) {
            (true, _) => return Some(way),
            (_, true) => return None,
            _ => {}
        }
    }
    None
}

fn networks(file: &HostsFile, complain: Complain<'_>) -> Checked {
    let named = file.spec.networks.named();
    for (at, (name, network)) in named.iter().enumerate() {
        let before = named.iter().take(at);
        if let Some((other, _)) = before.clone().find(|(_, other)| other.overlaps(*network)) {
            let message = format!("the networks `{other}` and `{name}` overlap");
            let path = ["spec", "networks", name];
            let help = "what is sent to an address in both would be lost; choose another";
            return fail(complain(&path, message).with_help(help));
        }
    }
    for (index, entry) in file.spec.hosts.iter().enumerate() {
        let Some(ip) = entry.address.ip() else {
            continue;
        };
        if let Some((name, network)) = named.iter().find(|(_, network)| network.contains(ip)) {
            let message = format!(
                "`{ip}` of host `{}` lies in the network of {name}, `{network}`",
                entry.name
            );
            let path = ["spec", "hosts", &index.to_string(), "address"];
            let help = format!("set `spec.networks.{name}` to one that no host is in");
            return fail(complain(&path, message).with_help(help));
        }
    }
    Ok(())
}

/// nginx tells who may see what by the address at which it is asked.
fn sides(hosts: &[Host], complain: Complain<'_>) -> Checked {
    for (index, host) in hosts.iter().enumerate() {
        let Some(public) = host.public else {
            continue;
        };
        let path = ["spec", "hosts", &index.to_string(), "public"];
        if !host.has(HostRole::LoadBalancer) {
            let message = format!(
                "`{}` is no load balancer, and has no public side",
                host.name
            );
            let help = "leave `public` out, or give it the role `load-balancer`";
            return fail(complain(&path, message).with_help(help));
        }
        if host.address.ip() == Some(public) {
            let message = format!("`{}` has one address for both of its sides", host.name);
            let help = "everybody would reach what only the VPN is to: give it another address";
            return fail(complain(&path, message).with_help(help));
        }
    }
    Ok(())
}

/// RKE2 counts its own releases of a version of Kubernetes: `1.34.1+rke2r1`.
fn version(file: &HostsFile, complain: Complain<'_>) -> Checked {
    let kubernetes = &file.spec.kubernetes;
    let version = &kubernetes.version;
    let is_of_rke2 = version.contains("+rke2r");
    let wants_rke2 = kubernetes.distribution == Distribution::Rke2;
    if is_of_rke2 == wants_rke2 {
        return Ok(());
    }
    let (message, help) = match wants_rke2 {
        true => (
            format!("`{version}` is no version of RKE2"),
            "write it as `rke2 --version` does, without `v`, such as `1.34.1+rke2r1`",
        ),
        false => (
            format!("`{version}` is a version of RKE2"),
            "set `distribution: rke2` beside it",
        ),
    };
    fail(complain(&["spec", "kubernetes", "version"], message).with_help(help))
}

fn mesh(file: &HostsFile, complain: Complain<'_>) -> Checked {
    let port = file.spec.mesh.as_ref().map(|mesh| mesh.port);
    if port == Some(0) {
        let message = "no tunnel begins at port 0".to_owned();
        return fail(complain(&["spec", "mesh", "port"], message));
    }
    if port.is_some() && file.spec.kubernetes.distribution == Distribution::Rke2 {
        let message = "the network plugin of RKE2 makes its own way between nodes".to_owned();
        let help = "leave `mesh` out";
        return fail(complain(&["spec", "mesh"], message).with_help(help));
    }
    Ok(())
}

fn time(file: &HostsFile, complain: Complain<'_>) -> Checked {
    let time = &file.spec.time;
    if time.sync || time.servers.is_empty() {
        return Ok(());
    }
    let message = "`servers` are named, and nothing is to follow them".to_owned();
    let help = "leave out `sync: false`, or the servers";
    fail(complain(&["spec", "time", "servers"], message).with_help(help))
}

fn roles(hosts: &[Host], complain: Complain<'_>) -> Checked {
    let is_cluster = hosts.iter().any(|host| host.has(HostRole::ControlPlane));
    if is_cluster {
        return Ok(());
    }
    let message = "no host has the role `control-plane`".to_owned();
    let help = "give it to one host, or to three (or five) so that one (or two) may fail";
    fail(complain(&["spec", "hosts"], message).with_help(help))
}

fn fail(complaint: Complaint) -> Checked {
    Err(Box::new(complaint))
}

#[cfg(test)]
mod tests;
