//! The rule set of a host, as nftables reads it.

use std::fmt::Write as _;
use std::net::IpAddr;

use mosipctl_spec::hosts::{Host, HostRole, Network};

use crate::model::{Flow, Protocol};
use crate::rule::{At, Rule, Sources};
use crate::wall::Handed;

/// What no host lives without: answers to what it asked itself, itself, its neighbours in IPv6, and the renewal of its address, which comes as
/// an answer to nobody.
const ALWAYS: &str = "    ct state vmap { established : accept, related : accept, invalid : drop }
    iif lo accept
    icmpv6 type { nd-router-advert, nd-neighbor-solicit, nd-neighbor-advert } ip6 hoplimit 255 accept
    icmpv6 type mld-listener-query ip6 saddr fe80::/10 accept
    meta nfproto ipv4 udp sport 67 udp dport 68 accept
    ip6 saddr fe80::/10 udp sport 547 udp dport 546 accept
";

const FAMILIES: [Family; 2] = [Family::V4, Family::V6];

/// A kind of address.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Family {
    V4,
    V6,
}

impl Family {
    fn of(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(_) => Self::V4,
            IpAddr::V6(_) => Self::V6,
        }
    }

    /// What its addresses are called in a rule.
    fn word(self) -> &'static str {
        match self {
            Self::V4 => "ip",
            Self::V6 => "ip6",
        }
    }
}

/// The whole rule set. It touches no table but its own: kube-proxy, the CNI and the VPN have theirs.
pub(crate) fn text(
    host: &Host,
    rules: &[Rule<'_>],
    handed: &[Handed<'_>],
    services: Network,
) -> String {
    let roles: Vec<&str> = host.roles.iter().copied().map(HostRole::as_str).collect();
    let mut text = format!(
        "# Made by mosipctl for {} ({}); changes are overwritten.\n\
         table inet mosipctl\ndelete table inet mosipctl\ntable inet mosipctl {{\n",
        host.name,
        roles.join(", ")
    );
    text += "  chain input {\n    type filter hook input priority filter; policy drop;\n";
    text += ALWAYS;
    for rule in rules {
        let _ = writeln!(text, "    # {}", rule.flow.why);
        text += &incoming(rule);
    }
    text += "  }\n  chain forward {\n    type filter hook forward priority filter; policy drop;\n";
    text += "    ct state established,related accept\n";
    for rule in rules.iter().filter(|rule| rule.flow.translated) {
        let _ = writeln!(text, "    # {}", rule.flow.why);
        text += &translated(rule);
        text += &others_translated(rule, services);
    }
    for each in handed {
        let _ = writeln!(text, "    # {}", each.passage.why);
        text += &handed_on(each);
    }
    text + "  }\n}\n"
}

fn incoming(rule: &Rule<'_>) -> String {
    let mut text = lines(rule, &|family| what(rule, family));
    if rule.flow.translated {
        // sent on to a program of this host itself
        text += &translated(rule);
    }
    text
}

/// What kube-proxy has sent elsewhere already is told by where it was meant to go.
fn translated(rule: &Rule<'_>) -> String {
    let what = was_meant_for(rule);
    lines(rule, &|_| Some(what.clone()))
}

/// Whoever else comes that way stays out, though it may talk to pods: a node, for one. A Service may have such a port at its own address.
fn others_translated(rule: &Rule<'_>, services: Network) -> String {
    let what = was_meant_for(rule);
    let word = Family::of(services.first()).word();
    format!(
        "    {what} ct original {word} daddr != {services} drop comment \"{}\"\n",
        rule.flow.name
    )
}

fn was_meant_for(rule: &Rule<'_>) -> String {
    let protocol = match rule.flow.protocol {
        Protocol::Udp => "udp",
        _ => "tcp",
    };
    let ports = set(rule.ports.iter().map(range));
    format!("meta l4proto {protocol} ct status dnat ct original proto-dst {ports}")
}

/// A line for each kind of address that may come in.
fn lines(rule: &Rule<'_>, what: &dyn Fn(Family) -> Option<String>) -> String {
    let name = &rule.flow.name;
    if let (Sources::Anyone, At::All) = (&rule.from, rule.at)
        && matches!(rule.flow.protocol, Protocol::Tcp | Protocol::Udp)
    {
        let what = what(Family::V4).unwrap_or_default();
        return format!("    {what} accept comment \"{name}\"\n");
    }
    let lines = FAMILIES.into_iter().filter_map(|family| {
        let from = side("saddr", &rule.from, family)?;
        let at = place(rule.at, family)?;
        Some(format!(
            "    {from}{at}{} accept comment \"{name}\"\n",
            what(family)?
        ))
    });
    lines.collect()
}

/// Protocol and ports; none where a family has nothing of the kind.
fn what(rule: &Rule<'_>, family: Family) -> Option<String> {
    let Flow { protocol, .. } = rule.flow;
    let ports = || set(rule.ports.iter().map(range));
    Some(match (protocol, family) {
        (Protocol::Tcp, _) => format!("tcp dport {}", ports()),
        (Protocol::Udp, _) => format!("udp dport {}", ports()),
        (Protocol::Ping, Family::V4) => "icmp type echo-request".to_owned(),
        (Protocol::Ping, Family::V6) => "icmpv6 type echo-request".to_owned(),
        (Protocol::Vrrp, _) => "meta l4proto 112".to_owned(),
    })
}

fn handed_on(handed: &Handed<'_>) -> String {
    let name = &handed.passage.name;
    let lines = FAMILIES.into_iter().filter_map(|family| {
        let from = side("saddr", &handed.from, family)?;
        let to = side("daddr", &handed.to, family)?;
        Some(format!("    {from}{to}accept comment \"{name}\"\n"))
    });
    lines.collect()
}

/// Addresses of one side, of one kind; none where there are some, of the other kind.
fn side(word: &str, sources: &Sources, family: Family) -> Option<String> {
    let Sources::Networks(networks) = sources else {
        return Some(String::new());
    };
    let own = networks.iter();
    let own = own.filter(|network| Family::of(network.first()) == family);
    let own: Vec<String> = own.map(address).collect();
    let text = format!("{} {word} {} ", family.word(), set(own.iter().cloned()));
    (!own.is_empty()).then_some(text)
}

/// The address at which something comes in, if it is of that kind.
fn place(at: At, family: Family) -> Option<String> {
    let word = family.word();
    match at {
        At::Only(address) if Family::of(address) != family => None,
        At::Only(address) => Some(format!("{word} daddr {address} ")),
        At::AllBut(address) if Family::of(address) == family => {
            Some(format!("{word} daddr != {address} "))
        }
        At::All | At::AllBut(_) => Some(String::new()),
    }
}

fn address(network: &Network) -> String {
    let whole = if network.first().is_ipv4() { 32 } else { 128 };
    match network.bits() == whole {
        true => network.first().to_string(),
        false => network.to_string(),
    }
}

fn range((first, last): &(u16, u16)) -> String {
    match first == last {
        true => first.to_string(),
        false => format!("{first}-{last}"),
    }
}

fn set(items: impl Iterator<Item = String>) -> String {
    let items: Vec<String> = items.collect();
    match items.as_slice() {
        [one] => one.clone(),
        many => format!("{{ {} }}", many.join(", ")),
    }
}
