//! The words of `mosipctl vpn`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::File;

#[derive(Debug, Args)]
pub(crate) struct Vpn {
    #[command(subcommand)]
    pub(crate) verb: VpnVerb,
}

#[derive(Debug, Subcommand)]
pub(crate) enum VpnVerb {
    /// Let somebody in
    Peer {
        #[command(subcommand)]
        verb: PeerVerb,
    },
    /// Who may come in
    List {
        #[command(flatten)]
        file: File,
        /// Those that may not come in any more, too
        #[arg(long)]
        all: bool,
    },
    /// One peer: until when, how far, and what its configuration says of the bastion
    Show(VpnShow),
    /// Send a peer away; from then on the bastion is not to answer it
    Revoke(VpnPeer),
    /// Give the bastion a new key; every peer has to put it into its configuration
    RotateServer(File),
    /// What the bastion is to have now: its configuration and rules
    Bastion(VpnBastion),
}

#[derive(Debug, Subcommand)]
pub(crate) enum PeerVerb {
    /// Let somebody in: draw a key, find an address, hand out the configuration
    ///
    /// The private key is in the configuration, and nowhere else unless you say `--keep key`: hand it over, then delete it. Better
    /// still, let people draw their own key (`wg genkey | tee private | wg pubkey`) and give only its public half with `--public-key`.
    Add(VpnAdd),
}

#[derive(Debug, Args)]
pub(crate) struct VpnPeer {
    /// The peer
    #[arg(value_name = "PEER")]
    pub(crate) name: String,
    #[command(flatten)]
    pub(crate) file: File,
}

#[derive(Debug, Args)]
pub(crate) struct VpnAdd {
    #[command(flatten)]
    pub(crate) peer: VpnPeer,
    /// How long it may come in
    #[arg(long, value_name = "TIME", default_value = "90d")]
    pub(crate) expires: mosipctl_vpn::Lifetime,
    /// A channel that it may use, from `spec.vpn.channels`; may be given several times. Default: all
    #[arg(long = "channel", value_name = "CHANNEL")]
    pub(crate) channels: Vec<String>,
    /// Its own public key; then no private key is drawn
    #[arg(long, value_name = "KEY")]
    pub(crate) public_key: Option<mosipctl_vpn::PublicKey>,
    #[command(flatten)]
    pub(crate) hand_out: HandOut,
    /// Whether the private key is kept here, so that `show` can hand it out again
    #[arg(
        long,
        value_enum,
        value_name = "WHAT",
        default_value = "nothing",
        conflicts_with = "public_key"
    )]
    pub(crate) keep: Keep,
}

/// Where a configuration goes.
#[derive(Debug, Args)]
pub(crate) struct HandOut {
    /// Show it as a picture, for a telephone
    #[arg(long)]
    pub(crate) qr: bool,
    /// Write it to a new file that only you may read; `-` prints it
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Keep {
    /// Nothing: who loses it is let in anew
    Nothing,
    /// The key, in the state folder, for you alone to read
    Key,
}

#[derive(Debug, Args)]
pub(crate) struct VpnShow {
    #[command(flatten)]
    pub(crate) peer: VpnPeer,
    #[command(flatten)]
    pub(crate) hand_out: HandOut,
}

#[derive(Debug, Args)]
pub(crate) struct VpnBastion {
    #[command(flatten)]
    pub(crate) file: File,
    /// Write the files into this folder, private key and all, to be brought to `/etc/wireguard` of the bastion
    #[arg(long, value_name = "FOLDER")]
    pub(crate) out: Option<PathBuf>,
}
