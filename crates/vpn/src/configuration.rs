//! Configurations in the form that `wg-quick` reads, see wg-quick(8).

use zeroize::Zeroizing;

use crate::bastion::Bastion;
use crate::key::{PrivateKey, PublicKey};
use crate::peer::Peer;
use crate::rules::table;
use crate::settings::Settings;

/// Most routers forget a UDP connection that is silent for longer, and then nobody reaches the peer; the value is WireGuard's own advice.
const KEEPALIVE: u8 = 25;

/// What a peer puts into its WireGuard.
#[derive(Debug, Clone)]
pub struct PeerConfiguration<'a> {
    /// The environment's name, for people.
    pub environment: &'a str,
    /// The peer.
    pub peer: &'a Peer,
    /// Its private key; without one `YOUR-OWN` stands in its place.
    pub private_key: Option<&'a PrivateKey>,
    /// The bastion's key.
    pub server_key: PublicKey,
    /// The VPN.
    pub settings: &'a Settings,
}

impl PeerConfiguration<'_> {
    /// The text of the file.
    pub fn text(&self) -> Zeroizing<String> {
        let Self {
            environment,
            peer,
            settings,
            ..
        } = self;
        let key = self.private_key.map(PrivateKey::expose);
        let key = key.as_deref().map_or("YOUR-OWN", String::as_str);
        let mut text = Zeroizing::new(format!(
            "# VPN of {environment}, for {}, until {:.0}\n[Interface]\nPrivateKey = {key}\nAddress = {}/32\n",
            peer.name, peer.expires, peer.address
        ));
        if !settings.dns.is_empty() {
            let servers = settings
                .dns
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>();
            text.push_str(&format!("DNS = {}\n", servers.join(", ")));
        }
        text.push('\n');
        text.push_str(&self.server());
        text
    }

    /// The part about the bastion, which is no secret.
    pub fn server(&self) -> String {
        let Self {
            peer,
            settings,
            server_key,
            ..
        } = self;
        let own = format!("{}/32", settings.server_address());
        let reach = settings.reach(&peer.channels);
        let networks = reach.iter().map(ToString::to_string);
        let networks = networks.filter(|network| *network != own);
        let networks = std::iter::once(own.clone())
            .chain(networks)
            .collect::<Vec<_>>()
            .join(", ");
        format!(
            "[Peer]\nPublicKey = {server_key}\nEndpoint = {}\nAllowedIPs = {networks}\nPersistentKeepalive = {KEEPALIVE}\n",
            settings.endpoint()
        )
    }
}

/// The file of the bastion. `folder` is where its rules lie.
pub(crate) fn bastion(
    bastion: &Bastion<'_>,
    private_key: &PrivateKey,
    folder: &str,
) -> Zeroizing<String> {
    let settings = bastion.settings;
    let interface = settings.interface();
    let key = private_key.expose();
    let mut text = Zeroizing::new(format!(
        "# Made by mosipctl: peers that may come in. What stands before a peer is read: it is sent away when its time is over.\n# edition {}\n[Interface]\nPrivateKey = {}\nAddress = {}/{}\nListenPort = {}\n",
        bastion.edition,
        key.as_str(),
        settings.server_address(),
        settings.network().bits(),
        settings.port
    ));
    text.push_str(&format!(
        "PostUp = sysctl -q -w net.ipv4.ip_forward=1\nPostUp = nft -f {folder}/%i.nft\nPostDown = nft delete table inet {}\n",
        table(interface)
    ));
    for peer in &bastion.peers {
        text.push_str(&format!(
            "\n# {}, until {:.0}\n[Peer]\nPublicKey = {}\nAllowedIPs = {}/32\n",
            peer.name, peer.expires, peer.public_key, peer.address
        ));
    }
    text
}
