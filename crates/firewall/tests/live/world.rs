//! Namespaces that play hosts and others, all on one cable.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream};
use std::process::Command;
use std::time::Duration;

use mosipctl_firewall::{Circumstances, Told, Wall};
use mosipctl_site::{Namespace, TestNamespace, lacks_programs};
use mosipctl_spec::Document;
use mosipctl_spec::hosts::HostsFile;

const EXAMPLE: &str = include_str!("../../../../examples/hosts.yaml");
/// How long a connection is waited for that should not come about: namespaces of one machine answer in a moment.
const IMPATIENCE: Duration = Duration::from_millis(500);
/// How long one that should, on a machine with much to do.
const PATIENCE: Duration = Duration::from_secs(20);
/// Who is no host: an admin, a stranger in the same network, a peer of the VPN, a pod that comes without its node.
pub(crate) const OUTSIDERS: [(&str, &str); 4] = [
    ("admin", "203.0.113.5"),
    ("stranger", "192.0.2.200"),
    ("peer", "10.13.13.7"),
    ("pod", "10.42.9.9"),
];

pub(crate) fn said(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {errors}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// The bastion is known to hosts behind it by another address than to us.
pub(crate) fn wall() -> Wall {
    let document = Document {
        name: "hosts.yaml",
        text: EXAMPLE,
    };
    let file = HostsFile::read(&document).unwrap_or_else(|complaint| panic!("{complaint}"));
    let told = Told {
        addresses: BTreeSet::from(["192.0.2.9".parse().unwrap()]),
        ssh_port: None,
    };
    let circumstances = Circumstances {
        told: BTreeMap::from([("bastion".to_owned(), told)]),
        vpn_port: Some(51820),
        ..Circumstances::default()
    };
    Wall::new(&file, circumstances).unwrap()
}

/// Everybody on one cable.
pub(crate) struct World {
    _cable: TestNamespace,
    places: BTreeMap<String, TestNamespace>,
    /// What listens; nobody takes the connections, they come about all the same.
    _listeners: Vec<TcpListener>,
}

impl World {
    pub(crate) fn make(wall: &Wall, ports: &BTreeSet<u16>) -> Self {
        let cable = TestNamespace::make().unwrap();
        cable.ip("link add bridge type bridge").unwrap();
        cable.ip("link set bridge up").unwrap();
        let mut places = BTreeMap::new();
        for (name, address) in OUTSIDERS {
            let addresses = [address.parse().unwrap()];
            places.insert(name.to_owned(), place(&cable, &addresses));
        }
        let mut listeners = Vec::new();
        for host in wall.hosts() {
            let own = place(&cable, wall.addresses(host.name.as_str()));
            listeners.extend(own.inside(|| listen(ports)).unwrap());
            let file = tempfile(&wall.rules(host));
            // twice: the second time takes the place of the first
            for _ in 0..2 {
                said(own.command("nft").arg("-f").arg(file.path()));
            }
            places.insert(host.name.to_string(), own);
        }
        Self {
            _cable: cable,
            places,
            _listeners: listeners,
        }
    }

    pub(crate) fn place(&self, name: &str) -> &Namespace {
        &self.places[name]
    }
}

pub(crate) fn tempfile(text: &str) -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), text).unwrap();
    file
}

/// A namespace with these addresses, for which everybody is on the cable. It speaks from the last one.
fn place(cable: &Namespace, addresses: &[IpAddr]) -> TestNamespace {
    let own = TestNamespace::make().unwrap();
    let port = format!("p{}", addresses[0].to_string().replace('.', "-"));
    let plug = format!(
        "link add {port} type veth peer name eth0 netns {}",
        own.name()
    );
    cable.ip(&plug).unwrap();
    cable
        .ip(&format!("link set {port} master bridge up"))
        .unwrap();
    for address in addresses {
        own.ip(&format!("addr add {address}/32 dev eth0")).unwrap();
    }
    own.ip("link set eth0 up").unwrap();
    let from = addresses.last().unwrap();
    own.ip(&format!("route add default dev eth0 src {from}"))
        .unwrap();
    own
}

pub(crate) fn listen(ports: &BTreeSet<u16>) -> Vec<TcpListener> {
    let listeners = ports
        .iter()
        .map(|port| TcpListener::bind(("0.0.0.0", *port)));
    listeners.collect::<Result<_, _>>().unwrap()
}

fn connects(to: SocketAddr, patience: Duration) -> bool {
    TcpStream::connect_timeout(&to, patience).is_ok()
}

/// Everywhere that somebody can get to of these, all tried at once.
pub(crate) fn reached(place: &Namespace, wanted: &[(SocketAddr, bool)]) -> Vec<bool> {
    let attempt = |(to, is_expected): (SocketAddr, bool)| {
        connects(to, IMPATIENCE) || (is_expected && connects(to, PATIENCE))
    };
    let all = || {
        std::thread::scope(|scope| {
            let threads: Vec<_> = wanted
                .iter()
                .map(|each| scope.spawn(|| attempt(*each)))
                .collect();
            threads
                .into_iter()
                .map(|thread| thread.join().unwrap())
                .collect()
        })
    };
    place.inside(all).unwrap()
}

pub(crate) fn lacks() -> bool {
    let lacking = lacks_programs(&[("ip", "iproute2"), ("nft", "nftables")]);
    if let Some(reason) = &lacking {
        eprintln!("skipped: {reason}");
    }
    lacking.is_some()
}
