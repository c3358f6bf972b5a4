//! What a host is, read in one round trip.
//!
//! One POSIX script goes to the host over standard input and answers a line for each fact; `parse` reads them strictly, so a host that
//! answers strangely is told, not guessed about. No rights are needed and nothing is changed. What the facts mean is for others to judge.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

use crate::command::Command;
use crate::error::HostError;
use crate::shell::Shell;

mod addresses;
mod parse;

pub use parse::FactsError;

/// What is run there.
const SCRIPT: &str = include_str!("facts/script.sh");
/// Enough for a host that is busy.
const PATIENCE: Duration = Duration::from_secs(30);

/// What a host is.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Facts {
    /// The name it gives itself.
    pub hostname: String,
    /// `/etc/machine-id`; clones may share one.
    pub machine_id: Option<String>,
    /// Another one after each start.
    pub boot_id: String,
    /// The distribution.
    pub os: Os,
    /// Release of the kernel.
    pub kernel: String,
    /// Architecture as the kernel names it, such as `x86_64`.
    pub architecture: String,
    /// Cores.
    pub cpus: u32,
    /// Memory, in bytes.
    pub memory: Memory,
    /// Disks that are mounted and not network or memory.
    pub disks: Vec<Disk>,
    /// Version of control groups.
    pub cgroup: Cgroup,
    /// Its clock.
    pub clock: Clock,
    /// Network interfaces.
    pub interfaces: Vec<Interface>,
    /// IPv4 routes.
    pub routes: Vec<Route>,
    /// Where servers listen for TCP.
    pub listening: BTreeSet<Listener>,
    /// Name servers.
    pub nameservers: Vec<String>,
    /// Modules of the kernel that are loaded.
    pub loaded: BTreeSet<String>,
    /// Modules that a cluster needs.
    pub modules: BTreeMap<String, Module>,
    /// Settings of the kernel that matter for a cluster.
    pub sysctls: BTreeMap<String, i64>,
    /// Programs that matter, with their paths.
    pub programs: BTreeMap<String, String>,
    /// Sockets of container runtimes.
    pub sockets: BTreeSet<String>,
    /// What starts and minds services: `systemd` or `other`.
    pub init: String,
    /// Units of systemd that are installed and matter.
    pub units: BTreeMap<String, Unit>,
    /// Mode of SELinux, where there is one.
    pub selinux: Option<String>,
    /// Whether the user may become root.
    pub sudo: Sudo,
}

/// A distribution, as `/etc/os-release` says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Os {
    /// Such as `debian`.
    pub id: String,
    /// Such as `12`; empty where there is none.
    pub version: String,
    /// What it descends from.
    pub like: Vec<String>,
    /// For people.
    pub name: String,
}

/// With its family, which follows from the rest.
impl Serialize for Os {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut os = serializer.serialize_struct("Os", 5)?;
        os.serialize_field("id", &self.id)?;
        os.serialize_field("version", &self.version)?;
        os.serialize_field("like", &self.like)?;
        os.serialize_field("name", &self.name)?;
        os.serialize_field("family", &self.family())?;
        os.end()
    }
}

/// Distributions whose packages and paths are alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Family {
    /// Debian, Ubuntu and what descends from them: dpkg and apt.
    Debian,
    /// RHEL, Fedora and what descends from them: rpm and dnf.
    Rhel,
}

impl Family {
    /// As it is called in texts.
    pub fn name(self) -> &'static str {
        match self {
            Self::Debian => "Debian's family",
            Self::Rhel => "the RHEL family",
        }
    }
}

impl Os {
    /// Its family, by the names that `/etc/os-release` gives; none when it is of neither. The scripts of [`packages`](crate::packages)
    /// judge by the same names.
    pub fn family(&self) -> Option<Family> {
        let is = |names: &[&str]| {
            let own = std::iter::once(&self.id).chain(&self.like);
            own.map(String::as_str).any(|name| names.contains(&name))
        };
        match () {
            () if is(&["rhel", "centos", "fedora"]) => Some(Family::Rhel),
            () if is(&["debian", "ubuntu"]) => Some(Family::Debian),
            () => None,
        }
    }
}

/// Memory, in bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Memory {
    /// All of it.
    pub total: u64,
    /// What new programs can have.
    pub available: u64,
    /// Swap that is on.
    pub swap: u64,
}

/// A mounted disk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Disk {
    /// The device.
    pub source: String,
    /// Where it is mounted.
    pub mount: String,
    /// Its size, in bytes.
    pub size: u64,
    /// What is free for users, in bytes.
    pub free: u64,
}

/// Version of control groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Cgroup {
    /// The old one, or both side by side.
    V1,
    /// The one that Kubernetes wants.
    V2,
    /// None is mounted.
    None,
}

/// The clock of a host against ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Clock {
    /// How far it is ahead of ours, in milliseconds; negative when it is behind.
    pub ahead: i64,
    /// By how much that may be wrong, in milliseconds: half of what the question took.
    pub uncertainty: u64,
}

/// A network interface.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Interface {
    /// Its name.
    pub name: String,
    /// Longest packet, in bytes.
    pub mtu: u32,
    /// Addresses with the bits of their networks.
    pub addresses: Vec<InterfaceAddress>,
}

/// An address with the bits of its network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct InterfaceAddress {
    /// The address.
    pub ip: IpAddr,
    /// Bits that the addresses of its network share.
    pub bits: u8,
}

/// A route.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Route {
    /// The network, or `default`.
    pub to: String,
    /// The next router.
    pub via: Option<String>,
    /// The interface.
    pub device: Option<String>,
}

/// Where a server listens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Listener {
    /// Its port.
    pub port: u16,
    /// Its address; `0.0.0.0` and `::` are all addresses.
    pub ip: IpAddr,
}

/// State of a module of the kernel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Module {
    /// It is there, loaded or built in.
    Loaded,
    /// `modprobe` would load it.
    Loadable,
    /// The kernel does not have it.
    Missing,
    /// Nothing on the host tells.
    Unknown,
}

/// State of a unit of systemd.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Unit {
    /// Such as `active` or `failed`.
    pub active: String,
    /// Such as `enabled` or `masked`.
    pub file: String,
}

/// Whether the user may become root.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Sudo {
    /// It is root.
    Root,
    /// By sudo, without a password.
    Allowed,
    /// It may not, with what sudo says.
    Refused(String),
}

impl Facts {
    /// The disk on which a path lies: that with the longest mount point above it.
    pub fn disk_of(&self, path: &str) -> Option<&Disk> {
        let above = |disk: &&Disk| {
            let mount = disk.mount.trim_end_matches('/');
            path == mount
                || path
                    .strip_prefix(mount)
                    .is_some_and(|rest| rest.starts_with('/'))
        };
        let disks = self.disks.iter().filter(above);
        disks.max_by_key(|disk| disk.mount.len())
    }

    /// Every address of its interfaces.
    pub fn addresses(&self) -> impl Iterator<Item = IpAddr> {
        let interfaces = self.interfaces.iter();
        interfaces.flat_map(|interface| interface.addresses.iter().map(|address| address.ip))
    }

    /// The interface that has an address.
    pub fn interface_of(&self, ip: IpAddr) -> Option<&Interface> {
        let has = |interface: &&Interface| interface.addresses.iter().any(|each| each.ip == ip);
        self.interfaces.iter().find(has)
    }
}

/// Asks a host what it is.
///
/// # Errors
/// It could not be asked, or it answers what is not understood.
pub async fn facts(shell: &dyn Shell) -> Result<Facts, HostError> {
    let what = "look at facts";
    let command = Command::new(what, ["sh", "-s"]).input(SCRIPT);
    let output = shell.run(&command.within(PATIENCE)).await?;
    let output = output.succeeded(shell.host(), what)?;
    let (sent, first) = output.times;
    let took = first.map_or(Duration::ZERO, |first| first.duration_since(sent));
    let sent = SystemTime::now() - sent.elapsed();
    let ours = (sent + took / 2).duration_since(UNIX_EPOCH);
    let ours = ours.unwrap_or_default();
    let told = Told {
        text: &output.text(),
        ours,
        took,
    };
    parse::parse(&told).map_err(|error| HostError::Unexpected {
        host: shell.host().to_owned(),
        what: what.to_owned(),
        problem: error.to_string(),
    })
}

/// The answer of a host, and when it came.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Told<'a> {
    /// What it wrote.
    pub(crate) text: &'a str,
    /// Our time in the middle of the question, since 1970.
    pub(crate) ours: Duration,
    /// How long the question took.
    pub(crate) took: Duration,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_distribution_is_told_with_its_family() {
        let os = |id: &str| {
            let id = id.to_owned();
            serde_json::json!(Os {
                id,
                ..Os::default()
            })
        };
        assert_eq!(os("rocky")["family"], serde_json::Value::Null);
        assert_eq!(os("rhel")["family"], "rhel");
        assert_eq!(os("debian")["family"], "debian");
    }

    #[test]
    fn a_family_is_known_by_what_a_distribution_descends_from() {
        let family = |id: &str, like: &str| {
            let like = like.split_whitespace().map(str::to_owned).collect();
            let id = id.to_owned();
            Os {
                id,
                like,
                ..Os::default()
            }
            .family()
        };
        for (id, like) in [
            ("rhel", "fedora"),
            ("rocky", "rhel centos fedora"),
            ("almalinux", "rhel centos fedora"),
            ("ol", "fedora"),
            ("centos", "rhel fedora"),
            ("fedora", ""),
        ] {
            assert_eq!(family(id, like), Some(Family::Rhel), "{id}");
        }
        assert_eq!(family("debian", ""), Some(Family::Debian));
        assert_eq!(family("linuxmint", "ubuntu debian"), Some(Family::Debian));
        assert_eq!(family("opensuse-leap", "suse opensuse"), None);
        assert_eq!(family("", ""), None);
    }
}
