//! What hosts reach of each other, tried from each of them, after firewalls are in force.
//!
//! [`attempts`] says what a host is to try, [`try_all`] has it tried there in one command, [`judge`] compares the answers with the network
//! model. Only TCP is tried: who does not know the key hears nothing from WireGuard, whether it is let in or not.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use mosipctl_firewall::{Port, Protocol, Wall};
use mosipctl_hosts::{Command, HostError, Shell};
use mosipctl_spec::hosts::Host;

mod judge;

pub use judge::judge;

/// Tries connections; answers a line for each.
const TRY: &str = include_str!("audit/try.sh");
/// What it ends with where there is nothing to try with.
const NO_PROGRAM: u32 = 44;
/// How long the answer of a host may take. Hosts are near each other; silence is what most attempts end with.
const PATIENCE: &str = "2";
/// How long all attempts of a host may take.
const TOGETHER: Duration = Duration::from_secs(300);

/// A host, and what came of its attempts.
#[derive(Debug, Clone)]
pub struct Tried {
    /// The host that tried.
    pub from: Host,
    /// What it heard, or why it could not try.
    pub answers: Result<BTreeMap<SocketAddr, Answer>, super::Unseen>,
}

impl Tried {
    /// Takes what a second round heard and the first did not.
    pub fn hear(&mut self, second: &Self) {
        let (Ok(first), Ok(second)) = (&mut self.answers, &second.answers) else {
            return;
        };
        let heard = second
            .iter()
            .filter(|(_, answer)| **answer != Answer::Silent);
        for (to, answer) in heard {
            first.insert(*to, *answer);
        }
    }
}

/// What came of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Answer {
    /// Somebody listens there.
    Open,
    /// The host itself refuses: it may be reached there, and nobody listens.
    Refused,
    /// Nothing, as from a port that is closed.
    Silent,
}

/// What one host is to try of others: each port of the model, and some that must be closed everywhere.
pub fn attempts(wall: &Wall, from: &Host, targets: &[Host]) -> BTreeSet<SocketAddr> {
    let others = targets.iter().filter(|host| host.name != from.name);
    let all = others.flat_map(|host| {
        let ports = ports(wall, host);
        places(wall, host).into_iter().flat_map(move |at| {
            ports
                .clone()
                .into_iter()
                .map(move |port| SocketAddr::new(at, port))
        })
    });
    all.collect()
}

/// Where a host is tried: at the address of the hosts file, and at the one for everybody.
fn places(wall: &Wall, host: &Host) -> BTreeSet<IpAddr> {
    let first = wall.addresses(host.name.as_str()).first().copied();
    first.into_iter().chain(host.public).collect()
}

fn ports(wall: &Wall, host: &Host) -> BTreeSet<u16> {
    let model = wall.model();
    let flows = model
        .flows
        .iter()
        .filter(|flow| flow.protocol == Protocol::Tcp);
    let flows = flows.flat_map(|flow| {
        let named = flow.ports.iter().filter_map(|port| match port {
            Port::Range(first, last) if first == last => Some(*first),
            Port::Ssh => Some(wall.ssh_port(host)),
            Port::Range(..) | Port::Vpn | Port::Mesh => None,
        });
        named.chain(flow.tried.iter().copied())
    });
    let closed = model.closed.iter().map(|closed| closed.port);
    flows.chain(closed).collect()
}

/// Tries connections from a host, many at once. None when it has neither bash nor nc to try with.
///
/// # Errors
/// It could not be asked, or answers what nobody expects.
pub async fn try_all(
    shell: &dyn Shell,
    attempts: &BTreeSet<SocketAddr>,
) -> Result<Option<BTreeMap<SocketAddr, Answer>>, HostError> {
    let what = "try connections to other hosts";
    if attempts.is_empty() {
        return Ok(Some(BTreeMap::new()));
    }
    let lines = attempts.iter();
    let lines: String = lines
        .map(|to| format!("{} {}\n", to.ip(), to.port()))
        .collect();
    let command = Command::script(what, TRY, [PATIENCE]).input(lines);
    let output = shell.run(&command.within(TOGETHER)).await?;
    if output.code() == Some(NO_PROGRAM) {
        return Ok(None);
    }
    let text = output.succeeded(shell.host(), what)?.text();
    let answers: Option<BTreeMap<_, _>> = text.lines().map(answer).collect();
    let whole = answers.filter(|answers| answers.keys().eq(attempts));
    whole.map(Some).ok_or_else(|| HostError::Unexpected {
        host: shell.host().to_owned(),
        what: what.to_owned(),
        problem: "its answers are not those to our questions".to_owned(),
    })
}

fn answer(line: &str) -> Option<(SocketAddr, Answer)> {
    let words: Vec<&str> = line.split(' ').collect();
    let [address, port, answer] = words.as_slice() else {
        return None;
    };
    let to = SocketAddr::new(address.parse().ok()?, port.parse().ok()?);
    let answer = match *answer {
        "open" => Answer::Open,
        "refused" => Answer::Refused,
        "silent" => Answer::Silent,
        _ => return None,
    };
    Some((to, answer))
}

#[cfg(test)]
mod tests;
