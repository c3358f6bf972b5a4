//! What is shown of a VPN. No private key comes here.

use std::fmt::Write;
use std::path::Path;

use jiff::Timestamp;
use mosipctl_report::Paint;
use mosipctl_report::words::count;
use mosipctl_vpn::{Bastion, BastionPeer, FOLDER, Peer, PeerConfiguration, PeerState, Vpn};
use serde_json::{Value, json};

use super::desk::Desk;
use crate::arguments::Keep;

/// A peer whose time is over within so many days is pointed out.
const SOON: i64 = 14;

pub(super) fn list(
    desk: &Desk,
    vpn: Option<&Vpn>,
    now: Timestamp,
    all: bool,
    paint: Paint,
) -> String {
    let valid = vpn.map_or(0, |vpn| vpn.valid(now).count());
    let mut text = format!(
        "{} · VPN {} at {} · {}\n",
        paint.strong(desk.environment.name().as_str()),
        desk.settings.network(),
        desk.settings.endpoint(),
        match valid {
            0 => "nobody may come in".to_owned(),
            number => format!("{} may come in", count(number, "peer")),
        }
    );
    let peers = vpn.map_or(&[][..], Vpn::peers).iter();
    let shown: Vec<&Peer> = peers.filter(|peer| all || peer.is_valid(now)).collect();
    let width = shown.iter().map(|peer| peer.name.len()).max().unwrap_or(0);
    for peer in &shown {
        let channels = peer.channels.join(", ");
        let end = until(peer, now, paint);
        let _ = writeln!(
            text,
            "  {:width$}  {:<15}  {channels:<20}  {end}",
            peer.name, peer.address
        );
    }
    if valid == 0 {
        let _ = writeln!(
            text,
            "`mosipctl vpn peer add NAME {} --qr` lets somebody in",
            desk.file
        );
    }
    text
}

/// Until when, in words.
fn until(peer: &Peer, now: Timestamp, paint: Paint) -> String {
    let day = |time: Timestamp| time.strftime("%Y-%m-%d").to_string();
    match peer.state(now) {
        PeerState::Revoked => paint.faint(&format!("revoked {}", day(peer.end()))),
        PeerState::Expired => paint.faint(&format!("expired {}", day(peer.end()))),
        PeerState::Valid => {
            let hours = now.duration_until(peer.expires).as_hours();
            let left = match hours / 24 {
                0 => format!("{hours} h left"),
                1 => "1 day left".to_owned(),
                days => format!("{days} days left"),
            };
            let text = format!("until {}, {left}", day(peer.expires));
            if hours / 24 < SOON {
                paint.warn(&format!("! {text}"))
            } else {
                text
            }
        }
    }
}

pub(super) fn show(
    peer: &Peer,
    configuration: &PeerConfiguration<'_>,
    now: Timestamp,
    paint: Paint,
) -> String {
    let reach = configuration.settings.reach(&peer.channels);
    let reach: Vec<String> = reach.iter().map(ToString::to_string).collect();
    let kept = match configuration.private_key {
        Some(_) => "kept here; `--qr` or `--out` hands it out again",
        None => "not kept here",
    };
    format!(
        "{} · {}\n  address      {}\n  channels     {} ({})\n  public key   {}\n  private key  {kept}\n\n\
         what its configuration says of the bastion:\n{}",
        paint.strong(&peer.name),
        until(peer, now, paint),
        peer.address,
        peer.channels.join(", "),
        reach.join(", "),
        peer.public_key,
        configuration.server()
    )
}

pub(super) fn added(peer: &Peer, is_drawn: bool, keep: Keep) -> String {
    let key = match (is_drawn, keep) {
        (false, _) => "put its own private key in place of `YOUR-OWN`",
        (true, Keep::Nothing) => "its private key is in what was handed out, and nowhere else",
        (true, Keep::Key) => "its private key is kept in the state folder, as you asked",
    };
    let day = peer.expires.strftime("%Y-%m-%d");
    format!(
        "`{}` may come in as {} until {day}; {key}",
        peer.name, peer.address
    )
}

pub(super) fn to_be_brought(file: &str) -> String {
    format!(
        "the bastion does not know yet: `mosipctl vpn bastion {file} --out FOLDER` writes its files, to be brought there by hand"
    )
}

pub(super) fn bastion(
    desk: &Desk,
    peers: &[BastionPeer],
    out: Option<&Path>,
    paint: Paint,
) -> String {
    let interface = desk.settings.interface();
    let mut text = format!(
        "{} · bastion {} · answers at {} · {}\n",
        paint.strong(desk.environment.name().as_str()),
        desk.settings.server_address(),
        desk.settings.endpoint(),
        count(peers.len(), "peer")
    );
    match out {
        None => {
            let _ = writeln!(
                text,
                "`--out FOLDER` writes `{interface}.conf` (with the private key) and `{interface}.nft`"
            );
        }
        Some(folder) => {
            let folder = folder.display();
            let _ = writeln!(
                text,
                "wrote {folder}/{interface}.conf and {folder}/{interface}.nft; bring both to {FOLDER} of the bastion, then there:"
            );
            let _ = writeln!(
                text,
                "  the first time   systemctl enable --now wg-quick@{interface}"
            );
            let _ = writeln!(
                text,
                "  after            nft -f {FOLDER}/{interface}.nft && wg syncconf {interface} <(wg-quick strip {interface})"
            );
        }
    }
    text
}

pub(super) fn peer(peer: &Peer, now: Timestamp) -> Value {
    let mut value = serde_json::to_value(peer).unwrap_or_default();
    value["state"] = json!(peer.state(now));
    value
}

pub(super) fn list_json(desk: &Desk, vpn: Option<&Vpn>, now: Timestamp) -> Value {
    let peers = vpn.map_or(&[][..], Vpn::peers).iter();
    json!({
        "environment": desk.environment.name(),
        "network": desk.settings.network(),
        "endpoint": desk.settings.endpoint(),
        "serverKey": vpn.map(Vpn::server_key),
        "peers": peers.map(|each| peer(each, now)).collect::<Vec<_>>(),
    })
}

/// `handed` is the whole configuration, where somebody asked for it.
pub(super) fn show_json(
    each: &Peer,
    configuration: &PeerConfiguration<'_>,
    handed: Option<&str>,
    now: Timestamp,
) -> Value {
    json!({
        "peer": peer(each, now),
        "reach": configuration.settings.reach(&each.channels),
        "server": configuration.server(),
        "privateKeyKept": configuration.private_key.is_some(),
        "configuration": handed,
    })
}

pub(super) fn bastion_json(desk: &Desk, vpn: &Vpn, bastion: &Bastion<'_>) -> Value {
    let peers = bastion.peers().into_iter().map(
        |peer| json!({"name": peer.name, "publicKey": peer.public_key, "address": peer.address}),
    );
    json!({
        "interface": desk.settings.interface(),
        "address": desk.settings.server_address(),
        "serverKey": vpn.server_key(),
        "peers": peers.collect::<Vec<_>>(),
        "rules": bastion.rules(),
    })
}
