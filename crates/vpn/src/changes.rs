//! What a bastion that runs is to be told.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use crate::key::PublicKey;

/// A peer that a bastion is to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BastionPeer {
    /// Its name, for people.
    pub name: String,
    /// Its key.
    pub public_key: PublicKey,
    /// The only address that it may send from.
    pub address: Ipv4Addr,
}

/// The peers that a bastion says it knows: each key with the networks it may send from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Seen(BTreeMap<PublicKey, String>);

/// What a bastion that runs is to be told, so that nobody else's connection breaks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changes {
    /// Peers to be added, or whose address is another.
    pub add: Vec<BastionPeer>,
    /// Peers to be taken away: revoked, expired, or put there by somebody else.
    pub remove: Vec<PublicKey>,
}

impl Seen {
    /// Reads what `wg show INTERFACE allowed-ips` prints. Lines that are none are passed over.
    pub fn parse(text: &str) -> Self {
        let lines = text.lines().filter_map(|line| {
            let (key, networks) = line.split_once('\t')?;
            Some((key.parse().ok()?, networks.trim().to_owned()))
        });
        Self(lines.collect())
    }
}

impl Changes {
    /// What leads from what is there to what is wanted.
    pub fn between(wanted: &[BastionPeer], seen: &Seen) -> Self {
        let is_there = |peer: &&BastionPeer| {
            let network = format!("{}/32", peer.address);
            seen.0.get(&peer.public_key) == Some(&network)
        };
        let add = wanted.iter().filter(|peer| !is_there(peer)).cloned();
        let is_wanted = |key: &PublicKey| wanted.iter().any(|peer| peer.public_key == *key);
        let remove = seen.0.keys().filter(|key| !is_wanted(key)).copied();
        Self {
            add: add.collect(),
            remove: remove.collect(),
        }
    }

    /// Whether there is nothing to be told.
    pub fn is_empty(&self) -> bool {
        self.add.is_empty() && self.remove.is_empty()
    }

    /// The arguments of one call of `wg` that says it all; the kernel takes them together.
    pub fn arguments(&self, interface: &str) -> Vec<String> {
        let mut words = vec!["set".to_owned(), interface.to_owned()];
        for key in &self.remove {
            words.extend(["peer".to_owned(), key.to_string(), "remove".to_owned()]);
        }
        for peer in &self.add {
            let network = format!("{}/32", peer.address);
            words.extend([
                "peer".to_owned(),
                peer.public_key.to_string(),
                "allowed-ips".to_owned(),
                network,
            ]);
        }
        words
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::PrivateKey;

    fn peer(last: u8) -> BastionPeer {
        BastionPeer {
            name: format!("peer{last}"),
            public_key: PrivateKey::generate().public(),
            address: Ipv4Addr::new(10, 13, 13, last),
        }
    }

    #[test]
    fn only_what_differs_is_told() {
        let (stays, moves, comes, goes) = (peer(2), peer(3), peer(4), peer(5));
        let text = format!(
            "{}\t10.13.13.2/32\n{}\t10.13.13.9/32\n{}\t(none)\nnonsense\n",
            stays.public_key, moves.public_key, goes.public_key
        );
        let seen = Seen::parse(&text);
        let changes = Changes::between(&[stays.clone(), moves.clone(), comes.clone()], &seen);
        assert_eq!(changes.add, [moves.clone(), comes.clone()]);
        assert_eq!(changes.remove, [goes.public_key]);
        assert!(
            Changes::between(
                std::slice::from_ref(&stays),
                &Seen::parse(&format!("{}\t10.13.13.2/32", stays.public_key))
            )
            .is_empty()
        );
        let words = changes.arguments("wg0").join(" ");
        let expected = format!(
            "set wg0 peer {} remove peer {} allowed-ips 10.13.13.3/32 peer {} allowed-ips 10.13.13.4/32",
            goes.public_key, moves.public_key, comes.public_key
        );
        assert_eq!(words, expected);
    }
}
