//! What is known of a VPN.

use jiff::Timestamp;
use mosipctl_spec::nearest;
use serde::{Deserialize, Serialize};

use crate::error::VpnError;
use crate::key::PublicKey;
use crate::lifetime::Lifetime;
use crate::peer::Peer;
use crate::settings::Settings;

/// Longest name of a peer; it becomes part of a file's name and of comments.
const NAME_LIMIT: usize = 63;

/// What is known of a VPN: no private key is in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Vpn {
    /// The bastion's key.
    server_key: PublicKey,
    /// Since when it has this key.
    server_key_since: Timestamp,
    /// Every peer that ever was, in the order in which they came.
    peers: Vec<Peer>,
}

/// Who is to come in.
#[derive(Debug, Clone)]
pub struct NewPeer {
    /// Its name.
    pub name: String,
    /// Its key.
    pub public_key: PublicKey,
    /// How far it may go; every channel when none is named.
    pub channels: Vec<String>,
    /// How long it may come.
    pub lifetime: Lifetime,
}

impl Vpn {
    /// A VPN without peers.
    pub fn new(server_key: PublicKey, now: Timestamp) -> Self {
        Self {
            server_key,
            server_key_since: now,
            peers: Vec::new(),
        }
    }

    /// The bastion's key.
    pub fn server_key(&self) -> PublicKey {
        self.server_key
    }

    /// Since when it has this key.
    pub fn server_key_since(&self) -> Timestamp {
        self.server_key_since
    }

    /// A number that grows with every change by people, so that of two lists of peers the newer one can be told.
    pub fn edition(&self) -> u64 {
        let revoked = self.peers.iter().filter(|peer| peer.revoked.is_some());
        let changes = (self.peers.len() + revoked.count()) as u64;
        let since = self.server_key_since.as_second().unsigned_abs();
        // a new key is newer than any change before it
        since * 1_000_000 + changes
    }

    /// Every peer that ever was, in the order in which they came.
    pub fn peers(&self) -> &[Peer] {
        &self.peers
    }

    /// Those that may come in.
    pub fn valid(&self, now: Timestamp) -> impl Iterator<Item = &Peer> {
        self.peers.iter().filter(move |peer| peer.is_valid(now))
    }

    /// The last peer of that name, valid or not.
    ///
    /// # Errors
    /// There never was one.
    pub fn peer(&self, name: &str) -> Result<&Peer, VpnError> {
        let found = self.peers.iter().rfind(|peer| peer.name == name);
        found.ok_or_else(|| self.nobody(name))
    }

    fn nobody(&self, name: &str) -> VpnError {
        let names = self.peers.iter().map(|peer| peer.name.as_str());
        VpnError::NoPeer {
            name: name.to_owned(),
            nearest: nearest(name, names).map(str::to_owned),
        }
    }

    /// Lets somebody in.
    ///
    /// # Errors
    /// The name or the key is a valid peer's, a channel is unknown, or no address is left.
    pub fn add(
        &mut self,
        new: NewPeer,
        settings: &Settings,
        now: Timestamp,
    ) -> Result<&Peer, VpnError> {
        self.check(&new, settings, now)?;
        let address = settings
            .pool
            .free(&self.peers, now)
            .ok_or_else(|| VpnError::Full {
                name: new.name.clone(),
                network: settings.network,
            })?;
        let expires = new
            .lifetime
            .end(now)
            .ok_or_else(|| VpnError::Endless(new.name.clone()))?;
        let channels = match new.channels {
            all if all.is_empty() => settings.channels().map(str::to_owned).collect(),
            some => some,
        };
        let name = new.name.clone();
        self.peers.push(Peer {
            name: new.name,
            public_key: new.public_key,
            address,
            channels,
            created: now,
            expires,
            revoked: None,
        });
        self.peer(&name)
    }

    fn check(&self, new: &NewPeer, settings: &Settings, now: Timestamp) -> Result<(), VpnError> {
        let name = &new.name;
        if !is_name(name) {
            return Err(VpnError::BadName(name.clone()));
        }
        if self.valid(now).any(|peer| peer.name == *name) {
            return Err(VpnError::NameTaken(name.clone()));
        }
        // A key that was sent away does not come back under another name either.
        let owner = self
            .peers
            .iter()
            .find(|peer| peer.public_key == new.public_key);
        if let Some(owner) = owner {
            let owner = owner.name.clone();
            return Err(VpnError::KeyTaken {
                name: name.clone(),
                owner,
            });
        }
        let unknown = new
            .channels
            .iter()
            .find(|channel| !settings.channels.contains_key(*channel));
        if let Some(channel) = unknown {
            let known = settings
                .channels()
                .map(|known| format!("`{known}`"))
                .collect::<Vec<_>>();
            return Err(VpnError::NoChannel {
                name: name.clone(),
                channel: channel.clone(),
                known: if known.is_empty() {
                    "none".to_owned()
                } else {
                    known.join(", ")
                },
            });
        }
        Ok(())
    }

    /// Sends somebody away.
    ///
    /// # Errors
    /// There never was one of that name, or it cannot come in any more.
    pub fn revoke(&mut self, name: &str, now: Timestamp) -> Result<&Peer, VpnError> {
        if !self.peers.iter().any(|peer| peer.name == name) {
            return Err(self.nobody(name));
        }
        let valid = self
            .peers
            .iter_mut()
            .find(|peer| peer.name == name && peer.is_valid(now));
        let peer = valid.ok_or_else(|| VpnError::Ended(name.to_owned()))?;
        peer.revoked = Some(now);
        Ok(peer)
    }

    /// Gives the bastion another key. No peer comes in before its configuration names it.
    pub fn rotate(&mut self, server_key: PublicKey, now: Timestamp) {
        self.server_key = server_key;
        self.server_key_since = now;
    }
}

fn is_name(name: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '@');
    (1..=NAME_LIMIT).contains(&name.len()) && !name.starts_with('.') && name.chars().all(is_plain)
}

#[cfg(test)]
mod tests;
