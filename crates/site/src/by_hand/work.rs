//! The work on single hosts: a script over SSH each.

use std::path::Path;
use std::process::{Command, Stdio};

use mosipctl_artefact::Program;

use super::ByHand;
use crate::error::{AtPath, SiteError};
use crate::layout::Host;
use crate::run::{fed, reading};

pub(super) const PACKAGES: &str = include_str!("../scripts/by-hand/packages.sh");
pub(super) const IMPORT: &str = include_str!("../scripts/by-hand/import.sh");
pub(super) const EDGE: &str = include_str!("../scripts/by-hand/edge.sh");
pub(super) const NODE: &str = include_str!("../scripts/by-hand/node.sh");
const INIT: &str = include_str!("../scripts/by-hand/init.sh");
const JOIN: &str = include_str!("../scripts/by-hand/join.sh");
const NETWORK: &str = include_str!("../scripts/by-hand/network.sh");
const ROUTES: &str = include_str!("../scripts/by-hand/routes.sh");

/// Images of control planes alone; all others go to every node.
const OF_CONTROL_PLANES: [&str; 4] = [
    "etcd",
    "kube-apiserver",
    "kube-controller-manager",
    "kube-scheduler",
];

/// Where programs and images lie on a host, as its scripts know.
const THERE: &str = "/srv/files";

/// What a host must know to join: lines for its script, which are secret and go over SSH's standard input and nowhere else.
pub(super) struct Ticket(String);

impl ByHand<'_> {
    /// Does work on hosts at a time, and gives what each said, in their order.
    pub(super) fn on(
        &self,
        hosts: &[&Host],
        work: impl Fn(&Host) -> Result<String, SiteError> + Sync,
    ) -> Result<Vec<String>, SiteError> {
        let work = &work;
        std::thread::scope(|scope| {
            let threads: Vec<_> = hosts
                .iter()
                .map(|host| scope.spawn(move || work(host)))
                .collect();
            let results = threads.into_iter().map(|thread| match thread.join() {
                Ok(result) => result,
                Err(panic) => std::panic::resume_unwind(panic),
            });
            results.collect()
        })
    }

    pub(super) fn on_all(
        &self,
        work: impl Fn(&Host) -> Result<String, SiteError> + Sync,
    ) -> Result<Vec<String>, SiteError> {
        let all: Vec<&Host> = self.nodes.iter().copied().chain([self.edge]).collect();
        self.on(&all, work)
    }

    /// Runs a script as root; gives what it prints.
    pub(super) fn script(
        &self,
        host: &Host,
        text: &str,
        arguments: &[&str],
    ) -> Result<String, SiteError> {
        let what = text.lines().nth(1).unwrap_or_default();
        let what = format!("do on {}: {}", host.name, what.trim_start_matches("# "));
        let mut command = self.site.ssh(host);
        command.arg("sudo sh -s --").args(arguments);
        fed(&what, &mut command, text)
    }

    /// Programs and the images that this host needs.
    pub(super) fn upload(&self, host: &Host) -> Result<String, SiteError> {
        let mut names = vec!["programs".to_owned()];
        let is_worker = !self.control_planes.contains(&host);
        for path in self.files.images()? {
            let name = path.file_stem().unwrap_or_default().to_string_lossy();
            if !(is_worker && OF_CONTROL_PLANES.contains(&&*name)) {
                names.push(format!("images/{name}.tar"));
            }
        }
        let mut pack = Command::new("tar");
        pack.arg("-C")
            .arg(self.files.folder())
            .arg("-c")
            .args(names);
        let mut pack = pack.stdout(Stdio::piped()).spawn().at(Path::new("tar"))?;
        let packed = pack.stdout.take().map_or_else(Stdio::null, Stdio::from);
        let mut unpack = self.site.ssh(host);
        unpack.arg(format!("sudo mkdir -p {THERE} && sudo tar -x -C {THERE}"));
        let what = format!("upload files to {}", host.name);
        let said = reading(&what, &mut unpack, packed)?;
        pack.wait().at(Path::new("tar"))?;
        Ok(said)
    }

    /// Begins the cluster on the first control plane.
    pub(super) fn init(&self) -> Result<Ticket, SiteError> {
        let own = self.first.address.to_string();
        let endpoint = self.edge.address.to_string();
        let arguments = [Program::Kubeadm.version(), &own, &endpoint];
        Ok(Ticket(self.script(self.first, INIT, &arguments)?))
    }

    pub(super) fn join(&self, host: &Host, ticket: &Ticket) -> Result<String, SiteError> {
        let is_control_plane = self.control_planes.contains(&host);
        let kind = if is_control_plane {
            "control-plane"
        } else {
            "worker"
        };
        let (endpoint, own) = (self.edge.address.to_string(), host.address.to_string());
        let script = JOIN.replace("# TICKET", &ticket.0);
        self.script(host, &script, &[kind, &endpoint, &own])
    }

    /// Gives a node's pods their network, and tells which part of it.
    pub(super) fn network(&self, host: &Host) -> Result<String, SiteError> {
        self.script(host, NETWORK, &[])
    }

    /// Tells each node the way to the pods of all others; `parts` are those of the nodes, in their order.
    pub(super) fn routes(&self, parts: &[String]) -> Result<(), SiteError> {
        let ways = self.nodes.iter().zip(parts).map(|(host, part)| {
            let way = format!("{}={}", part.trim(), host.address);
            (host.address, way)
        });
        let ways: Vec<_> = ways.collect();
        let routes = |host: &Host| {
            let others = ways.iter().filter(|(address, _)| *address != host.address);
            let others: Vec<&str> = others.map(|(_, way)| way.as_str()).collect();
            self.script(host, ROUTES, &others)
        };
        self.on(&self.nodes, routes).map(drop)
    }
}
