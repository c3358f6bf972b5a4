//! Hosts that would be taken for one another, and clocks that disagree.

use std::collections::BTreeMap;

use super::Seen;
use super::gather::{Verdict, gather};
use crate::finding::{Check, Finding};

/// Tokens, certificates and logs notice from here on, as in the check of a cluster's clock; milliseconds.
const NOTICED: u64 = 5_000;
/// Signatures and leases go wrong from here on; milliseconds.
const TOO_MUCH: u64 = 30_000;

const CLOCK: &str =
    "set it by NTP (package chrony): certificates, tokens and etcd are judged by it";

pub(super) fn machine_id(seen: &Seen<'_>) -> Option<Verdict> {
    if !seen.host.is_node() || seen.facts.machine_id.is_some() {
        return None;
    }
    let remedy = "`systemd-machine-id-setup` there: nodes are told apart by it";
    Some(Verdict::failed("/etc/machine-id is empty", remedy))
}

/// Machine ids and names that several hosts share.
pub(super) fn twins(seen: &[Seen<'_>]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let ids = seen
        .iter()
        .filter_map(|seen| Some((seen.facts.machine_id.as_deref()?, seen)));
    for (id, hosts) in shared(ids) {
        let detail = format!("have the same machine id `{id}`: they are clones of one disk");
        let remedy =
            "on all but one: `rm /etc/machine-id; systemd-machine-id-setup`, then start them anew";
        findings.push(Finding::failed(Check::HostIdentity, hosts, detail, remedy));
    }
    let names = seen.iter().map(|seen| (seen.facts.hostname.as_str(), seen));
    for (name, hosts) in shared(names) {
        let detail = format!("call themselves `{name}`: the cluster would take them for one node");
        let remedy = "`hostnamectl set-hostname NAME` on each, with its name of the hosts file";
        findings.push(Finding::failed(Check::HostIdentity, hosts, detail, remedy));
    }
    if findings.is_empty() && seen.len() > 1 {
        let what = format!("{} hosts", seen.len());
        let detail = "each has a machine id and a name of its own";
        findings.push(Finding::passed(Check::HostIdentity, what, detail));
    }
    findings
}

/// The values that several hosts have, with their names.
fn shared<'a>(values: impl Iterator<Item = (&'a str, &'a Seen<'a>)>) -> Vec<(&'a str, String)> {
    let mut by_value: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (value, seen) in values {
        by_value.entry(value).or_default().push(seen.name());
    }
    let several = by_value.into_iter().filter(|(_, hosts)| hosts.len() > 1);
    several
        .map(|(value, hosts)| (value, hosts.join(", ")))
        .collect()
}

/// Clocks against ours. Where hosts agree with each other and not with us, it is ours that is wrong.
pub(super) fn clocks(seen: &[Seen<'_>]) -> Vec<Finding> {
    let ahead = || seen.iter().map(|seen| seen.facts.clock.ahead);
    let (Some(least), Some(most)) = (ahead().min(), ahead().max()) else {
        return Vec::new();
    };
    let unsure = seen.iter().map(|seen| seen.facts.clock.uncertainty).max();
    let unsure = unsure.unwrap_or_default();
    let apart = most.abs_diff(least).saturating_sub(2 * unsure);
    let off = least
        .unsigned_abs()
        .min(most.unsigned_abs())
        .saturating_sub(unsure);
    if seen.len() > 1 && apart <= NOTICED && off > NOTICED {
        let detail = format!(
            "agree with each other; this machine's clock is {}",
            words(-most)
        );
        let remedy = "set this machine's clock by NTP";
        let what = format!("{} hosts", seen.len());
        return vec![Finding::warning(Check::HostClock, what, detail, remedy)];
    }
    let verdicts = seen.iter().map(|seen| (seen.name(), clock(seen)));
    gather(Check::HostClock, verdicts)
}

fn clock(seen: &Seen<'_>) -> Verdict {
    let clock = seen.facts.clock;
    let detail = format!("the clock is {} against this machine's", words(clock.ahead));
    match clock.ahead.unsigned_abs().saturating_sub(clock.uncertainty) {
        off if off > TOO_MUCH => Verdict::failed(detail, CLOCK),
        off if off > NOTICED => Verdict::warning(detail, CLOCK),
        _ => Verdict::well("the clock agrees with this machine's"),
    }
}

fn words(ahead: i64) -> String {
    let seconds = ahead.unsigned_abs() / 1000;
    let way = if ahead < 0 { "behind" } else { "ahead" };
    match seconds {
        0..120 => format!("{seconds} s {way}"),
        _ => format!("{} min {way}", seconds / 60),
    }
}
