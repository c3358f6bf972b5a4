//! RKE2, by its official tarballs and without a way out: what is in them is brought, and nothing else.
//!
//! Source of names and places: RKE2's documentation (air-gap install, server and agent configuration, backup and restore, certificates).

use std::time::Duration;

use async_trait::async_trait;
use mosipctl_hosts::{Command, FileOnHost};
use mosipctl_plan::Risk;
use mosipctl_spec::hosts::{Host, HostRole, SUPERVISOR, Snapshots};
use serde_json::{Value, json};

use super::{Distribution, Node};
use crate::cluster::ControlPlanes;
use crate::error::OnpremError;
use crate::etcd;
use crate::files::Pinned;
use crate::item::{HEAD, Item, Script};
use crate::node;
use crate::traits::Traits;
use crate::work::{Found, Join, Task, Work, fact};

/// RKE2 brings its own runtime, kubelet and plugins; openssl says when its certificates end.
const PACKAGES: [&str; 5] = ["iproute2", "iptables", "kmod", "nftables", "openssl"];
/// Where it reads what it is told, and what a host that joins is told beside it.
const CONFIGURATION: &str = "/etc/rancher/rke2/config.yaml";
/// Where it looks for archives of images whenever it starts.
const IMAGES: &str = "/var/lib/rancher/rke2/agent/images";
/// Where its tarball stays: by it a second look knows what is unpacked.
const TARBALL: &str = "/var/lib/mosipctl/rke2";
/// Each control plane asks its own API server. Whoever deletes a node makes RKE2 take its member out of etcd.
const FUNCTIONS: &str = "PATH=$PATH:/usr/local/bin:/var/lib/rancher/rke2/bin; export KUBECONFIG=/etc/rancher/rke2/rke2.yaml; ";
const FORGET: &str = "kubectl delete node/NODE --ignore-not-found > /dev/null";
/// It loads all archives of images before it runs anything.
const PATIENCE: Duration = Duration::from_secs(900);
const START: &str = include_str!("rke2/start.sh");
const UNPACKED: &str = include_str!("rke2/unpacked.sh");
const UNPACK: &str = include_str!("rke2/unpack.sh");
const OTHER: &str = include_str!("rke2/other.sh");
const RESTART: &str = include_str!("rke2/restart.sh");
const SNAPSHOT: &str = include_str!("rke2/snapshot.sh");
const OLD: &str = include_str!("rke2/certificates-old.sh");
const UNPROVEN: &str = "RKE2 was never run by mosipctl: its programs were not to be had where this was built. Try it on hosts that you can lose";

/// RKE2, the successor of the RKE that MOSIP's guide uses.
#[derive(Debug)]
pub(super) struct Rke2;

#[async_trait]
impl Distribution for Rke2 {
    fn functions(&self) -> &'static str {
        FUNCTIONS
    }

    fn packages(&self) -> &'static [&'static str] {
        &PACKAGES
    }

    fn prepared(&self, node: &Node<'_>) -> Result<Vec<Work>, OnpremError> {
        let images = images(node);
        let mut works = vec![node::kernel(node.host, node.traits)];
        works.extend(images);
        works.push(programs(node)?);
        Ok(works)
    }

    fn found(&self, _: &Found) -> Command {
        Command::script("start the first server", START, ["server"])
    }

    async fn join(
        &self,
        control_planes: &ControlPlanes,
        _: &str,
        join: &Join,
    ) -> Result<Command, OnpremError> {
        let (role, line) = match join.control_plane.is_some() {
            // what is in etcd is sealed with it, so another server needs the token itself
            true => ("server", "cat /var/lib/rancher/rke2/server/token"),
            false => ("agent", "rke2 token create --ttl 20m"),
        };
        let what = "ask for what lets a host join";
        let token = control_planes
            .ask(what, line, Duration::from_secs(60))
            .await?;
        let more = json!({
            "server": format!("https://{}:{SUPERVISOR}", join.host()),
            "token": token.trim(),
        });
        let command = Command::script("join the cluster", START, [role]);
        Ok(command.input(format!("{more}\n")))
    }

    fn patience(&self) -> Duration {
        PATIENCE
    }

    fn goes_on(&self) -> bool {
        true
    }

    fn asks_etcd(&self) -> bool {
        false
    }

    fn has_network(&self) -> bool {
        true
    }

    fn forget(&self) -> &'static str {
        FORGET
    }

    fn kept(&self, host: &Host, snapshots: &Snapshots, one_by_one: &str) -> Vec<Work> {
        let renew = renewed(host);
        match host.has(HostRole::ControlPlane) {
            true => vec![
                etcd::snapshots(host.name.as_str(), SNAPSHOT, snapshots),
                renew.excluding(one_by_one),
            ],
            false => vec![renew],
        }
    }

    fn unproven(&self) -> Option<&'static str> {
        Some(UNPROVEN)
    }
}

/// All archives, where RKE2 finds them.
fn images(node: &Node<'_>) -> Option<Work> {
    let name = node.host.name.as_str();
    let all = node.files.images.iter().map(|(archive, _)| archive);
    let all = all.chain(&node.files.packed);
    let all = all.filter(|archive| is_for(archive, machine(node.traits)));
    let items: Vec<Item> = all
        .map(|archive| {
            let file = archive.path.file_name().unwrap_or_default();
            let path = format!("{IMAGES}/{}", file.to_string_lossy());
            Item::Program(archive.at(path, 0o600))
        })
        .collect();
    let title = format!("bring {} archives of images to {name}", items.len());
    let seconds = 5 * items.len() as u64;
    (!items.is_empty())
        .then(|| Work::new(name, "images", title, Task::Items(items)).taking(seconds))
}

/// What it is told, its programs and units, and a restart when they are other ones than those that run.
fn programs(node: &Node<'_>) -> Result<Work, OnpremError> {
    let name = node.host.name.as_str();
    let file = format!("rke2.linux-{}.tar.gz", machine(node.traits));
    let pinned = node.files.programs.get(&file);
    let pinned = pinned.ok_or_else(|| OnpremError::Lacking {
        what: format!("`programs/{file}`"),
    })?;
    let path = format!("{TARBALL}/{file}");
    let script = |text: &str| {
        text.replace("@TARBALL@", &path)
            .replace("@VERSION@", &node.cluster.version)
            .replace("@SHA256@", &pinned.sha256)
            .replace("@ROLE@", role(node.host))
    };
    let items = vec![
        Item::File(FileOnHost::new(CONFIGURATION, configuration(node)).mode(0o600)),
        Item::Program(pinned.at(path.clone(), 0o600)),
        Item::Script(Script {
            what: "unpack RKE2".to_owned(),
            check: script(UNPACKED),
            run: script(UNPACK),
        }),
        Item::Script(Script {
            what: "let RKE2 run as it is now".to_owned(),
            check: script(OTHER),
            run: script(RESTART),
        }),
    ];
    let title = format!("bring RKE2 to {name}");
    let work = Work::new(name, "programs", title, Task::Items(items));
    // no kubelet may be newer than the API servers
    let work = match node.host.has(HostRole::ControlPlane) {
        true => work.excluding(node.one_by_one),
        false => work.needing(node.servers.iter().map(|server| fact(server, "programs"))),
    };
    Ok(work
        .after(&["packages"])
        .taking(5)
        .at_risk(Risk::Disruptive))
}

/// RKE2 renews certificates whenever it starts, those of an agent with what logs it in: once they have ended, its token has, too.
fn renewed(host: &Host) -> Work {
    let renew = Script {
        what: "renew its certificates".to_owned(),
        check: OLD.to_owned(),
        run: format!("systemctl restart rke2-{}", role(host)),
    };
    etcd::renewed(host.name.as_str(), renew)
}

fn role(host: &Host) -> &'static str {
    match host.has(HostRole::ControlPlane) {
        true => "server",
        false => "agent",
    }
}

/// The kind of machine in names of RKE2's archives.
fn machine(traits: &Traits) -> &str {
    match traits.architecture.as_str() {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    }
}

/// Whether an archive of images is for a kind of machine. One that names none is for all.
fn is_for(archive: &Pinned, machine: &str) -> bool {
    let name = archive.path.file_name().unwrap_or_default();
    let name = name.to_string_lossy();
    let named = name.split_once(".linux-");
    named.is_none_or(|(_, rest)| rest.split('.').next() == Some(machine))
}

/// What RKE2 is told on a node, as YAML that is JSON. No secret is in it.
fn configuration(node: &Node<'_>) -> String {
    let name = node.host.name.as_str();
    let mut all = json!({"node-name": name, "node-ip": node.address});
    if node.host.has(HostRole::ControlPlane) {
        of_server(&mut all, node);
    }
    format!("{HEAD}{all:#}\n")
}

fn of_server(all: &mut Value, node: &Node<'_>) {
    let cluster = node.cluster;
    let mut names = vec![cluster.endpoint.clone()];
    names.extend(
        cluster
            .names
            .iter()
            .filter(|name| **name != cluster.endpoint)
            .cloned(),
    );
    all["tls-san"] = json!(names);
    all["cluster-cidr"] = json!(cluster.networks.pods.to_string());
    all["service-cidr"] = json!(cluster.networks.services.to_string());
    all["cni"] = json!("canal");
    // Istio's gateways are the way in. RKE2 before 1.31 knows the second word alone, and brings traefik since 1.36 unless it is told the first
    all["ingress-controller"] = json!("none");
    all["disable"] = json!(["rke2-ingress-nginx"]);
    all["write-kubeconfig-mode"] = json!("0600");
    // ours are taken by a timer, as with every distribution
    all["etcd-disable-snapshots"] = json!(true);
    all["etcd-snapshot-dir"] = json!("/var/backups/mosipctl");
    if !node.host.has(HostRole::Worker) {
        all["node-taint"] = json!(["node-role.kubernetes.io/control-plane=:NoSchedule"]);
    }
}

#[cfg(test)]
mod tests;
