//! The names and places of each family.

use mosipctl_hosts::facts::Family;

use super::{Package, Places};

/// Docker's package holds runc and calls itself `containerd` and `runc` as well (docker/containerd-packaging, `rpm/containerd.spec`).
const DOCKER: &str = "Docker's repository for RHEL and CentOS (`docker-ce.repo`), or a mirror of it: RHEL itself has no containerd";
const EPEL: &str = "EPEL (package `epel-release`) where the release itself has none";

pub(super) const PACKAGES: [Package; 17] = [
    from("containerd", "containerd.io", DOCKER),
    from(
        "containernetworking-plugins",
        "containernetworking-plugins",
        "AppStream of releases 8 and 9; later ones may have none: take a mirror that has it",
    ),
    own("conntrack", "conntrack-tools"),
    own("ethtool", "ethtool"),
    own("iproute2", "iproute"),
    own("iptables", "iptables-nft"),
    own("kmod", "kmod"),
    own("nftables", "nftables"),
    own("nginx", "nginx"),
    own("libnginx-mod-stream", "nginx-mod-stream"),
    own("keepalived", "keepalived"),
    from("wireguard-tools", "wireguard-tools", EPEL),
    from(
        "wireguard-go",
        "wireguard-go",
        "no source of RHEL or EPEL: take a kernel with the module `wireguard`, as that of release 9",
    ),
    own("procps", "procps-ng"),
    own("nfs-kernel-server", "nfs-utils"),
    from("nfs-ganesha", "nfs-ganesha", GANESHA),
    from("nfs-ganesha-vfs", "nfs-ganesha-vfs", GANESHA),
];
const GANESHA: &str = "the repository of CentOS' Storage group (`centos-release-nfs-ganesha…`)";

/// Debian's come first: they count for whoever says nothing of itself. CNI plugins of the RHEL family lie in `libexec` as in the specs of
/// rpm distributions (pld-linux/containernetworking-plugins); containerd is told the folder, so what its package would use does not count.
pub(super) const PLACES: [Places; 2] = [
    Places {
        family: Family::Debian,
        cni: "/usr/lib/cni",
        nginx_modules: "/usr/lib/nginx/modules",
        chrony: "chrony",
    },
    Places {
        family: Family::Rhel,
        cni: "/usr/libexec/cni",
        nginx_modules: "/usr/lib64/nginx/modules",
        chrony: "chronyd",
    },
];

const fn own(debian: &'static str, rhel: &'static str) -> Package {
    Package {
        debian,
        rhel,
        source: None,
    }
}

const fn from(debian: &'static str, rhel: &'static str, source: &'static str) -> Package {
    Package {
        debian,
        rhel,
        source: Some(source),
    }
}
