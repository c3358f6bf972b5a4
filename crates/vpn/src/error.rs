//! Why the VPN cannot be so.

use std::net::Ipv4Addr;

use mosipctl_spec::hosts::Network;

use crate::settings::Taken;

/// Why the VPN cannot be so. Reads after "failed to".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VpnError {
    /// The network is too small, or no IPv4 network.
    #[error("use `{network}` for the VPN: it has no room for a bastion and a peer")]
    NoRoom {
        /// The network.
        network: Network,
    },
    /// The network is in use.
    #[error("use `{network}` for the VPN: it overlaps {}, `{}`", .taken.what, .taken.network)]
    Overlap {
        /// The network.
        network: Network,
        /// By whom it is used.
        taken: Taken,
    },
    /// No address is left.
    #[error("find an address for `{name}`: every one of `{network}` has a valid peer")]
    Full {
        /// The new peer.
        name: String,
        /// The network.
        network: Network,
    },
    /// The name cannot be one of a peer.
    #[error("name a peer `{0}`: letters, digits, `-`, `_`, `.` and `@`, at most 63")]
    BadName(String),
    /// There is a valid peer of that name.
    #[error("add `{0}`: there is a valid peer of that name")]
    NameTaken(String),
    /// Another valid peer has that key.
    #[error("add `{name}`: `{owner}` has this key")]
    KeyTaken {
        /// The new peer.
        name: String,
        /// Whose key it is.
        owner: String,
    },
    /// There is no such channel.
    #[error("add `{name}`: the environment has no channel `{channel}`, only {known}")]
    NoChannel {
        /// The new peer.
        name: String,
        /// What was asked for.
        channel: String,
        /// The channels that it has.
        known: String,
    },
    /// There is no peer of that name.
    #[error("find a peer `{name}`{}", .nearest.as_ref().map(|nearest| format!(": did you mean `{nearest}`?")).unwrap_or_default())]
    NoPeer {
        /// What was asked for.
        name: String,
        /// The most alike name.
        nearest: Option<String>,
    },
    /// It may not come in already.
    #[error("revoke `{0}`: it cannot come in any more")]
    Ended(String),
    /// It would end beyond all calendars.
    #[error("let `{0}` come in that long")]
    Endless(String),
    /// The network was changed under a peer.
    #[error("keep `{name}`: its address {address} is not in `{network}`")]
    Moved {
        /// The peer.
        name: String,
        /// Its address.
        address: Ipv4Addr,
        /// The network.
        network: Network,
    },
}

impl VpnError {
    /// What a person can do about it.
    pub fn remedy(&self) -> String {
        match self {
            Self::NoRoom { .. } | Self::Overlap { .. } => {
                "set `spec.vpn.network` to a private network that nothing else uses, such as `10.13.13.0/24`".to_owned()
            }
            Self::Full { .. } => "revoke peers that are not needed (`mosipctl vpn list`), or set a wider `spec.vpn.network`".to_owned(),
            Self::BadName(_) => "give another name, such as `alice` or `alice@laptop`".to_owned(),
            Self::NameTaken(name) => format!("revoke it first with `mosipctl vpn revoke {name}`, or give the new one another name"),
            Self::KeyTaken { .. } => "make a new key: one key is one peer".to_owned(),
            Self::NoChannel { .. } => "name one of these with `--channel`, or add it to `spec.vpn.channels`".to_owned(),
            Self::NoPeer { .. } | Self::Ended(_) => "see who there is with `mosipctl vpn list`".to_owned(),
            Self::Endless(_) => "give a shorter time with `--expires`, such as `90d`".to_owned(),
            Self::Moved { name, .. } => format!("set `spec.vpn.network` back, or revoke `{name}` and add it anew"),
        }
    }
}
