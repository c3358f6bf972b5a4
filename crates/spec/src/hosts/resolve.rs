//! Hosts with the defaults of their file in place.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::path::PathBuf;

use serde::Serialize;

use super::{Address, Defaults, HostEntry, HostRole, HostsFile, HostsSpec, Taint};
use crate::environment::secret::SecretSource;
use crate::name::Label;

/// Where SSH listens by itself.
const PORT: u16 = 22;

/// One host with everything that holds for it.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Host {
    /// Name.
    pub name: Label,
    /// Where it answers.
    pub address: Address,
    /// Where everybody may enter, of a load balancer.
    pub public: Option<IpAddr>,
    /// The address for what is inside that it shares with other load balancers.
    pub shared: Option<IpAddr>,
    /// What it is for; never empty.
    pub roles: BTreeSet<HostRole>,
    /// Whether other hosts set their clocks by it.
    pub serves_time: bool,
    /// Failure zone.
    pub zone: Option<Label>,
    /// How it is reached.
    pub login: Login,
    /// Labels of the node.
    pub labels: BTreeMap<String, String>,
    /// Taints of the node.
    pub taints: Vec<Taint>,
}

/// How a host is reached.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Login {
    /// User; none is whoever runs mosipctl.
    pub user: Option<String>,
    /// Port.
    pub port: u16,
    /// File of the private key.
    pub key: Option<PathBuf>,
    /// Its passphrase.
    #[serde(skip)]
    pub passphrase: Option<SecretSource>,
    /// Name of the host to jump through.
    pub jump: Option<Label>,
}

impl Host {
    /// Whether it has the role.
    pub fn has(&self, role: HostRole) -> bool {
        self.roles.contains(&role)
    }

    /// Whether this is its name or its address.
    pub fn is_called(&self, name: &Address) -> bool {
        is_called(&self.name, &self.address, name)
    }

    /// Whether it is a node of a Kubernetes cluster.
    pub fn is_node(&self) -> bool {
        self.roles.iter().any(|role| role.is_node())
    }
}

impl HostsFile {
    /// Every host with the defaults in place, in the order of the file.
    pub fn hosts(&self) -> Vec<Host> {
        let before = self.before_the_jump();
        let hosts = self.spec.hosts.iter();
        hosts
            .map(|entry| resolved(entry, &self.spec, &before))
            .collect()
    }

    /// The hosts that lie before the jump of the defaults, which cannot be for them: that host, and those it is reached through.
    fn before_the_jump(&self) -> BTreeSet<&Label> {
        let mut before = BTreeSet::new();
        let mut next = self.spec.defaults.ssh.jump.as_ref();
        while let Some(name) = next.filter(|name| before.insert(*name)) {
            let entry = self.spec.hosts.iter().find(|entry| entry.name == *name);
            next = entry.and_then(|entry| entry.ssh.jump.as_ref());
        }
        before
    }
}

fn resolved(entry: &HostEntry, spec: &HostsSpec, before: &BTreeSet<&Label>) -> Host {
    let defaults = &spec.defaults;
    let roles = [&entry.roles, &defaults.roles]
        .into_iter()
        .find(|roles| !roles.is_empty());
    let roles = roles.cloned();
    let roles = roles.unwrap_or_else(|| BTreeSet::from([HostRole::Worker]));
    let shared = spec.virtual_addresses.as_ref();
    let shared = shared.filter(|_| roles.contains(&HostRole::LoadBalancer));
    Host {
        name: entry.name.clone(),
        address: entry.address.clone(),
        public: entry.public.or(shared.and_then(|shared| shared.public)),
        shared: shared.map(|shared| shared.internal),
        roles,
        serves_time: serves_time(entry, spec),
        zone: entry.zone.as_ref().or(defaults.zone.as_ref()).cloned(),
        login: login(entry, defaults, before),
        labels: entry.labels.clone(),
        taints: entry.taints.clone(),
    }
}

fn serves_time(entry: &HostEntry, spec: &HostsSpec) -> bool {
    let mut servers = spec.time.servers.iter();
    servers.any(|server| is_called(&entry.name, &entry.address, server))
}

fn is_called(name: &Label, address: &Address, called: &Address) -> bool {
    called == address || called.as_str() == name.as_str()
}

fn login(entry: &HostEntry, defaults: &Defaults, before: &BTreeSet<&Label>) -> Login {
    let (own, general) = (entry.ssh.clone(), &defaults.ssh);
    let jump = general.jump.clone();
    // a passphrase belongs to the file it was given with
    let passphrase = match own.key {
        Some(_) => own.passphrase,
        None => own.passphrase.or_else(|| general.passphrase.clone()),
    };
    Login {
        user: own.user.or_else(|| general.user.clone()),
        port: own.port.or(general.port).unwrap_or(PORT),
        key: own.key.or_else(|| general.key.clone()),
        passphrase,
        jump: own
            .jump
            .or_else(|| jump.filter(|_| !before.contains(&entry.name))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Document;

    fn hosts(spec: &str) -> Vec<Host> {
        let text = format!("apiVersion: mosipctl.io/v1alpha1\nkind: Hosts\nspec:\n{spec}");
        let document = Document {
            name: "hosts.yaml",
            text: &text,
        };
        let file = HostsFile::read(&document);
        file.unwrap_or_else(|complaint| panic!("{} {complaint}", complaint.position()))
            .hosts()
    }

    const ONE: &str = "    - {name: cp1, address: 10.0.0.1, roles: [control-plane]}\n";

    #[test]
    fn a_host_that_says_nothing_is_a_worker_on_port_22() {
        let hosts = hosts(&format!(
            "  hosts:\n{ONE}    - {{name: w1, address: 10.0.0.2}}\n"
        ));
        assert!(hosts[1].has(HostRole::Worker) && hosts[1].is_node());
        assert_eq!(hosts[1].login.port, 22);
        assert_eq!(hosts[1].login.user, None);
    }

    #[test]
    fn a_host_overrides_the_defaults_one_by_one() {
        let hosts = hosts(&format!(
            "  defaults: {{zone: a, roles: [storage], ssh: {{user: mosip, port: 2222}}}}\n  hosts:\n{ONE}    - {{name: s1, address: 10.0.0.2, zone: b, ssh: {{user: root}}}}\n"
        ));
        let (first, second) = (&hosts[0], &hosts[1]);
        assert_eq!(first.login.user.as_deref(), Some("mosip"));
        assert_eq!(second.login.user.as_deref(), Some("root"));
        assert_eq!(second.login.port, 2222);
        assert_eq!(second.zone.as_ref().map(Label::as_str), Some("b"));
        assert!(second.has(HostRole::Storage) && !second.is_node());
        assert!(!first.has(HostRole::Storage));
    }

    #[test]
    fn the_jump_of_the_defaults_is_not_for_the_hosts_before_it() {
        let hosts = hosts(&format!(
            "  defaults: {{ssh: {{jump: inner}}}}\n  hosts:\n{ONE}    - {{name: inner, address: 10.0.0.2, roles: [bastion], ssh: {{jump: outer}}}}\n    - {{name: outer, address: 10.0.0.3, roles: [bastion]}}\n"
        ));
        let jumps: Vec<Option<&str>> = hosts
            .iter()
            .map(|host| host.login.jump.as_ref().map(Label::as_str))
            .collect();
        assert_eq!(jumps, [Some("inner"), Some("outer"), None]);
    }

    #[test]
    fn a_host_serves_time_that_is_named_by_its_name_or_its_address() {
        let hosts = hosts(&format!(
            "  time: {{servers: [w1, 10.0.0.3, ntp.example.org]}}\n  hosts:\n{ONE}    - {{name: w1, address: 10.0.0.2}}\n    - {{name: w2, address: 10.0.0.3}}\n"
        ));
        let serving: Vec<bool> = hosts.iter().map(|host| host.serves_time).collect();
        assert_eq!(serving, [false, true, true]);
    }

    #[test]
    fn a_passphrase_stays_with_its_key() {
        let hosts = hosts(
            "  defaults: {ssh: {key: a, passphrase: {from: {env: A}}}}\n  hosts:\n    - {name: cp1, address: 10.0.0.1, roles: [control-plane]}\n    - {name: w1, address: 10.0.0.2, ssh: {key: b}}\n",
        );
        assert!(hosts[0].login.passphrase.is_some());
        assert!(hosts[1].login.passphrase.is_none());
    }
}
