//! Hosts of an on-prem environment: are they fit to become a cluster?
//!
//! Judged purely from what each host told. Hosts of which the same is to be said share one finding, and those that are as they should be
//! share another, so fifty hosts that are well take no more lines than one. A host that could not be asked is said to be so once, and
//! left out of the rest.

use std::collections::BTreeSet;

use mosipctl_hosts::Facts;
use mosipctl_spec::hosts::{Distribution, Host, HostsSpec};

use crate::finding::{Check, Finding, Outcome};
use gather::{Verdict, gather};

mod access;
pub mod audit;
mod gather;
mod identity;
mod modules;
mod network;
mod planes;
mod ports;
mod size;
mod system;

/// A host, and what came of asking it.
#[derive(Debug, Clone)]
pub struct Looked {
    /// The host.
    pub host: Host,
    /// What it is, or why that is not known.
    pub facts: Result<Facts, Unseen>,
}

/// Why nothing is known of a host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unseen {
    /// In words: "failed to reach …".
    pub reason: String,
    /// What a person can do about it.
    pub remedy: Option<String>,
}

/// A host that told what it is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Seen<'a> {
    host: &'a Host,
    facts: &'a Facts,
    /// The Kubernetes that it is to get.
    distribution: Distribution,
}

impl Seen<'_> {
    fn name(&self) -> String {
        self.host.name.to_string()
    }
}

/// What is to be said of one host, if it is asked at all.
type Judge = fn(&Seen<'_>) -> Option<Verdict>;

/// Judges all hosts together.
pub fn judge(looked: &[Looked], spec: &HostsSpec) -> Vec<Finding> {
    let distribution = spec.kubernetes.distribution;
    let seen = looked.iter().filter_map(|each| seen(each, distribution));
    let seen: Vec<Seen<'_>> = seen.collect();
    let hosts: Vec<&Host> = looked.iter().map(|looked| &looked.host).collect();
    let mut findings = access::reach(looked);
    findings.push(planes::judge(&hosts));
    let each: [(Check, Judge); 11] = [
        (Check::HostSudo, access::sudo),
        (Check::HostSize, size::judge),
        (Check::HostSystem, system::distribution),
        (Check::HostSystem, system::selinux),
        (Check::HostKernel, system::kernel),
        (Check::HostKernel, system::cgroup),
        (Check::HostModules, modules::judge),
        (Check::HostSwap, system::swap),
        (Check::HostIdentity, identity::machine_id),
        (Check::HostPorts, ports::judge),
        (Check::HostFirewall, network::firewalld),
    ];
    for (check, judge) in each {
        let verdicts = seen
            .iter()
            .filter_map(|seen| Some((seen.name(), judge(seen)?)));
        findings.extend(gather(check, verdicts));
    }
    findings.extend(identity::clocks(&seen));
    findings.extend(identity::twins(&seen));
    findings.extend(network::packets(&seen));
    findings.extend(network::overlaps(&seen, &spec.networks));
    findings
}

/// What `up` would fail at, or do harm by, when it makes hosts members of a cluster. What listens on hosts of `begun`, and where their
/// routes lead, is its own.
pub fn hindrances(
    mut looked: Vec<Looked>,
    begun: &BTreeSet<String>,
    spec: &HostsSpec,
) -> Vec<Finding> {
    for each in &mut looked {
        let is_begun = begun.contains(each.host.name.as_str());
        if let Some(facts) = each.facts.as_mut().ok().filter(|_| is_begun) {
            facts.listening.clear();
            facts.routes.clear();
        }
    }
    let findings = judge(&looked, spec).into_iter();
    let failed = findings.filter(|finding| finding.outcome == Outcome::Failed);
    failed.collect()
}

fn seen(looked: &Looked, distribution: Distribution) -> Option<Seen<'_>> {
    let facts = looked.facts.as_ref().ok()?;
    Some(Seen {
        host: &looked.host,
        facts,
        distribution,
    })
}

/// Bytes as people read them: `512 MiB`, `31.3 GiB`.
fn bytes(number: u64) -> String {
    const GIBIBYTE: u64 = 1 << 30;
    match number {
        0..GIBIBYTE => format!("{} MiB", number >> 20),
        // a tenth is as much as anybody wants to know
        _ => format!("{:.1} GiB", number as f64 / GIBIBYTE as f64),
    }
}

#[cfg(test)]
mod tests;
