//! What nftables on the bastion lets peers reach.
//!
//! What a peer's own configuration says about networks binds nobody; this does. A peer may send from one address only (WireGuard
//! sees to that), so its address says who it is.

use std::fmt::Write;

use jiff::Timestamp;

use crate::peer::Peer;
use crate::settings::Settings;

/// The rule set of an interface, which replaces the one before in one step.
pub(crate) fn rules(settings: &Settings, peers: &[&Peer], now: Timestamp) -> String {
    let interface = settings.interface();
    let table = table(interface);
    let mut text = format!(
        "# Made by mosipctl. What peers of the VPN may reach, as of {now:.0}.\n\
         table inet {table}\ndelete table inet {table}\ntable inet {table} {{\n"
    );
    let chain = |name: &str, hook: &str, body: &str| {
        format!("  chain {name} {{\n    type {hook}; policy accept;\n{body}  }}\n")
    };
    text += &chain(
        "input",
        "filter hook input priority filter",
        &format!("    iifname \"{interface}\" jump peers\n"),
    );
    let forward = format!(
        "    iifname \"{interface}\" jump peers\n\
         \x20   oifname \"{interface}\" ct state established,related accept\n\
         \x20   oifname \"{interface}\" drop\n"
    );
    text += &chain("forward", "filter hook forward priority filter", &forward);
    // hosts behind the bastion need no route back
    let network = settings.network();
    let masquerade = format!("    ip saddr {network} oifname != \"{interface}\" masquerade\n");
    text += &chain("leave", "nat hook postrouting priority srcnat", &masquerade);
    text += "  chain peers {\n";
    let _ = writeln!(
        text,
        "    ip daddr {} icmp type echo-request accept",
        settings.server_address()
    );
    for peer in peers {
        text += &of_peer(settings, peer);
    }
    text + "    drop\n  }\n}\n"
}

/// The table of an interface.
pub(crate) fn table(interface: &str) -> String {
    format!("mosipctl_{}", interface.replace('-', "_"))
}

/// The end stands in the rule: a peer whose time is over reaches nothing, also when nobody brought new files.
fn of_peer(settings: &Settings, peer: &Peer) -> String {
    let reach = settings.reach(&peer.channels);
    if reach.is_empty() {
        return format!("    # {} reaches nothing\n", peer.name);
    }
    let networks = reach
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(", ");
    format!(
        "    ip saddr {} meta time < {} ip daddr {{ {networks} }} accept # {}: {}\n",
        peer.address,
        peer.expires.as_second(),
        peer.name,
        peer.channels.join(", ")
    )
}
