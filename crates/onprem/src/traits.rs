//! What of a host decides how it is set up, beside its facts.

use std::collections::BTreeSet;
use std::net::IpAddr;

use mosipctl_hosts::facts::{Cgroup, Family, Module};
use mosipctl_hosts::{Command, Facts, HostError, Shell, way_in};
use mosipctl_spec::hosts::Network;

use crate::cluster::IS_MEMBER;
use crate::family::Selinux;
use crate::time::Clock;

/// Modules of the kernel that a node wants: for the file systems of containers, and for packets on bridges.
const MODULES: [&str; 2] = ["overlay", "br_netfilter"];

/// The interface of a host that was not asked.
const USUAL_INTERFACE: &str = "eth0";

/// What of a host decides how it is set up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Traits {
    /// Whose packages and paths it has. One of neither family counts as Debian's: the driver of packages tells it when there is no dpkg.
    pub family: Family,
    /// SELinux is at work.
    pub(crate) selinux: Selinux,
    /// What sets its clock.
    pub(crate) clock: Clock,
    /// Its architecture as the kernel names it, such as `x86_64`.
    pub architecture: String,
    /// Its control groups are of the first version, which kubelet takes only when told to.
    pub old_cgroups: bool,
    /// Nobody there may make a process less likely to be killed when memory runs out, which containerd tries for each pod.
    pub keeps_oom_score: bool,
    /// The size of the table of connections can be set.
    pub sets_conntrack: bool,
    /// The kernel hands packets of bridges to its filter.
    pub has_bridge_filter: bool,
    /// The kernel can serve NFS.
    pub serves_nfs: bool,
    /// Modules that can be loaded; what is built in needs none.
    pub modules: BTreeSet<String>,
    /// Its kernel speaks WireGuard.
    pub has_wireguard: bool,
    /// It is a member of the cluster.
    pub is_member: bool,
    /// It was begun to make it one.
    pub is_begun: bool,
    /// The address that other hosts reach it at.
    pub ip: Option<IpAddr>,
    /// All its addresses: it may speak to others from any of them.
    pub addresses: BTreeSet<IpAddr>,
    /// Its networks, each with the interface that it is behind.
    pub networks: Vec<(String, Network)>,
    /// Longest packet of the network in which other hosts reach it, in bytes.
    pub mtu: Option<u32>,
    /// The public half of its key in the mesh.
    pub mesh_key: Option<String>,
    /// Where its sshd listens.
    pub ssh_port: Option<u16>,
}

impl Default for Traits {
    /// Those of a usual server, for plans that ask no host.
    fn default() -> Self {
        Self {
            family: Family::Debian,
            selinux: Selinux::Off,
            clock: Clock::Chrony,
            architecture: "x86_64".to_owned(),
            old_cgroups: false,
            keeps_oom_score: false,
            sets_conntrack: true,
            has_bridge_filter: true,
            serves_nfs: true,
            modules: MODULES.map(str::to_owned).into(),
            has_wireguard: true,
            is_member: false,
            is_begun: false,
            ip: None,
            addresses: BTreeSet::new(),
            networks: Vec::new(),
            mtu: None,
            mesh_key: None,
            ssh_port: None,
        }
    }
}

/// Each line is something that is so.
const SCRIPT: &str = r#"
( echo -999 > /proc/self/oom_score_adj ) 2> /dev/null || echo keeps-oom-score
now=$(cat /proc/sys/net/netfilter/nf_conntrack_max 2> /dev/null) || now=
if [ -z "$now" ] || ( echo "$now" > /proc/sys/net/netfilter/nf_conntrack_max ) 2> /dev/null; then echo sets-conntrack; fi
if [ -e /proc/sys/net/bridge ] || modprobe -n -q br_netfilter 2> /dev/null; then echo has-bridge-filter; fi
if grep -qw nfsd /proc/filesystems || modprobe -n -q nfsd 2> /dev/null; then echo serves-nfs; fi
if IS_MEMBER; then echo is-member; fi
if [ -e /var/lib/mosipctl/begun ]; then echo is-begun; fi
if [ -s /etc/mosipctl/mesh.pub ]; then echo "mesh-key $(cat /etc/mosipctl/mesh.pub)"; fi
exit 0
"#;

impl Traits {
    /// Why nobody knows whether such a host becomes what it should; none where one like it did.
    pub fn unproven(&self) -> Option<String> {
        let why = |family: Family| format!("a host of {}, and none ran here", family.name());
        (self.family != Family::Debian).then(|| why(self.family))
    }

    /// Asks a host. It changes nothing: what is written is what was there.
    ///
    /// # Errors
    /// The host cannot be asked, or its user may not become root.
    pub async fn of(
        shell: &dyn Shell,
        facts: &Facts,
        address: Option<IpAddr>,
    ) -> Result<Self, HostError> {
        let what = "look at its kernel";
        let command = Command::line(what, SCRIPT.replace("IS_MEMBER", IS_MEMBER)).as_root();
        let output = shell.run(&command).await?.succeeded(shell.host(), what)?;
        let way = way_in(shell).await?;
        Ok(Self {
            ssh_port: Some(way.port),
            ..Self::read(&output.text(), facts, address)
        })
    }

    /// The interface for one more address: that whose network holds it, else that of the host's own address.
    pub(crate) fn interface_for(&self, address: IpAddr, own: IpAddr) -> &str {
        let behind = |address: IpAddr| {
            let mut networks = self.networks.iter();
            let found = networks.find(|(_, network)| network.contains(address));
            found.map(|(interface, _)| interface.as_str())
        };
        behind(address)
            .or_else(|| behind(own))
            .unwrap_or(USUAL_INTERFACE)
    }

    fn read(text: &str, facts: &Facts, address: Option<IpAddr>) -> Self {
        let says = |word: &str| text.lines().any(|line| line.trim() == word);
        let mut lines = text.lines();
        let mesh_key = lines.find_map(|line| line.strip_prefix("mesh-key "));
        let ip = own_address(facts, address);
        let interface = ip.and_then(|ip| facts.interface_of(ip));
        Self {
            family: facts.os.family().unwrap_or(Family::Debian),
            selinux: Selinux::of(facts.selinux.as_deref()),
            clock: Clock::of(&facts.units),
            architecture: facts.architecture.clone(),
            old_cgroups: facts.cgroup == Cgroup::V1,
            keeps_oom_score: says("keeps-oom-score"),
            sets_conntrack: says("sets-conntrack"),
            has_bridge_filter: says("has-bridge-filter"),
            serves_nfs: says("serves-nfs"),
            modules: modules(facts),
            has_wireguard: matches!(
                facts.modules.get("wireguard"),
                Some(Module::Loaded | Module::Loadable)
            ),
            is_member: says("is-member"),
            is_begun: says("is-begun"),
            ip,
            mtu: interface.map(|interface| interface.mtu),
            mesh_key: mesh_key.map(|key| key.trim().to_owned()),
            addresses: facts.addresses().collect(),
            networks: networks(facts),
            ssh_port: None,
        }
    }
}

fn networks(facts: &Facts) -> Vec<(String, Network)> {
    let all = facts.interfaces.iter().flat_map(|interface| {
        let own = interface.addresses.iter();
        let own = own.filter_map(|each| Network::around(each.ip, each.bits));
        own.map(|network| (interface.name.clone(), network))
    });
    all.collect()
}

/// Those that a node wants and that this host has as modules.
fn modules(facts: &Facts) -> BTreeSet<String> {
    let is_module = |name: &&str| {
        let loadable = facts.modules.get(*name) == Some(&Module::Loadable);
        loadable || facts.loaded.contains(*name)
    };
    let modules = MODULES.into_iter().filter(is_module);
    modules.map(str::to_owned).collect()
}

/// The address of the hosts file where the host bears it itself; else, as behind a translation of addresses, that of its way out.
fn own_address(facts: &Facts, address: Option<IpAddr>) -> Option<IpAddr> {
    if let Some(address) = address.filter(|ip| facts.interface_of(*ip).is_some()) {
        return Some(address);
    }
    let way_out = facts.routes.iter().find(|route| route.to == "default")?;
    let device = way_out.device.as_deref()?;
    let interface = facts.interfaces.iter().find(|each| each.name == device)?;
    let first = interface.addresses.iter().find(|each| each.ip.is_ipv4());
    first.map(|each| each.ip)
}
