//! The words of `mosipctl certs`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::File;

const EXAMPLES: &str = "\
In the environment file, one of:
  certificates: {kind: ownCa}           # for private domains; you make everybody trust its trust.pem
  certificates:
    kind: acme
    acme:
      directory: https://acme-v02.api.letsencrypt.org/directory
      contact: [admin@example.org]
      challenge: {dns01: {}}            # by spec.dns.update; or {dns01: {hook: [PROGRAM]}}, or {http01: {}}
  certificates:
    kind: supplied
    supplied: {chain: {from: {file: chain.pem}}, key: {from: {file: key.pem}}}

Examples:
  mosipctl certs renew                  # make it, and later renew it when a third of its life is left
  mosipctl certs show --out FOLDER      # chain and key for the load balancer
  mosipctl certs timer --out /etc/systemd/system && systemctl enable --now mosipctl-certs-sandbox.timer";

#[derive(Debug, Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Certs {
    #[command(subcommand)]
    pub(crate) verb: CertsVerb,
}

#[derive(Debug, Subcommand)]
pub(crate) enum CertsVerb {
    /// What there is: names, days left, what is wrong. Ends with 3 when something ends within 21 days
    Status(File),
    /// Make a new certificate when that is due: a third of its life is left, or names or authority changed
    ///
    /// The one before stays until the new one is proven: the key fits, it is for all hosts, the chain is whole. Where the environment has
    /// hosts of its own, it is brought to the load balancers among them; no connection is cut.
    Renew(CertsRenew),
    /// The chain, link by link, and where it lies
    Show(CertsShow),
    /// The units of systemd that renew by themselves, once a day
    Timer(CertsTimer),
}

#[derive(Debug, Args)]
pub(crate) struct CertsRenew {
    #[command(flatten)]
    pub(crate) file: File,
    /// Make a new one though that is not due
    #[arg(long)]
    pub(crate) force: bool,
    /// Keep it here alone; `up` brings it to load balancers later
    #[arg(long)]
    pub(crate) here: bool,
    /// Say nothing when all is well
    #[arg(long, short)]
    pub(crate) quiet: bool,
}

#[derive(Debug, Args)]
pub(crate) struct CertsShow {
    #[command(flatten)]
    pub(crate) file: File,
    /// Write `tls.crt`, `tls.key` (for you alone to read) and, with an authority of our own, `trust.pem` into this folder
    #[arg(long, value_name = "FOLDER")]
    pub(crate) out: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct CertsTimer {
    #[command(flatten)]
    pub(crate) file: File,
    /// Write the units into this folder instead of printing them
    #[arg(long, value_name = "FOLDER")]
    pub(crate) out: Option<PathBuf>,
    /// Who runs it. Default: whoever runs this
    #[arg(long, value_name = "USER")]
    pub(crate) user: Option<String>,
}
