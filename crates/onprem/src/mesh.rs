//! WireGuard between each two nodes, for the packets of pods.
//!
//! Each node makes its key itself, and nobody else sees the private half. A tunnel takes packets by the addresses of pods that the cluster
//! gave to the node at its end, so it is written when all nodes are members.

use std::collections::BTreeMap;
use std::fmt::Write;

use mosipctl_hosts::{Command, FileOnHost, Hosts, Shell};
use mosipctl_spec::hosts::Host;

use crate::error::OnpremError;
use crate::ground::Ground;
use crate::item::{HEAD, Item, Script};
use crate::kubeadm::bracketed;
use crate::work::{Task, Work, fact};

/// The interface, and the name of its file.
pub(crate) const INTERFACE: &str = "mosipctl-mesh";
/// The public half of a node's key.
const PUBLIC: &str = "/etc/mosipctl/mesh.pub";
/// The private half, for root of that node alone.
const PRIVATE: &str = "/etc/mosipctl/mesh.key";
/// What WireGuard adds to a packet, over IPv6: 40 bytes of IP, 8 of UDP, 32 of its own.
const OVERHEAD: u32 = 80;
/// Longest packet of a usual network, where a host did not tell that of its own.
const USUAL_MTU: u32 = 1500;

/// How nodes are joined by tunnels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mesh {
    /// UDP port of every node.
    pub port: u16,
    /// Longest packet that fits into a tunnel.
    pub mtu: u32,
    /// Each node with the address at which others find it.
    pub nodes: Vec<(String, String)>,
}

impl Ground<'_> {
    /// The mesh, where the hosts file wants one.
    pub(crate) fn mesh(&self, nodes: &[&Host]) -> Result<Option<Mesh>, OnpremError> {
        let Some(wanted) = &self.hosts_file.spec.mesh else {
            return Ok(None);
        };
        let all = nodes.iter().map(|host| self.traits_of(host).mtu);
        let mtu = all.map(|mtu| mtu.unwrap_or(USUAL_MTU)).min();
        Ok(Some(Mesh {
            port: wanted.port,
            mtu: mtu.unwrap_or(USUAL_MTU) - OVERHEAD,
            nodes: self.addresses().named(nodes.iter().copied())?,
        }))
    }
}

/// The key of a node, and its tunnels to all others.
pub(crate) fn works(host: &str, mesh: &Mesh) -> [Work; 2] {
    let key = Item::Script(Script {
        what: "make its key of the mesh".to_owned(),
        check: format!("[ -s {PRIVATE} ] && [ -s {PUBLIC} ] || echo absent"),
        run: format!(
            "umask 077 && mkdir -p /etc/mosipctl && wg genkey > {PRIVATE}.new && wg pubkey < {PRIVATE}.new > {PUBLIC} && mv {PRIVATE}.new {PRIVATE}"
        ),
    });
    let title = format!("make the key of {host} for tunnels to other nodes");
    let key = Work::new(host, "mesh-key", title, Task::Items(vec![key])).after(&["packages"]);
    let ready = mesh.nodes.iter();
    let ready = ready.flat_map(|(node, _)| [fact(node, "mesh-key"), fact(node, "member")]);
    let title = format!("dig tunnels from {host} to all other nodes");
    let tunnels = Work::new(host, "mesh", title, Task::Mesh(mesh.clone())).needing(ready);
    [key, tunnels]
}

/// The tunnels of a node: to each other one whose key and addresses of pods are known. None before it has addresses itself.
pub(crate) fn items(
    host: &str,
    mesh: &Mesh,
    keys: &BTreeMap<String, String>,
    pods_of: impl Fn(&str) -> Option<String>,
) -> Vec<Item> {
    let Some(own) = pods_of(host) else {
        return Vec::new();
    };
    // no pod has the first address of its network, so it is the node's own in the mesh
    let first = own.split('/').next().unwrap_or_default();
    let bits = if first.contains(':') { 128 } else { 32 };
    let (port, mtu) = (mesh.port, mesh.mtu);
    let mut text = format!(
        "{HEAD}[Interface]\nAddress = {first}/{bits}\nListenPort = {port}\nMTU = {mtu}\nTable = off\n\
         PostUp = wg set %i private-key {PRIVATE}\n\
         PostUp = if [ -x /usr/local/lib/mosipctl/routes ]; then /usr/local/lib/mosipctl/routes; fi\n"
    );
    let others = mesh.nodes.iter().filter(|(name, _)| name != host);
    for (name, address) in others {
        if let (Some(key), Some(pods)) = (keys.get(name), pods_of(name)) {
            let address = bracketed(address);
            let _ = write!(
                text,
                "\n# {name}\n[Peer]\nPublicKey = {key}\nEndpoint = {address}:{port}\nAllowedIPs = {pods}\n"
            );
        }
    }
    vec![
        Item::File(FileOnHost::new(format!("/etc/wireguard/{INTERFACE}.conf"), text).mode(0o600)),
        Item::Unit(format!("wg-quick@{INTERFACE}")),
    ]
}

/// Asks all nodes for the public half of their keys.
pub(crate) async fn keys(
    hosts: &Hosts,
    mesh: &Mesh,
) -> Result<BTreeMap<String, String>, OnpremError> {
    let what = "ask for its key of the mesh";
    let mut keys = BTreeMap::new();
    for (name, _) in &mesh.nodes {
        let connection = hosts.connection(name).await?;
        let command = Command::new(what, ["cat", "--", PUBLIC]).as_root();
        let output = connection.run(&command).await?;
        let text = output.succeeded(name, what)?.text();
        keys.insert(name.clone(), text.trim().to_owned());
    }
    Ok(keys)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_has_a_tunnel_to_each_other_whose_key_is_known() {
        let mesh = Mesh {
            port: 51821,
            mtu: 1420,
            nodes: [
                ("cp1", "192.0.2.11"),
                ("w1", "192.0.2.12"),
                ("w2", "192.0.2.13"),
            ]
            .map(|(name, address)| (name.to_owned(), address.to_owned()))
            .into(),
        };
        let keys = [("cp1", "key of cp1"), ("w1", "key of w1")];
        let keys = keys
            .map(|(name, key)| (name.to_owned(), key.to_owned()))
            .into();
        let pods_of = |name: &str| match name {
            "cp1" => Some("10.42.0.0/24".to_owned()),
            "w1" => Some("10.42.1.0/24".to_owned()),
            _ => None,
        };
        let items_of = |host: &str| items(host, &mesh, &keys, pods_of);
        let [Item::File(file), Item::Unit(_)] = &items_of("w1")[..] else {
            panic!("no file and unit")
        };
        let text = String::from_utf8_lossy(&file.content);
        let peer = "[Peer]\nPublicKey = key of cp1\nEndpoint = 192.0.2.11:51821\nAllowedIPs = 10.42.0.0/24\n";
        assert!(text.ends_with(peer) && !text.contains("w2"), "{text}");
        assert!(text.contains("Address = 10.42.1.0/32\n"), "{text}");
        assert!(items_of("w2").is_empty());
    }
}
