//! A site, and its hosts as the driver knows them.

use std::future::Future;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use mosipctl_firewall::{Circumstances, Wall};
use mosipctl_hosts::{Hosts, Keys, KnownHosts, Settings, Target};
use mosipctl_site::{Site, SiteSettings, USER, lacks};
use mosipctl_spec::Document;
use mosipctl_spec::hosts::HostsFile;

/// A load balancer that is the bastion, a control plane and a worker behind it. This machine is the admin.
const FILE: &str = "apiVersion: mosipctl.io/v1alpha1
kind: Hosts
spec:
  defaults: {ssh: {user: admin, jump: lb1}}
  access: {admins: [10.88.0.1/32]}
  hosts:
    - {name: lb1, address: 10.88.0.11, roles: [load-balancer, bastion, storage]}
    - {name: cp1, address: 10.88.0.12, roles: [control-plane]}
    - {name: w1, address: 10.88.0.13}
";

/// A site of three; none when this machine cannot have it.
pub(crate) fn site() -> Option<Site> {
    if let Some(reason) = lacks() {
        eprintln!("skipped: {reason}");
        return None;
    }
    let settings = SiteSettings::for_test(3).unwrap();
    Some(Site::up(&settings, &|_| {}).unwrap())
}

/// The hosts file.
pub(crate) fn file() -> HostsFile {
    let document = Document {
        name: "hosts.yaml",
        text: FILE,
    };
    HostsFile::read(&document).unwrap_or_else(|complaint| panic!("{complaint}"))
}

/// The rule set of a host.
pub(crate) fn rules(name: &str) -> String {
    let wall = Wall::new(&file(), Circumstances::default()).unwrap();
    let mut hosts = wall.hosts().iter();
    wall.rules(hosts.find(|host| host.name.as_str() == name).unwrap())
}

/// A rule set that lets nobody in.
pub(crate) const CLOSED: &str = "table inet mosipctl
delete table inet mosipctl
table inet mosipctl {
  chain input {
    type filter hook input priority filter; policy drop;
    iif lo accept
  }
}
";

/// The hosts of a site, with their keys pinned.
pub(crate) async fn hosts(site: &Site) -> Hosts {
    let targets = file().hosts().into_iter().map(|host| Target {
        name: host.name.to_string(),
        address: host.address.to_string(),
        port: 22,
        user: USER.to_owned(),
        keys: Keys::File {
            path: site.key(),
            passphrase: None,
        },
        jump: host.login.jump.map(|jump| jump.to_string()),
    });
    let known = known(site.hosts_file().parent().unwrap());
    let hosts = Hosts::new(targets.collect(), Settings::new(Arc::new(known)));
    for target in hosts.targets() {
        let key = hosts.key(&target.name).await.unwrap();
        hosts.known().pin(target, key).unwrap();
    }
    hosts
}

fn known(folder: &Path) -> KnownHosts {
    let file = format!("pinned-{}", std::process::id());
    KnownHosts::open(&folder.join(file)).unwrap()
}

/// Runs something in the network of a site.
pub(crate) fn inside<T: Send, F: Future<Output = T>>(
    site: &Site,
    work: impl FnOnce() -> F + Send,
) -> T {
    let run = || tokio::runtime::Runtime::new().unwrap().block_on(work());
    site.inside(run).unwrap()
}

/// What a host says to a command, by the system's own ssh; none when nobody answers.
pub(crate) fn says(site: &Site, name: &str, command: &str) -> Option<String> {
    says_within(site, name, command, "20")
}

/// Whether a host lets us in at once.
pub(crate) fn answers(site: &Site, name: &str) -> bool {
    says_within(site, name, "true", "4").is_some()
}

fn says_within(site: &Site, name: &str, command: &str, seconds: &str) -> Option<String> {
    let own = site.ssh(site.host(name).unwrap());
    // a session that is open when nobody gets in any more would wait for ever
    let mut ssh = Command::new("timeout");
    ssh.args(["-k", "1", seconds]);
    ssh.arg(own.get_program()).args(own.get_args());
    let output = ssh.arg(command).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    output.status.success().then_some(text)
}

/// Waits until a host says that.
pub(crate) fn until_says(site: &Site, name: &str, command: &str, expected: &str) {
    let started = std::time::Instant::now();
    while says(site, name, command).as_deref() != Some(expected) {
        assert!(started.elapsed().as_secs() < 60, "{command} on {name}");
    }
}
