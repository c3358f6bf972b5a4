//! What nftables on the bastion lets peers reach.
//!
//! What a peer's own configuration says about networks binds nobody; this does. A peer may send from one address only (WireGuard
//! sees to that), so its address says who it is.

use std::fmt::Write;

use crate::peer::Peer;
use crate::settings::Settings;

/// The rule set of an interface, which replaces the one before in one step.
pub(crate) fn rules(settings: &Settings, peers: &[&Peer]) -> String {
    let interface = settings.interface();
    let table = table(interface);
    let mut text = format!(
        "# Made by mosipctl. What peers of the VPN may reach.\n\
         table inet {table}\ndelete table inet {table}\ntable inet {table} {{\n"
    );
    let chain = |name: &str, hook: &str, body: &str| {
        format!("  chain {name} {{\n    type {hook}; policy accept;\n{body}  }}\n")
    };
    text += &chain(
        "input",
        "filter hook input priority filter",
        // a neighbour may send to any address of ours; the one in the VPN is reached through the tunnel alone
        &format!(
            "    iifname \"{interface}\" jump peers\n\
             \x20   iifname != \"lo\" ip daddr {} drop\n",
            settings.server_address()
        ),
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
    let places = settings.places(&peer.channels);
    if places.is_empty() {
        return format!("    # {} reaches nothing\n", peer.name);
    }
    let start = format!(
        "    ip saddr {} meta time < {} ip daddr",
        peer.address,
        peer.expires.as_second()
    );
    let end = format!("accept # {}: {}\n", peer.name, peer.channels.join(", "));
    let whole: Vec<String> = places
        .iter()
        .filter(|place| place.ports.is_empty())
        .map(|place| place.network.to_string())
        .collect();
    let mut text = String::new();
    if !whole.is_empty() {
        let _ = write!(text, "{start} {{ {} }} {end}", whole.join(", "));
    }
    for place in places.iter().filter(|place| !place.ports.is_empty()) {
        let ports: Vec<String> = place.ports.iter().map(ToString::to_string).collect();
        let (network, ports) = (place.network, ports.join(", "));
        let _ = write!(text, "{start} {network} tcp dport {{ {ports} }} {end}");
    }
    text
}
