//! The words of `mosipctl dns`.

use clap::{Args, Subcommand};
use mosipctl_spec::Domain;
use mosipctl_spec::environment::dns::Server;

use super::File;

const EXAMPLES: &str = "\
In the environment file:
  dns:
    public: [203.0.113.4]               # where hosts of the public channel lead
    internal: [10.0.0.4]                # and those of the internal one, inside the VPN
    also: {vpn.example.org: [203.0.113.9]}
    update:                             # for `dns update`, and for certificates by ACME
      server: 10.0.0.2
      key: {name: mosipctl, secret: {from: {env: TSIG_SECRET}}}
    resolvers: [10.0.0.2, 9.9.9.9]

Examples:
  mosipctl dns zone --nameserver ns1.example.org > sandbox.zone
  mosipctl dns hosts-snippet >> /etc/hosts
  mosipctl dns update && mosipctl dns verify";

#[derive(Debug, Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Dns {
    #[command(subcommand)]
    pub(crate) verb: DnsVerb,
}

#[derive(Debug, Subcommand)]
pub(crate) enum DnsVerb {
    /// The records that the environment needs
    Records(File),
    /// The records as a zone file
    Zone(DnsZone),
    /// The records as lines for `/etc/hosts`, for machines that ask no DNS
    HostsSnippet(File),
    /// Make the records at the name server that takes updates, all together or none
    ///
    /// What leads where it should is left alone. A name that leads elsewhere is changed only with `--replace`; without it, the
    /// command ends with 3.
    Update(DnsUpdate),
    /// Ask resolvers where the hosts lead; ends with 3 when one is wrong
    Verify(DnsVerify),
}

#[derive(Debug, Args)]
pub(crate) struct DnsZone {
    #[command(flatten)]
    pub(crate) file: File,
    /// A name server of the zone, the primary first; say it for each. Without any, what is printed is no whole zone but a part to
    /// include in one
    #[arg(long, value_name = "NAME")]
    pub(crate) nameserver: Vec<Domain>,
}

#[derive(Debug, Args)]
pub(crate) struct DnsUpdate {
    #[command(flatten)]
    pub(crate) file: File,
    /// Change names that lead elsewhere, too
    #[arg(long)]
    pub(crate) replace: bool,
}

#[derive(Debug, Args)]
pub(crate) struct DnsVerify {
    #[command(flatten)]
    pub(crate) file: File,
    /// A resolver to ask, as `ADDRESS` or `ADDRESS:PORT`; say it for each. Default: `spec.dns.resolvers`, else those of this machine
    #[arg(long, value_name = "RESOLVER")]
    pub(crate) resolver: Vec<Server>,
}
