//! Distribution, kernel, control groups, swap.

use mosipctl_hosts::facts::{Cgroup, Family};

use super::gather::Verdict;
use super::{Seen, bytes};

/// The oldest kernel that kubeadm takes.
const LEAST: (u32, u32) = (4, 19);
/// From this on kube-proxy can use nftables.
const NFTABLES: (u32, u32) = (5, 13);

pub(super) fn distribution(seen: &Seen<'_>) -> Option<Verdict> {
    let (os, facts) = (&seen.facts.os, seen.facts);
    if facts.architecture != "x86_64" {
        let detail = format!("its architecture is {}", facts.architecture);
        let remedy = "take hosts of x86_64: the images of MOSIP are made for it alone";
        return Some(match seen.host.is_node() {
            true => Verdict::failed(detail, remedy),
            false => Verdict::warning(detail, remedy),
        });
    }
    if seen.host.is_node() && facts.init != "systemd" {
        let remedy =
            "take a distribution that starts with systemd: kubelet and runtime are its units";
        return Some(Verdict::failed("systemd does not run there", remedy));
    }
    Some(match os.family() {
        Some(Family::Debian) => Verdict::well(os.name.clone()),
        Some(family @ Family::Rhel) => Verdict::warning(
            format!(
                "unproven: `{}` is of {}, and none ran here",
                os.name,
                family.name()
            ),
            "try it with hosts that may be lost before those that may not",
        ),
        None => Verdict::warning(
            format!("`{}` is no system that was tried", os.name),
            "take Debian, Ubuntu or a relative of RHEL, or prepare it by hand",
        ),
    })
}

/// Whoever labels files and processes has to be told of a cluster.
pub(super) fn selinux(seen: &Seen<'_>) -> Option<Verdict> {
    let enforces = seen.facts.selinux.as_deref() == Some("Enforcing");
    (enforces && seen.host.is_node()).then(|| {
        Verdict::warning(
            "SELinux is enforcing, and containers may not reach what they mount from the host",
            "set `SELINUX=permissive` in /etc/selinux/config and `setenforce 0`, as kubeadm's documentation does, or bring a policy of your own",
        )
    })
}

pub(super) fn kernel(seen: &Seen<'_>) -> Option<Verdict> {
    if !seen.host.is_node() {
        return None;
    }
    let release = &seen.facts.kernel;
    let Some(version) = version(release) else {
        return Some(Verdict::untold(format!(
            "`{release}` is no number of a kernel"
        )));
    };
    let remedy = "take the present release of its distribution";
    Some(match version {
        version if version < LEAST => Verdict::failed(
            format!("kernel {release} is older than 4.19, which kubeadm asks for"),
            remedy,
        ),
        version if version < NFTABLES => Verdict::warning(
            format!("kernel {release} is too old for kube-proxy with nftables (5.13)"),
            remedy,
        ),
        _ => Verdict::well("the kernel is new enough"),
    })
}

fn version(release: &str) -> Option<(u32, u32)> {
    let mut numbers = release.split(|c: char| !c.is_ascii_digit());
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

pub(super) fn cgroup(seen: &Seen<'_>) -> Option<Verdict> {
    if !seen.host.is_node() {
        return None;
    }
    let remedy = "start it with `systemd.unified_cgroup_hierarchy=1` on the kernel's line, or take a newer release";
    Some(match seen.facts.cgroup {
        Cgroup::V2 => Verdict::well("control groups are of version 2"),
        Cgroup::V1 => Verdict::warning(
            "control groups are of version 1, which the kubelet takes only when it is told to (`failCgroupV1: false`)",
            remedy,
        ),
        Cgroup::None => Verdict::failed("no control groups are mounted", remedy),
    })
}

pub(super) fn swap(seen: &Seen<'_>) -> Option<Verdict> {
    if !seen.host.is_node() {
        return None;
    }
    Some(match seen.facts.memory.swap {
        0 => Verdict::well("swap is off"),
        swap => Verdict::warning(
            format!(
                "swap is on ({}), and the kubelet does not start with it",
                bytes(swap)
            ),
            "`mosipctl up` switches it off and takes it out of /etc/fstab: what needs it goes to another host",
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_release_of_a_kernel_begins_with_two_numbers() {
        assert_eq!(version("6.1.0-31-amd64"), Some((6, 1)));
        assert_eq!(version("4.18.0-553.el8.x86_64"), Some((4, 18)));
        assert_eq!(version("x"), None);
    }
}
