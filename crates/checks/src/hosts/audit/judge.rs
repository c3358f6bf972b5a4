//! What the answers say of each host's firewall.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};

use mosipctl_firewall::{Protocol, Wall};
use mosipctl_spec::hosts::Host;

use super::super::gather::{Verdict, gather};
use super::{Answer, Tried};
use crate::finding::{Check, Finding};

const LOAD: &str = "see what is in force there (`nft list table inet mosipctl`), and load its rule set anew; docs/firewall.md says how";

/// Ports, each with those who get in there.
type Doors = BTreeMap<String, BTreeSet<String>>;

/// What all answers about one host say.
#[derive(Default)]
struct About {
    /// Open, and not to be.
    open: Doors,
    /// Silent, and to be open.
    closed: Doors,
    /// Refused by the host itself, and to be silent.
    refused: Doors,
    /// As many answers are as they are to be.
    well: usize,
    /// Whether any port that is to be closed is.
    has_silence: bool,
}

/// Judges the firewall of each host that was tried, and says who could not try.
pub fn judge(wall: &Wall, targets: &[Host], tried: &[Tried]) -> Vec<Finding> {
    let mut findings: Vec<Finding> = tried.iter().filter_map(untried).collect();
    let open = targets.iter().filter(|host| wall.is_open_to_all(host));
    let verdicts = open.map(|host| {
        let verdict = Verdict::warning(
            "takes SSH from everywhere",
            "name the networks of those who manage hosts in `spec.access.admins` of the hosts file",
        );
        (host.name.to_string(), verdict)
    });
    findings.extend(gather(Check::HostFirewall, verdicts));
    let verdicts = targets.iter().filter_map(|host| {
        let about = about(wall, host, tried);
        Some((host.name.to_string(), verdict(&about)?))
    });
    findings.extend(gather(Check::HostFirewall, verdicts));
    findings
}

fn untried(tried: &Tried) -> Option<Finding> {
    let unseen = tried.answers.as_ref().err()?;
    let name = tried.from.name.to_string();
    let reason = format!("it did not try the others: {}", unseen.reason);
    Some(match &unseen.remedy {
        Some(remedy) => Finding::failed(Check::HostReach, name, reason, remedy),
        None => Finding::skipped(Check::HostFirewall, name, reason),
    })
}

fn about(wall: &Wall, host: &Host, tried: &[Tried]) -> About {
    let mut about = About::default();
    let own = wall.addresses(host.name.as_str());
    for tried in tried.iter().filter(|tried| tried.from.name != host.name) {
        let answers = tried.answers.iter().flatten();
        for (to, answer) in answers.filter(|(to, _)| own.contains(&to.ip())) {
            about.add(wall, (&tried.from, host, *to), *answer);
        }
    }
    about
}

impl About {
    fn add(&mut self, wall: &Wall, (from, host, to): (&Host, &Host, SocketAddr), answer: Answer) {
        let sources = wall.addresses(from.name.as_str());
        let what = (to.ip(), Protocol::Tcp, to.port());
        let admits = |source: &IpAddr| wall.admits(*source, host, what).is_some();
        let doors = match (sources.iter().any(admits), answer) {
            (true, Answer::Silent) => &mut self.closed,
            (false, Answer::Open) => &mut self.open,
            (false, Answer::Refused) => &mut self.refused,
            (is_expected, _) => {
                self.well += 1;
                self.has_silence |= !is_expected;
                return;
            }
        };
        let door = format!("{}{}", to.port(), purpose(wall, to.port()));
        doors.entry(door).or_default().insert(from.name.to_string());
    }
}

/// What a port is for, in brackets.
fn purpose(wall: &Wall, port: u16) -> String {
    let flows = wall.model().flows.iter();
    let named = flows.filter(|flow| flow.protocol == Protocol::Tcp).find(|flow| {
        flow.tried.contains(&port)
            || flow.ports.iter().any(|each| {
                matches!(each, mosipctl_firewall::Port::Range(first, last) if (*first..=*last).contains(&port))
            })
    });
    named.map_or(String::new(), |flow| format!(" ({})", flow.name))
}

fn verdict(about: &About) -> Option<Verdict> {
    let is_well = about.open.is_empty() && about.closed.is_empty() && about.refused.is_empty();
    if is_well {
        let detail = "lets in what it should and nothing else, as the others tried";
        return (about.well > 0).then(|| Verdict::well(detail));
    }
    if !about.has_silence && about.closed.is_empty() {
        let open = match in_words(&about.open) {
            words if words.is_empty() => String::new(),
            words => format!("; open are {words}"),
        };
        let detail = format!("no firewall is in force: whatever is tried is answered{open}");
        return Some(Verdict::failed(detail, LOAD));
    }
    let parts = [
        ("is open at", &about.open),
        ("is closed at", &about.closed),
        ("answers, though nobody listens, at", &about.refused),
    ];
    let parts = parts.iter().filter(|(_, doors)| !doors.is_empty());
    let parts: Vec<String> = parts
        .map(|(words, doors)| format!("{words} {}", in_words(doors)))
        .collect();
    let detail = format!("{}: not as the network model says", parts.join("; "));
    Some(Verdict::failed(detail, LOAD))
}

/// Ports with those who tried: `2379 (etcd), 2380 (etcd) to w1; 22 to lb`.
fn in_words(doors: &Doors) -> String {
    let mut by_source: BTreeMap<&BTreeSet<String>, Vec<&str>> = BTreeMap::new();
    for (door, sources) in doors {
        by_source.entry(sources).or_default().push(door);
    }
    let words = by_source.into_iter().map(|(sources, doors)| {
        let sources: Vec<&str> = sources.iter().map(String::as_str).collect();
        format!("{} to {}", doors.join(", "), sources.join(", "))
    });
    words.collect::<Vec<_>>().join("; ")
}
