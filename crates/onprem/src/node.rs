//! What makes a host fit to be a node.

use std::collections::BTreeMap;

use mosipctl_hosts::FileOnHost;
use mosipctl_plan::Risk;
use mosipctl_spec::hosts::{Host, HostRole};

use crate::error::OnpremError;
use crate::family;
use crate::files::{Files, Pinned};
use crate::item::{ImageOnHost, Item, Script};
use crate::kubeadm;
use crate::traits::Traits;
use crate::work::{Task, Work};

/// Packages of a node, by Debian's names.
// containerd brings runc; kubeadm and kube-proxy look for conntrack, ethtool, ip and nft
pub(crate) const PACKAGES: [&str; 8] = [
    "containerd",
    "containernetworking-plugins",
    "conntrack",
    "ethtool",
    "iproute2",
    "iptables",
    "kmod",
    "nftables",
];
/// Programs of a node.
const PROGRAMS: [&str; 3] = ["kubelet", "kubeadm", "kubectl"];
/// What a control plane has beside them: to know the members of etcd, and to keep what is in it.
const OF_ETCD: [&str; 2] = ["etcdctl", "etcdutl"];
/// Images that only a control plane runs.
const OF_CONTROL_PLANES: [&str; 4] = [
    "kube-apiserver",
    "kube-controller-manager",
    "kube-scheduler",
    "etcd",
];
/// Where archives lie until they are imported.
const ARCHIVES: &str = "/var/lib/mosipctl/archives";

/// Everything before a host becomes a node.
pub(crate) fn works(host: &Host, traits: &Traits, files: &Files) -> Result<Vec<Work>, OnpremError> {
    let mut works = vec![
        kernel(host, traits),
        runtime(host, traits, files),
        programs(host, files)?,
    ];
    works.extend(images(host, files));
    Ok(works)
}

/// Packages of a host, which are given by Debian's names.
pub(crate) fn packages(host: &Host, traits: &Traits, names: &[&str]) -> Work {
    let name = host.name.as_str();
    let mut items = vec![Item::Packages(family::names(traits.family, names))];
    // before anything lies there that a unit is to start
    items.extend(traits.selinux.programs());
    let title = format!("install packages on {name}");
    Work::new(name, "packages", title, Task::Items(items)).taking(8)
}

/// Modules, settings and swap.
pub(crate) fn kernel(host: &Host, traits: &Traits) -> Work {
    let name = host.name.as_str();
    let modules: Vec<String> = traits.modules.iter().cloned().collect();
    let mut values = BTreeMap::from([("net.ipv4.ip_forward".to_owned(), 1)]);
    if traits.has_bridge_filter {
        values.insert("net.bridge.bridge-nf-call-iptables".to_owned(), 1);
    }
    let mut items = Vec::new();
    if !modules.is_empty() {
        items.push(Item::Modules {
            name: "mosipctl".to_owned(),
            modules,
        });
    }
    items.extend([
        Item::Sysctls {
            name: "90-mosipctl".to_owned(),
            values,
        },
        Item::NoSwap,
    ]);
    let title = format!("set up the kernel of {name}");
    Work::new(name, "kernel", title, Task::Items(items)).after(&["packages"])
}

fn runtime(host: &Host, traits: &Traits, files: &Files) -> Work {
    let name = host.name.as_str();
    let text = kubeadm::containerd(traits, files.image("pause"));
    let items = vec![
        Item::File(FileOnHost::new("/etc/containerd/config.toml", text)),
        Item::Unit("containerd".to_owned()),
    ];
    let title = format!("run containerd on {name}");
    Work::new(name, "runtime", title, Task::Items(items))
        .after(&["packages"])
        .taking(2)
        .at_risk(Risk::Disruptive)
}

fn programs(host: &Host, files: &Files) -> Result<Work, OnpremError> {
    let name = host.name.as_str();
    let mut items = Vec::new();
    let of_etcd = OF_ETCD
        .into_iter()
        .filter(|_| host.has(HostRole::ControlPlane));
    for program in PROGRAMS.into_iter().chain(of_etcd) {
        let pinned = files.programs.get(program);
        let pinned = pinned.ok_or_else(|| OnpremError::Lacking {
            what: format!("program `{program}`"),
        })?;
        let path = format!("/usr/local/bin/{program}");
        items.push(Item::Program(pinned.at(path, 0o755)));
    }
    items.push(Item::File(FileOnHost::new(
        "/etc/systemd/system/kubelet.service",
        kubeadm::KUBELET_UNIT,
    )));
    // systemd reads units when it is told to; kubeadm starts this one
    items.push(Item::Script(Script {
        what: "enable kubelet".to_owned(),
        check: "[ \"$(systemctl show -p NeedDaemonReload --value kubelet)\" = no ] || echo 'kubelet has an old unit'; systemctl -q is-enabled kubelet 2> /dev/null || echo absent".to_owned(),
        run: "systemctl daemon-reload && systemctl -q enable kubelet".to_owned(),
    }));
    let title = format!("bring kubelet to {name}");
    let work = Work::new(name, "programs", title, Task::Items(items));
    Ok(work.taking(4).at_risk(Risk::Disruptive))
}

/// Archives of images: those that a control plane runs only where there is one.
fn images(host: &Host, files: &Files) -> Option<Work> {
    let name = host.name.as_str();
    let is_control_plane = host.has(HostRole::ControlPlane);
    let wanted = files.images.iter().filter(|(_, names)| {
        is_control_plane || !names.iter().all(|name| is_of_control_plane(name))
    });
    let items: Vec<Item> = wanted
        .map(|(archive, names)| image(archive, names))
        .collect();
    if items.is_empty() {
        return None;
    }
    let title = format!("bring {} images to {name}", items.len());
    let seconds = 1 + items.len() as u64;
    let work = Work::new(name, "images", title, Task::Items(items));
    Some(work.after(&["runtime"]).taking(seconds))
}

fn is_of_control_plane(image: &str) -> bool {
    let last = image.rsplit('/').next().unwrap_or_default();
    let word = last.split(':').next().unwrap_or_default();
    OF_CONTROL_PLANES.contains(&word)
}

fn image(archive: &Pinned, names: &[String]) -> Item {
    let file = archive.path.file_name().unwrap_or_default();
    let path = format!("{ARCHIVES}/{}", file.to_string_lossy());
    Item::Image(ImageOnHost {
        archive: archive.at(path, 0o600),
        names: names.to_vec(),
    })
}
