//! Cores, memory and disk.

use mosipctl_spec::hosts::HostRole;

use super::gather::Verdict;
use super::{Seen, bytes};

const GIB: u64 = 1 << 30;
/// A machine of 32 GB tells less: the kernel keeps some for itself.
const TOLERANCE: f64 = 0.9;
/// Where images, logs and volumes lie on a node.
const DATA: &str = "/var/lib";
/// What images and logs need, however small the disk.
const FREE: u64 = 19 * GIB;
/// The kubelet throws images away, then pods out, when less than this share of the disk is free (its own default, `imagefs.available`).
const FREE_PERCENT: u64 = 15;

/// What a role takes.
struct Need {
    /// Below this it does not work at all: cores and memory that kubeadm asks of a control plane, and what lets a node start.
    least: (u32, u64),
    /// Cores, memory and disk of the official guide for on-prem (seed 2340-2365 of the sizing facts).
    guide: (u32, u64, u64),
}

fn need(role: HostRole) -> Need {
    let node = (12, 32 * GIB, 128 * GIB);
    let (least, guide) = match role {
        HostRole::ControlPlane => ((2, 1700 << 20), node),
        HostRole::Worker => ((1, 2 * GIB), node),
        HostRole::Observation => ((2, 4 * GIB), (2, 8 * GIB, 32 * GIB)),
        HostRole::LoadBalancer | HostRole::Storage => ((1, GIB / 2), (2, 4 * GIB, 16 * GIB)),
        HostRole::Bastion => ((1, GIB / 2), (2, 4 * GIB, 8 * GIB)),
    };
    Need { least, guide }
}

/// Judges by the role that takes most.
pub(super) fn judge(seen: &Seen<'_>) -> Option<Verdict> {
    let facts = seen.facts;
    let needs: Vec<Need> = seen.host.roles.iter().map(|role| need(*role)).collect();
    let least = needs.iter().map(|need| need.least).reduce(most)?;
    let guide = needs.iter().map(|need| need.guide).max()?;
    let disk = facts.disk_of(DATA);
    let (size, free) = disk.map_or((0, 0), |disk| (disk.size, disk.free));
    let has = format!(
        "{} cores, {} of memory, {} of disk with {} free",
        facts.cpus,
        bytes(facts.memory.total),
        bytes(size),
        bytes(free)
    );
    let (cores, memory) = least;
    if facts.cpus < cores || facts.memory.total < memory {
        let detail = format!(
            "{has}: at least {cores} cores and {} are needed",
            bytes(memory)
        );
        return Some(Verdict::failed(detail, "give it more, or another role"));
    }
    let needed = FREE.max(size / 100 * FREE_PERCENT);
    if seen.host.is_node() && free < needed {
        let why = match needed > FREE {
            true => format!(
                "the kubelet throws out images, then pods, when less than {} ({FREE_PERCENT} %) are free",
                bytes(needed)
            ),
            false => format!("images and logs need {} there", bytes(needed)),
        };
        let detail = format!("{has} at {DATA}: {why}");
        let remedy = format!("make room, or mount a larger disk at {DATA}");
        return Some(Verdict::failed(detail, remedy));
    }
    let enough = |has: u64, wanted: u64| has as f64 >= wanted as f64 * TOLERANCE;
    let (cores, memory, disk) = guide;
    if facts.cpus < cores || !enough(facts.memory.total, memory) || !enough(size, disk) {
        let detail = format!(
            "{has}: the official guide has {cores} cores, {} and {}",
            bytes(memory),
            bytes(disk)
        );
        let remedy = "enough to try; `mosipctl size` says what your workload takes";
        return Some(Verdict::warning(detail, remedy));
    }
    Some(Verdict::well(
        "cores, memory and disk as in the official guide",
    ))
}

fn most(one: (u32, u64), other: (u32, u64)) -> (u32, u64) {
    (one.0.max(other.0), one.1.max(other.1))
}
