//! What the bastion is to have.

use std::fmt;

use jiff::Timestamp;
use zeroize::Zeroizing;

use crate::changes::BastionPeer;
use crate::configuration;
use crate::error::VpnError;
use crate::key::PrivateKey;
use crate::peer::Peer;
use crate::rules::rules;
use crate::settings::Settings;
use crate::vpn::Vpn;

/// Where `wg-quick` looks for its files.
pub const FOLDER: &str = "/etc/wireguard";

/// What the bastion is to have at some time: the peers that may come in then, and no other.
#[derive(Debug)]
pub struct Bastion<'a> {
    pub(crate) settings: &'a Settings,
    pub(crate) peers: Vec<&'a Peer>,
    pub(crate) edition: u64,
}

/// A file of the bastion.
pub struct BastionFile {
    /// Its name in the folder.
    pub name: String,
    /// Its permissions.
    pub mode: u32,
    /// What is in it. The first file holds the bastion's private key.
    pub text: Zeroizing<String>,
}

impl fmt::Debug for BastionFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BastionFile")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

impl<'a> Bastion<'a> {
    /// What it is to have now.
    ///
    /// # Errors
    /// A valid peer has an address of another network.
    pub fn new(vpn: &'a Vpn, settings: &'a Settings, now: Timestamp) -> Result<Self, VpnError> {
        let peers: Vec<&Peer> = vpn.valid(now).collect();
        let network = settings.network();
        match peers
            .iter()
            .find(|peer| !network.contains(peer.address.into()))
        {
            Some(peer) => Err(VpnError::Moved {
                name: peer.name.clone(),
                address: peer.address,
                network,
            }),
            None => Ok(Self {
                settings,
                peers,
                edition: vpn.edition(),
            }),
        }
    }

    /// The peers that it is to know.
    pub fn peers(&self) -> Vec<BastionPeer> {
        let peers = self.peers.iter().map(|peer| BastionPeer {
            name: peer.name.clone(),
            public_key: peer.public_key,
            address: peer.address,
        });
        peers.collect()
    }

    /// Which list of peers this is, see [`Vpn::edition`]; the first file says it in a line `# edition NUMBER`.
    pub fn edition(&self) -> u64 {
        self.edition
    }

    /// Its files, for a folder there (see [`FOLDER`]): the configuration with the private key, and the rules, which are no secret.
    pub fn files(&self, private_key: &PrivateKey, folder: &str) -> [BastionFile; 2] {
        let interface = self.settings.interface();
        let configuration = configuration::bastion(self, private_key, folder);
        [
            BastionFile {
                name: format!("{interface}.conf"),
                mode: 0o600,
                text: configuration,
            },
            BastionFile {
                name: format!("{interface}.nft"),
                mode: 0o644,
                text: Zeroizing::new(self.rules()),
            },
        ]
    }

    /// What it lets peers reach, as nftables reads it.
    pub fn rules(&self) -> String {
        rules(self.settings, &self.peers)
    }
}
