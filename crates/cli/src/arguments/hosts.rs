//! The words of `mosipctl hosts`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use mosipctl_spec::hosts::HostRole;

use super::File;

#[derive(Debug, Args)]
pub(crate) struct Hosts {
    #[command(subcommand)]
    pub(crate) verb: HostsVerb,
}

#[derive(Debug, Subcommand)]
pub(crate) enum HostsVerb {
    /// Show the keys of hosts, ask, and pin them
    ///
    /// Compare each fingerprint with what the host itself says (`ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub` in its console).
    /// Hosts behind a jump are looked at when the jump is trusted. The pinned keys lie in the state folder, in the form of OpenSSH.
    Trust(HostsTrust),
    /// Which hosts answer, and what runs on them; changes nothing
    Status(OfHosts),
    /// What hosts are: system, cores, memory, disks, clock; with `--json` everything; changes nothing
    Facts(OfHosts),
    /// Are hosts fit to become a cluster? Ends with 3 when something failed; changes nothing
    ///
    /// Size, system, kernel, modules, swap, clocks, machine ids and names, ports, MTU, networks, sudo, control planes. Figures are those
    /// of the official guide.
    Check(OfHosts),
    /// Do firewalls of hosts let in what they should, and nothing else? Ends with 3 when one does not; changes nothing
    ///
    /// Every host tries every TCP port of the network model, and some that must be closed, at each of the hosts that are asked about. A port
    /// that nobody listens at yet counts as let in when the host refuses by itself. UDP is not tried.
    Audit(OfHosts),
    /// Run a command on hosts, some at once; each line of output begins with its host
    ///
    /// One word is a line for the shell: `-- 'df -h | tail -1'`; several are a program with its arguments, which no shell reads.
    /// Everybody on a host can see arguments: put no secret into them. Ends with 3 when a host could not be asked, with 1 when the
    /// command failed on one.
    Run(HostsRun),
    /// Let the pods of a node go elsewhere, before work on its host; `--undo` lets them come back
    ///
    /// No new pod comes to it, and those that are there are evicted, never more at once than their disruption budgets let go. Pods of
    /// DaemonSets stay. What does not go in time is named with the reason; no new pod comes then all the same.
    Drain(HostsDrain),
    /// Take a node out of the cluster: its pods go elsewhere, etcd and the cluster forget it, its host is reset
    ///
    /// A host that is dead is only forgotten. Refused when etcd could not decide afterwards, and for the last node that takes pods.
    /// Take the host out of the hosts file then: as long as it stands there, `up` makes it a node again.
    Remove(HostsRemove),
    /// Take away from hosts what mosipctl put there, and nothing else; asks for the environment's name
    ///
    /// What that is stands in /etc/mosipctl/manifest.json of each host: the node, units, files, images, packages that were not there
    /// before, routes and rules. Volumes of pods and snapshots of etcd stay. After it `up` works again.
    Reset(HostsReset),
    /// Take a snapshot of etcd now, beside the daily ones; `--to` brings it here
    ///
    /// It holds everything that the cluster knows, secrets too. Control planes keep the last seven in /var/backups/mosipctl.
    Snapshot(HostsSnapshot),
    /// Put a snapshot in the place of all that is in etcd; asks for the environment's name
    ///
    /// The control planes stand still meanwhile, and all of them have to take part; pods go on. What the cluster learnt after the
    /// snapshot is forgotten: objects that were made then are gone, and those that were deleted are back.
    RestoreEtcd(HostsRestore),
}

/// A host and the environment file.
#[derive(Debug, Clone, Args)]
pub(crate) struct OneHost {
    /// Its name in the hosts file
    #[arg(value_name = "NAME")]
    pub(crate) name: String,
    #[command(flatten)]
    pub(crate) file: File,
}

/// How pods are let go.
#[derive(Debug, Clone, Args)]
pub(crate) struct Pods {
    /// How long the pods may take to go, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 300)]
    pub(crate) within: u64,
    /// End pods, too, that nobody makes again
    #[arg(long)]
    pub(crate) force: bool,
}

#[derive(Debug, Args)]
pub(crate) struct HostsDrain {
    #[command(flatten)]
    pub(crate) of: OneHost,
    #[command(flatten)]
    pub(crate) pods: Pods,
    /// Let pods come again
    #[arg(long, conflicts_with_all = ["within", "force"])]
    pub(crate) undo: bool,
}

#[derive(Debug, Args)]
pub(crate) struct HostsRemove {
    #[command(flatten)]
    pub(crate) of: OneHost,
    #[command(flatten)]
    pub(crate) pods: Pods,
    /// The host's name, typed, where nobody can be asked
    #[arg(long, value_name = "NAME")]
    pub(crate) confirm: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct HostsReset {
    #[command(flatten)]
    pub(crate) of: OfHosts,
    /// The environment's name, typed, where nobody can be asked
    #[arg(long, value_name = "NAME")]
    pub(crate) confirm: Option<String>,
}

/// Some of the hosts.
#[derive(Debug, Clone, Args)]
pub(crate) struct OfHosts {
    #[command(flatten)]
    pub(crate) file: File,
    /// Only hosts with this role
    #[arg(long, value_name = "ROLE", value_parser = host_role())]
    pub(crate) role: Vec<String>,
    /// Only this host
    #[arg(long, value_name = "NAME")]
    pub(crate) host: Vec<String>,
    /// How many hosts at once
    #[arg(long, value_name = "NUMBER", default_value_t = 20)]
    pub(crate) at_once: usize,
}

fn host_role() -> clap::builder::PossibleValuesParser {
    clap::builder::PossibleValuesParser::new(HostRole::ALL.map(HostRole::as_str))
}

#[derive(Debug, Args)]
pub(crate) struct HostsTrust {
    #[command(flatten)]
    pub(crate) of: OfHosts,
    /// Do not ask; trust whatever key a host shows now, unless another one is pinned
    #[arg(long, short)]
    pub(crate) yes: bool,
    /// Do not ask; trust the keys with these fingerprints and no others
    #[arg(long, value_name = "SHA256:…", conflicts_with = "yes")]
    pub(crate) fingerprint: Vec<String>,
    /// This host was installed anew: let its new key take the place of the pinned one
    #[arg(long, value_name = "NAME")]
    pub(crate) replace: Vec<String>,
}

#[derive(Debug, Args)]
pub(crate) struct HostsRun {
    #[command(flatten)]
    pub(crate) of: OfHosts,
    /// As root, through sudo where the user is somebody else
    #[arg(long)]
    pub(crate) sudo: bool,
    /// How long it may take on each host, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 600)]
    pub(crate) within: u64,
    /// The command
    #[arg(last = true, required = true, value_name = "COMMAND")]
    pub(crate) command: Vec<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Kubeconfig {
    #[command(flatten)]
    pub(crate) file: File,
    /// Write it there, for your eyes alone, instead of printing it
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct HostsSnapshot {
    #[command(flatten)]
    pub(crate) file: File,
    /// Bring it into this folder, for your eyes alone
    #[arg(long, value_name = "FOLDER")]
    pub(crate) to: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct HostsRestore {
    /// The snapshot, a file here
    #[arg(value_name = "SNAPSHOT")]
    pub(crate) snapshot: PathBuf,
    #[command(flatten)]
    pub(crate) file: File,
    /// The environment's name, typed, where nobody can be asked
    #[arg(long, value_name = "NAME")]
    pub(crate) confirm: Option<String>,
}
