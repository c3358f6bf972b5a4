//! The VPN on a bastion.

use std::net::Ipv4Addr;

use mosipctl_hosts::FileOnHost;
use mosipctl_vpn::{
    Bastion, FOLDER, KEEPER, KEEPER_SERVICE, KEEPER_TIMER, PrivateKey, SCRIPT, Settings,
};

use crate::item::{Item, Script};
use crate::work::{Task, Work};

/// Packages of a bastion, by Debian's names. wg-quick asks for ip, nft and sysctl.
const PACKAGES: [&str; 4] = ["wireguard-tools", "iproute2", "nftables", "procps"];
/// WireGuard for kernels that have none; wg-quick finds it by itself.
const WITHOUT_KERNEL: &str = "wireguard-go";

/// The VPN as bastions are to have it now. Its first file holds the private key; none of it is shown.
#[derive(Debug, Clone)]
pub struct Tunnel {
    pub(crate) interface: String,
    /// The bastion's own address in it.
    pub(crate) address: Ipv4Addr,
    /// The UDP port at which peers knock.
    pub(crate) port: u16,
    files: Vec<FileOnHost>,
    /// Which list of peers this is.
    edition: u64,
}

impl Tunnel {
    /// The VPN with the peers that may come in.
    pub fn new(bastion: &Bastion<'_>, settings: &Settings, private_key: &PrivateKey) -> Self {
        let mut files: Vec<FileOnHost> = bastion
            .files(private_key, FOLDER)
            .into_iter()
            .map(|file| {
                let path = format!("{FOLDER}/{}", file.name);
                FileOnHost::new(path, file.text.as_bytes()).mode(file.mode)
            })
            .collect();
        // whoever finds the configuration finds the rules that it loads
        files.reverse();
        Self {
            interface: settings.interface().to_owned(),
            address: settings.server_address(),
            port: settings.port(),
            files,
            edition: bastion.edition(),
        }
    }

    /// What is to be true of a bastion, beside its packages.
    pub(crate) fn items(&self) -> Vec<Item> {
        let interface = &self.interface;
        let timer = format!("mosipctl-vpn@{interface}.timer");
        let mut items = vec![Item::Script(self.newer())];
        items.extend(self.files.iter().cloned().map(Item::File));
        let unit = |name: &str| format!("/etc/systemd/system/mosipctl-vpn@.{name}");
        items.extend([
            Item::File(FileOnHost::new(KEEPER, SCRIPT).mode(0o755)),
            Item::File(FileOnHost::new(unit("service"), KEEPER_SERVICE)),
            Item::File(FileOnHost::new(unit("timer"), KEEPER_TIMER)),
            Item::Script(Script::reads_unit(&timer)),
            Item::Steady(format!("wg-quick@{interface}")),
            Item::Steady(timer),
            Item::Script(self.mend()),
        ]);
        items
    }

    /// A run that began before somebody was revoked must not bring them back.
    fn newer(&self) -> Script {
        let (interface, edition) = (&self.interface, self.edition);
        let there = format!(
            "there=$(awk '/^# edition /{{ print $3; exit }}' {FOLDER}/{interface}.conf 2> /dev/null) || :; [ \"${{there:-0}}\" -le {edition} ]"
        );
        Script {
            what: "see that it knows no newer list of peers".to_owned(),
            check: format!(
                "if [ -e {FOLDER}/{interface}.conf ]; then {there} || echo 'it knows a newer list of peers'; else echo absent; fi"
            ),
            run: format!(
                "{there} || {{ echo 'it does; run this again, from the state folder in which peers were changed last' >&2; exit 1; }}"
            ),
        }
    }

    /// Makes what runs as the files say.
    fn mend(&self) -> Script {
        let interface = &self.interface;
        Script {
            what: "tell WireGuard its peers".to_owned(),
            check: format!(
                "if [ -x {KEEPER} ]; then {KEEPER} check {interface}; else echo absent; fi"
            ),
            run: format!("{KEEPER} {interface}"),
        }
    }
}

/// The VPN of a bastion.
pub(crate) fn work(host: &str, tunnel: &Tunnel) -> Work {
    let title = format!("let peers of the VPN in at {host}");
    let work = Work::new(host, "vpn", title, Task::Items(tunnel.items()));
    work.after(&["packages"]).taking(2)
}

/// Packages of a bastion.
pub(crate) fn packages(has_wireguard: bool) -> impl Iterator<Item = &'static str> {
    let more = (!has_wireguard).then_some(WITHOUT_KERNEL);
    PACKAGES.into_iter().chain(more)
}
