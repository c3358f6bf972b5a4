//! How many control planes there are, and where.

use std::collections::BTreeSet;

use mosipctl_spec::hosts::{Host, HostRole};

use crate::finding::{Check, Finding};

/// Judges the set of control planes. etcd works as long as more than half of its members do.
pub(super) fn judge(hosts: &[&Host]) -> Finding {
    let planes: Vec<&&Host> = hosts
        .iter()
        .filter(|host| host.has(HostRole::ControlPlane))
        .collect();
    let has_balancer = hosts.iter().any(|host| host.has(HostRole::LoadBalancer));
    let names: Vec<String> = planes.iter().map(|host| host.name.to_string()).collect();
    let what = names.join(", ");
    let warning = |detail: String, remedy: &str| {
        Finding::warning(Check::ControlPlanes, &what, detail, remedy)
    };
    let (number, may_fail) = (planes.len(), planes.len().saturating_sub(1) / 2);
    if number > 1 && number.is_multiple_of(2) {
        let detail = format!(
            "{number} control planes bear the loss of {may_fail}, no more than {} would: etcd needs more than half of them",
            number - 1
        );
        return warning(detail, "have one more or one fewer: 1, 3 or 5");
    }
    if number > 1 && !has_balancer {
        let detail = format!("{number} control planes, and no host has the role `load-balancer`");
        let remedy = "give it to a host: workers reach the control planes through it";
        return warning(detail, remedy);
    }
    let zones: BTreeSet<_> = planes
        .iter()
        .filter_map(|host| host.zone.as_ref())
        .collect();
    let all: BTreeSet<_> = hosts.iter().filter_map(|host| host.zone.as_ref()).collect();
    if number > 1 && zones.len() == 1 && all.len() > 1 {
        let detail = format!(
            "all {number} control planes stand in one zone of {}",
            all.len()
        );
        return warning(detail, "put them into different zones");
    }
    let detail = match number {
        1 => "the only control plane: the cluster stands still while it does".to_owned(),
        _ => format!("{number} control planes bear the loss of {may_fail}"),
    };
    Finding::passed(Check::ControlPlanes, what, detail)
}
