//! Who may come in.

use std::net::Ipv4Addr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::key::PublicKey;

/// A peer: one key of one person or machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Peer {
    /// Who it is. Of all peers of one name at most one is valid.
    pub name: String,
    /// Its key. The private half is its own.
    pub public_key: PublicKey,
    /// Its address in the VPN, nobody else's while it is valid.
    pub address: Ipv4Addr,
    /// How far it may go: names of channels of the environment.
    pub channels: Vec<String>,
    /// Since when.
    pub created: Timestamp,
    /// Until when.
    pub expires: Timestamp,
    /// When it was sent away before its time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked: Option<Timestamp>,
}

/// Whether a peer may come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum PeerState {
    /// It may.
    Valid,
    /// Its time is over.
    Expired,
    /// It was sent away.
    Revoked,
}

impl Peer {
    /// Whether it may come in.
    pub fn state(&self, now: Timestamp) -> PeerState {
        match self.revoked {
            Some(_) => PeerState::Revoked,
            None if self.expires <= now => PeerState::Expired,
            None => PeerState::Valid,
        }
    }

    /// Whether it may come in, as a yes or no.
    pub fn is_valid(&self, now: Timestamp) -> bool {
        self.state(now) == PeerState::Valid
    }

    /// When it could no longer come in, or will not be able to.
    pub fn end(&self) -> Timestamp {
        self.revoked
            .map_or(self.expires, |revoked| revoked.min(self.expires))
    }
}
