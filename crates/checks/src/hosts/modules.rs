//! Modules of the kernel.

use mosipctl_hosts::facts::{Family, Module};
use mosipctl_spec::hosts::HostRole;

use super::Seen;
use super::gather::Verdict;

/// Without these no pod starts or none reaches another.
const NEEDED: [&str; 3] = ["overlay", "br_netfilter", "nf_conntrack"];

pub(super) fn judge(seen: &Seen<'_>) -> Option<Verdict> {
    let state = |name: &str| {
        seen.facts
            .modules
            .get(name)
            .copied()
            .unwrap_or(Module::Unknown)
    };
    let of_state = |wanted: Module| -> Vec<&str> {
        let names = NEEDED.iter().copied();
        names.filter(|name| state(name) == wanted).collect()
    };
    if seen.host.is_node() {
        let missing = of_state(Module::Missing);
        if !missing.is_empty() {
            return Some(Verdict::failed(
                format!("its kernel has no {}", missing.join(", ")),
                remedy(seen),
            ));
        }
        let unknown = of_state(Module::Unknown);
        return Some(match unknown.is_empty() {
            true => Verdict::well("the kernel has the modules of a cluster"),
            false => Verdict::untold(format!(
                "the host does not tell whether its kernel has {}",
                unknown.join(", ")
            )),
        });
    }
    let is_way_in = seen.host.has(HostRole::Bastion);
    let lacks_tunnel = is_way_in
        && state("wireguard") == Module::Missing
        && !seen.facts.programs.contains_key("wireguard-go");
    lacks_tunnel.then(|| {
        Verdict::warning(
            "its kernel has no wireguard",
            "take a newer kernel, or install `wireguard-go`, which does the same slower",
        )
    })
}

/// From release 10 on, RHEL keeps `br_netfilter` and what iptables needs of the kernel in a package that its images have not
/// (kubernetes/kops, pull request 18724). It has to be that of the kernel that runs: a newer one counts after a start.
fn remedy(seen: &Seen<'_>) -> String {
    match seen.facts.os.family() {
        Some(Family::Rhel) => format!(
            "`dnf install kernel-modules-extra-{}` there; where no source has that one, `dnf install kernel kernel-modules-extra` and a reboot",
            seen.facts.kernel
        ),
        _ => "install the package of its kernel's modules (`linux-modules-extra-…`, `kernel-modules`), or take the distribution's own kernel".to_owned(),
    }
}
