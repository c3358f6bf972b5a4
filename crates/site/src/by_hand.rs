//! A cluster made by hand: plain SSH and short scripts, as a person would do it who knows how. It is the yardstick for whatever
//! makes clusters of hosts, and uses nothing of it.
//!
//! Control planes behind nginx, workers, a bridge and routes for pods, kube-proxy with nftables. Everything is done on all hosts at
//! a time as far as kubeadm bears it. Left out is what nobody waits for: firewalls, hardening, storage, undo.

mod phase;
mod work;

pub use phase::{Phase, total};

use mosipctl_artefact::Program;

use crate::error::SiteError;
use crate::layout::Host;
use crate::offline::Offline;
use crate::run::output;
use crate::site::Site;
use phase::Clock;
use work::{EDGE, IMPORT, NODE, PACKAGES};

/// What a node installs.
const OF_NODES: [&str; 6] = [
    "containerd",
    "runc",
    "containernetworking-plugins",
    "iptables",
    "conntrack",
    "ethtool",
];
/// What the host before them installs.
const OF_EDGE: [&str; 2] = ["nginx-light", "libnginx-mod-stream"];

/// A cluster to be made of a site's hosts.
pub struct ByHand<'a> {
    site: &'a Site,
    files: &'a Offline,
    edge: &'a Host,
    control_planes: Vec<&'a Host>,
    first: &'a Host,
    nodes: Vec<&'a Host>,
}

impl<'a> ByHand<'a> {
    /// Of this site's hosts, with these files.
    ///
    /// # Errors
    /// The site has no load balancer or no control plane: three hosts are the least.
    pub fn new(site: &'a Site, files: &'a Offline) -> Result<Self, SiteError> {
        let edges = with_role(site, "load-balancer");
        let control_planes = with_role(site, "control-plane");
        let (Some(edge), Some(first)) = (edges.first(), control_planes.first()) else {
            return Err(SiteError::Unfit {
                reason: "a cluster by hand needs a load balancer and a control plane".to_owned(),
            });
        };
        let workers = with_role(site, "worker");
        Ok(Self {
            site,
            files,
            edge,
            first,
            nodes: control_planes.iter().copied().chain(workers).collect(),
            control_planes,
        })
    }

    /// Brings what is needed onto the hosts: packages, programs, images.
    ///
    /// # Errors
    /// A host refuses something.
    pub fn bring(&self, tell: &dyn Fn(&str)) -> Result<Vec<Phase>, SiteError> {
        let mut clock = Clock::start(tell);
        self.on_all(|host| match host == self.edge {
            true => self.script(host, PACKAGES, &OF_EDGE),
            false => self.script(host, PACKAGES, &OF_NODES),
        })?;
        clock.lap("packages installed");
        self.on(&self.nodes, |host| self.upload(host))?;
        clock.lap("files uploaded");
        self.on(&self.nodes, |host| self.script(host, IMPORT, &[]))?;
        clock.lap("images imported");
        Ok(clock.phases())
    }

    /// Makes the cluster, until every node is ready and its names are answered.
    ///
    /// # Errors
    /// A host refuses something, or a node does not become ready.
    pub fn make(&self, tell: &dyn Fn(&str)) -> Result<Vec<Phase>, SiteError> {
        let mut clock = Clock::start(tell);
        let addresses = self
            .control_planes
            .iter()
            .map(|host| host.address.to_string());
        let addresses: Vec<String> = addresses.collect();
        let addresses: Vec<&str> = addresses.iter().map(String::as_str).collect();
        self.on_all(|host| match host == self.edge {
            true => self.script(host, EDGE, &addresses),
            false => self.script(host, NODE, &[Program::Kubeadm.version()]),
        })?;
        clock.lap("hosts prepared");
        let ticket = self.init()?;
        clock.lap("first control plane");
        let parts = self.on(&self.nodes, |host| {
            if host != self.first {
                self.join(host, &ticket)?;
            }
            self.network(host)
        })?;
        clock.lap("all joined");
        self.routes(&parts)?;
        clock.lap("pods' routes");
        self.kubectl(&["wait", "--for=condition=Ready", "node", "--all", WAIT])?;
        clock.lap("all nodes ready");
        self.kubectl(&[
            "-n",
            "kube-system",
            "rollout",
            "status",
            "deployment/coredns",
            WAIT,
        ])?;
        clock.lap("names answered");
        Ok(clock.phases())
    }

    /// `kubectl` on the first control plane, as who may do everything; gives what it prints.
    ///
    /// # Errors
    /// It fails.
    pub fn kubectl(&self, arguments: &[&str]) -> Result<String, SiteError> {
        let mut command = self.site.ssh(self.first);
        command.arg("sudo kubectl --kubeconfig /etc/kubernetes/admin.conf");
        command.args(arguments.iter().map(|argument| quoted(argument)));
        output("ask the cluster", &mut command)
    }
}

/// How long a node may take; alone on a machine it takes ten seconds.
const WAIT: &str = "--timeout=180s";

fn with_role<'a>(site: &'a Site, role: &str) -> Vec<&'a Host> {
    let has = |host: &&Host| host.roles.iter().any(|own| own == role);
    site.hosts().iter().filter(has).collect()
}

/// A word for the host's shell, which reads what SSH brings it.
fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_reads_a_quoted_word_as_it_was() {
        for word in ["{.items[*]}", "it's", "a b", "$HOME"] {
            let mut command = std::process::Command::new("sh");
            command.args(["-c", &format!("printf %s {}", quoted(word))]);
            assert_eq!(output("quote", &mut command).unwrap(), word);
        }
    }
}
