//! Making a host a member of the cluster, and what members need.

use std::collections::BTreeMap;
use std::time::Duration;

use mosipctl_hosts::{Command, FileOnHost, HostError, Output, Shell};
use serde_json::json;

use super::node::Half;
use super::{ControlPlanes, Node, node};
use crate::error::OnpremError;
use crate::item::{Item, Script};
use crate::kubeadm;
use crate::mesh::{self, Mesh};
use crate::work::{Found, Join, Marks, Network, Routes};

/// Puts routes in place, and the rule by which pods reach what is outside.
const ROUTES: &str = include_str!("routes.sh");
const ROUTES_UNIT: &str = include_str!("routes.service");
/// How long the cluster may take to know a node that has joined.
const KNOWN: Duration = Duration::from_secs(60);
/// Where the plugin's configuration lies.
const PLUGIN: &str = "/etc/cni/net.d/10-mosipctl.conflist";

impl ControlPlanes {
    /// Makes the first control plane.
    pub(crate) async fn found(&self, host: &str, found: &Found) -> Result<(), OnpremError> {
        let command = self.distribution.found(found);
        let output = self.become_member(host, command).await?;
        let what = "make the first control plane";
        Ok(output.succeeded(host, what).map(drop)?)
    }

    /// Makes a host join.
    pub(crate) async fn join(&self, host: &str, join: &Join) -> Result<(), OnpremError> {
        let connection = self.hosts.connection(host).await?;
        let patience = self.distribution.patience();
        let half = node::half_when_settled(connection.as_ref(), patience).await?;
        let is_known = self.nodes().await?.contains_key(host);
        if is_known && half == Half::Member {
            return Ok(());
        }
        let goes_on = self.distribution.goes_on();
        let peer = join.control_plane.as_deref();
        let is_left_over = match goes_on {
            true => is_known && half == Half::Nothing,
            false => is_known || peer.is_some(),
        };
        if is_left_over {
            // it was installed anew under its old name, or it is half a member: while that half still runs, the rest can decide
            self.forget(host, peer).await?;
        }
        let command = self.distribution.join(self, host, join).await?;
        let output = self.become_member(host, command).await?;
        if !output.ended.is_success() && peer.is_some() && !goes_on {
            // etcd takes one new member at a time, and others wait; what is told is why this one failed
            drop(self.forget(host, peer).await);
        }
        Ok(output.succeeded(host, "join the cluster").map(drop)?)
    }

    async fn become_member(&self, host: &str, command: Command) -> Result<Output, HostError> {
        let connection = self.hosts.connection(host).await?;
        let command = command.as_root().within(self.distribution.patience());
        connection.run(&command).await
    }

    /// Takes a node that is no more out of the cluster, and its etcd out of the others'. `address` is that of its control plane, where
    /// it is known: etcd learns the name of a member from the member itself.
    pub(crate) async fn forget(
        &self,
        node: &str,
        address: Option<&str>,
    ) -> Result<(), OnpremError> {
        let what = format!("take node `{node}` out of the cluster");
        let peer = address.map(|address| format!("https://{}:2380", kubeadm::bracketed(address)));
        let line = self.distribution.forget().replace("NODE", node);
        let line = line.replace("PEER", peer.as_deref().unwrap_or("none"));
        let told = self.ask_others(node, &what, &line, KNOWN).await;
        told.map(drop)
    }

    /// What gives the pods of a host a network, with the addresses that the cluster gave to it.
    pub(crate) async fn network(
        &self,
        host: &str,
        network: Network,
    ) -> Result<Vec<Item>, OnpremError> {
        let nodes = self.nodes_with_pods(&[host]).await?;
        let pods = nodes.get(host).and_then(|node| node.pods.clone());
        let pods = pods.ok_or_else(|| OnpremError::Unexpected {
            what: format!("give pods of `{host}` a network"),
            problem: "the cluster gave it no addresses".to_owned(),
        })?;
        Ok(plugin(&pods, network))
    }

    /// The tunnels of a host to all others, whose keys these are.
    pub(crate) async fn tunnels(
        &self,
        host: &str,
        mesh: &Mesh,
        keys: &BTreeMap<String, String>,
    ) -> Result<Vec<Item>, OnpremError> {
        let names: Vec<&str> = mesh.nodes.iter().map(|(name, _)| name.as_str()).collect();
        let nodes = self.nodes_with_pods(&names).await?;
        let pods_of = |name: &str| nodes.get(name).and_then(|node| node.pods.clone());
        Ok(mesh::items(host, mesh, keys, pods_of))
    }

    /// What tells a host the way to the pods of all others.
    pub(crate) async fn routes(
        &self,
        host: &str,
        routes: &Routes,
    ) -> Result<Vec<Item>, OnpremError> {
        let names: Vec<&str> = routes.nodes.iter().map(|(name, _)| name.as_str()).collect();
        let nodes = self.nodes_with_pods(&names).await?;
        let pods_of = |name: &str| nodes.get(name).and_then(|node| node.pods.clone());
        Ok(way(host, routes, pods_of))
    }

    /// The cluster's nodes, when it has given addresses for pods to all of these.
    async fn nodes_with_pods(&self, names: &[&str]) -> Result<BTreeMap<String, Node>, OnpremError> {
        let nodes = self.nodes().await?;
        let lacks = |name: &&&str| nodes.get(**name).is_none_or(|node| node.pods.is_none());
        let lacking: Vec<&&str> = names.iter().filter(lacks).collect();
        if lacking.is_empty() {
            return Ok(nodes);
        }
        for name in lacking {
            self.wait(name, "jsonpath='{.spec.podCIDR}'", KNOWN).await?;
        }
        self.nodes().await
    }

    /// Makes a node bear labels and taints.
    pub(crate) async fn mark(&self, node: &str, marks: &Marks) -> Result<(), OnpremError> {
        let quoted = |words: &[String]| {
            let words = words.iter().map(|word| format!("'{word}'"));
            words.collect::<Vec<_>>().join(" ")
        };
        let mut lines = Vec::new();
        if !marks.labels.is_empty() {
            let labels = quoted(&marks.labels);
            lines.push(format!(
                "kubectl label --overwrite node/{node} {labels} > /dev/null"
            ));
        }
        for taint in &marks.taints {
            let set = format!("kubectl taint --overwrite node/{node} '{taint}' > /dev/null");
            // to take away what is not there is an error
            lines.push(match taint.ends_with('-') {
                true => format!("{{ {set} 2>&1 || :; }}"),
                false => set,
            });
        }
        if lines.is_empty() {
            return Ok(());
        }
        let what = format!("label node `{node}`");
        self.ask(&what, &lines.join(" && "), KNOWN).await.map(drop)
    }
}

/// The bridge of a host and the addresses on it.
pub(crate) fn plugin(pods: &str, network: Network) -> Vec<Item> {
    let mut bridge = json!({
        "type": "bridge", "bridge": "cni0", "isGateway": true, "hairpinMode": true,
        "ipam": {"type": "host-local", "ranges": [[{"subnet": pods}]], "routes": [{"dst": "0.0.0.0/0"}]},
    });
    if let Some(mtu) = network.mtu {
        bridge["mtu"] = json!(mtu);
    }
    let ports = json!({"type": "portmap", "capabilities": {"portMappings": true}});
    let list = json!({"cniVersion": "1.0.0", "name": "mosipctl", "plugins": [bridge, ports]});
    vec![Item::File(FileOnHost::new(PLUGIN, format!("{list}\n")))]
}

/// Routes to the pods of other nodes.
pub(crate) fn way(
    host: &str,
    routes: &Routes,
    pods_of: impl Fn(&str) -> Option<String>,
) -> Vec<Item> {
    let others = routes.nodes.iter().filter(|(name, _)| name != host);
    let lines = others.filter_map(|(name, via)| {
        let way = routes.through.unwrap_or(via);
        Some(format!("{} {way}\n", pods_of(name)?))
    });
    let table: String = lines.collect();
    let script = ROUTES.replace("@PODS@", &routes.pods);
    vec![
        Item::File(FileOnHost::new("/etc/mosipctl/routes", table)),
        Item::File(FileOnHost::new("/usr/local/lib/mosipctl/routes", script).mode(0o755)),
        Item::File(FileOnHost::new(
            "/etc/systemd/system/mosipctl-routes.service",
            ROUTES_UNIT,
        )),
        Item::Script(Script::reads_unit("mosipctl-routes")),
        Item::Unit("mosipctl-routes".to_owned()),
    ]
}
