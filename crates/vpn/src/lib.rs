//! The VPN of an environment: who may come in from outside, until when, and how far.
//!
//! A [`Vpn`] is what is known: the server's public key and the peers, each with an address, channels and an end. It is a small
//! file without any private key ([`Store`]). With the [`Settings`] of the environment and the time it becomes a [`Bastion`]: the
//! files that the bastion is to have, and the peers it is to know. [`Changes`] compares these with what a bastion says it knows.
//!
//! Keys are made here, by the same curve that WireGuard uses. A person's private key is handed out once and not kept.
//! Nothing here speaks to a host.

mod bastion;
mod changes;
mod configuration;
mod error;
mod keeper;
mod key;
mod lifetime;
mod peer;
mod pool;
mod qr;
mod rules;
mod settings;
mod store;
mod vpn;

pub use bastion::{Bastion, BastionFile, FOLDER};
pub use changes::{BastionPeer, Changes, Seen};
pub use configuration::PeerConfiguration;
pub use error::VpnError;
pub use keeper::{KEEPER, KEEPER_SERVICE, KEEPER_TIMER, SCRIPT};
pub use key::{KeyError, PrivateKey, PublicKey};
pub use lifetime::Lifetime;
pub use peer::{Peer, PeerState};
pub use qr::{Ink, qr_code};
pub use settings::{Place, Settings, Taken};
pub use store::{Store, StoreError};
pub use vpn::{NewPeer, Vpn};
