//! Which work there is on which host.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::Path;

use mosipctl_catalogue::{Fact, FactKind};
use mosipctl_firewall::{Circumstances, Told, Wall};
use mosipctl_spec::hosts::{Host, HostRole, HostsFile, Taint};

use crate::access;
use crate::addresses::Addresses;
use crate::distribution::{self, Distribution, Node};
use crate::edge::{BALANCER, Edge, pair, vpn};
use crate::error::OnpremError;
use crate::files::Files;
use crate::kubeadm::{API, Cluster, bracketed};
use crate::mesh::{self, Mesh};
use crate::nfs::{self, NfsServer};
use crate::node;
use crate::time;
use crate::traits::Traits;
use crate::work::{Found, Join, Marks, Network, Routes, Task, Work, fact};

/// Packages of a load balancer, by Debian's names.
const EDGE_PACKAGES: [&str; 2] = ["nginx", "libnginx-mod-stream"];
/// Only one control plane may join at a time: each must be part of etcd before the next one asks to be.
const ONE_BY_ONE: &str = "control planes";

/// Everything that decides which work there is.
#[derive(Debug)]
pub struct Ground<'a> {
    /// Name of the environment.
    pub environment: &'a str,
    /// The hosts.
    pub hosts_file: &'a HostsFile,
    /// What they told; those that were not asked count as usual ones.
    pub traits: &'a BTreeMap<String, Traits>,
    /// What is put on them.
    pub files: &'a Files,
    /// What stands between the cluster and the world.
    pub edge: &'a Edge,
    /// Who serves NFS to the nodes; none when nobody does.
    pub nfs: Option<&'a NfsServer>,
    /// A control plane of the cluster, when there is a cluster already.
    pub member: Option<&'a str>,
}

impl Ground<'_> {
    /// All work, in the order of the hosts file.
    ///
    /// # Errors
    /// Something that is put on hosts is not here, or the address of a host is not known.
    pub fn works(&self) -> Result<Vec<Work>, OnpremError> {
        let hosts = self.hosts_file.hosts();
        let nodes: Vec<&Host> = hosts.iter().filter(|host| host.is_node()).collect();
        let cluster = self.cluster(&hosts)?;
        let mesh = self.mesh(&nodes)?;
        let wall = self.wall()?;
        let mut works = Vec::new();
        for host in &hosts {
            let packages = self.packages(host);
            let time = self.time(host, &wall, packages.as_ref())?;
            works.extend(packages);
            let on_time = time.as_ref().map(Work::fact);
            works.extend(time);
            if self.hosts_file.spec.access.firewall {
                works.push(access::firewall(host, &wall));
            }
            if self.hosts_file.spec.access.harden_ssh {
                works.push(access::ssh(host, self.hosts_file));
            }
            let tunnel = self.edge.tunnel.as_ref();
            if let Some(tunnel) = tunnel.filter(|_| host.has(HostRole::Bastion)) {
                works.push(vpn::work(host.name.as_str(), tunnel));
            }
            if host.has(HostRole::LoadBalancer) {
                works.push(self.balancer(host, &hosts)?);
                works.extend(self.pair(host, &hosts)?);
            }
            if let Some(folder) = self.served_by(host) {
                let addresses = self.ips(&nodes)?;
                works.push(nfs::work(host, &self.traits_of(host), folder, &addresses)?);
            }
            if self.nfs.is_some() && host.is_node() {
                works.push(nfs::mounting(host));
            }
            if host.is_node() {
                let prepared = self.prepared(host, &cluster)?;
                let ready: Vec<Fact> = prepared.iter().map(Work::fact).chain(on_time).collect();
                works.extend(prepared);
                works.push(self.member(host, &nodes, &cluster)?.needing(ready));
                works.extend(self.connected(host, &nodes, mesh.as_ref())?);
                let mesh = mesh
                    .as_ref()
                    .map(|mesh| mesh::works(host.name.as_str(), mesh));
                works.extend(mesh.into_iter().flatten());
                let settings = &self.hosts_file.spec.kubernetes.snapshots;
                works.extend(self.distribution().kept(host, settings, ONE_BY_ONE));
            }
        }
        works.push(self.reach(&nodes));
        Ok(works)
    }

    fn distribution(&self) -> &'static dyn Distribution {
        distribution::of(self.hosts_file.spec.kubernetes.distribution)
    }

    /// What is on a host before it becomes a node.
    fn prepared(&self, host: &Host, cluster: &Cluster) -> Result<Vec<Work>, OnpremError> {
        let hosts = self.hosts_file.hosts();
        let servers = of_role(&hosts, HostRole::ControlPlane).into_iter();
        let servers: Vec<String> = servers.map(|host| host.name.to_string()).collect();
        self.distribution().prepared(&Node {
            host,
            servers: &servers,
            address: self.ip(host)?,
            traits: &self.traits_of(host),
            files: self.files,
            cluster,
            one_by_one: ONE_BY_ONE,
        })
    }

    /// Packages for everything that a host is for.
    fn packages(&self, host: &Host) -> Option<Work> {
        let mut names = Vec::new();
        if host.is_node() {
            names.extend(self.distribution().packages());
        } else if self.hosts_file.spec.access.firewall {
            names.push("nftables");
        }
        if self.has_chrony(host) {
            names.push(time::PACKAGE);
        }
        if host.has(HostRole::LoadBalancer) {
            names.extend(EDGE_PACKAGES);
            names.extend(host.shared.map(|_| pair::PACKAGE));
        }
        if self.served_by(host).is_some() {
            names.extend(nfs::packages(&self.traits_of(host)));
        }
        let is_bastion = host.has(HostRole::Bastion) && self.edge.tunnel.is_some();
        if is_bastion || host.is_node() && self.hosts_file.spec.mesh.is_some() {
            let has_wireguard = self.traits_of(host).has_wireguard;
            let more = vpn::packages(has_wireguard).filter(|name| !names.contains(name));
            names.extend(more.collect::<Vec<_>>());
        }
        let traits = self.traits_of(host);
        (!names.is_empty()).then(|| {
            names.extend(traits.selinux.packages());
            node::packages(host, &traits, &names)
        })
    }

    /// The folder that a host serves to nodes.
    fn served_by(&self, host: &Host) -> Option<&Path> {
        match self.nfs {
            Some(NfsServer::Hosts(folder)) if host.has(HostRole::Storage) => Some(folder),
            _ => None,
        }
    }

    pub(crate) fn traits_of(&self, host: &Host) -> Traits {
        let told = self.traits.get(host.name.as_str());
        told.cloned().unwrap_or_default()
    }

    /// The walls of all hosts, should they be ours to build.
    fn wall(&self) -> Result<Wall, OnpremError> {
        let told = self.traits.iter().map(|(name, traits)| {
            let told = Told {
                addresses: traits.addresses.clone(),
                ssh_port: traits.ssh_port,
            };
            (name.clone(), told)
        });
        let circumstances = Circumstances {
            told: told.collect(),
            has_vxlan: self.distribution().has_network(),
            vpn_port: self.edge.tunnel.as_ref().map(|tunnel| tunnel.port),
        };
        Ok(Wall::new(self.hosts_file, circumstances)?)
    }

    pub(crate) fn addresses(&self) -> Addresses<'_> {
        Addresses {
            hosts_file: self.hosts_file,
            traits: self.traits,
        }
    }

    /// The address that other hosts reach a host at.
    pub(crate) fn ip(&self, host: &Host) -> Result<IpAddr, OnpremError> {
        self.addresses().ip(host)
    }

    pub(crate) fn ips(&self, hosts: &[&Host]) -> Result<Vec<IpAddr>, OnpremError> {
        hosts.iter().map(|host| self.ip(host)).collect()
    }

    fn cluster(&self, hosts: &[Host]) -> Result<Cluster, OnpremError> {
        let spec = &self.hosts_file.spec;
        let control_planes = of_role(hosts, HostRole::ControlPlane);
        let mut names: Vec<String> = self
            .ips(&control_planes)?
            .iter()
            .map(ToString::to_string)
            .collect();
        names.extend(control_planes.iter().map(|host| host.name.to_string()));
        let pause = self.files.image("pause");
        let repository = pause.and_then(|pause| Some(pause.rsplit_once('/')?.0.to_owned()));
        Ok(Cluster {
            version: spec.kubernetes.version.clone(),
            endpoint: self.addresses().endpoint()?,
            names,
            networks: spec.networks.clone(),
            repository,
            nodes: hosts
                .iter()
                .filter(|host| host.is_node())
                .map(|host| self.traits_of(host))
                .collect(),
        })
    }

    /// What makes a member a node that bears pods.
    fn connected(
        &self,
        host: &Host,
        nodes: &[&Host],
        mesh: Option<&Mesh>,
    ) -> Result<Vec<Work>, OnpremError> {
        let name = host.name.as_str();
        let mark = Task::Mark(marks(host));
        let mark = Work::new(name, "node", format!("label node {name}"), mark);
        let mark = mark.after(&["member"]);
        if self.distribution().has_network() {
            let title = format!("wait until node {name} is ready");
            let ready = Work::new(name, "network", title, Task::Ready).after(&["member"]);
            return Ok(vec![ready.taking(30), mark]);
        }
        let network = Network {
            mtu: mesh.map(|mesh| mesh.mtu),
        };
        let network = Work::new(
            name,
            "network",
            format!("give pods of {name} a network"),
            Task::Network(network),
        );
        let routes = Routes {
            pods: self.hosts_file.spec.networks.pods.to_string(),
            nodes: self.addresses().named(nodes.iter().copied())?,
            through: mesh.map(|_| mesh::INTERFACE),
        };
        let all_joined = nodes.iter().map(|node| fact(node.name.as_str(), "member"));
        let title = format!("tell {name} the way to all pods");
        let routes = Work::new(name, "routes", title, Task::Routes(routes)).needing(all_joined);
        let routes = routes.needing(mesh.map(|_| fact(name, "mesh")));
        Ok(vec![network.after(&["member"]).taking(2), routes, mark])
    }

    /// What makes a prepared host a member of the cluster.
    fn member(&self, host: &Host, nodes: &[&Host], cluster: &Cluster) -> Result<Work, OnpremError> {
        let first = nodes.iter().find(|node| node.has(HostRole::ControlPlane));
        let founder = first.filter(|_| self.member.is_none());
        let work = match founder {
            Some(first) if first.name == host.name => self.found(host, cluster)?,
            Some(first) => {
                let founded = fact(first.name.as_str(), "member");
                self.join(host, cluster)?.needing([founded])
            }
            None => self.join(host, cluster)?,
        };
        let work = match host.has(HostRole::ControlPlane) {
            true => work.excluding(ONE_BY_ONE),
            false => work,
        };
        Ok(work.needing(self.balancers()))
    }

    /// The first control plane is made on a host.
    fn found(&self, host: &Host, cluster: &Cluster) -> Result<Work, OnpremError> {
        let (name, address) = (host.name.as_str(), self.ip(host)?);
        let found = Found {
            configuration: cluster.found(name, address),
            address: address.to_string(),
            ignored: cluster.ignored(),
        };
        let title = format!("make the cluster's first control plane on {name}");
        Ok(Work::new(name, "member", title, Task::Found(found)).taking(12))
    }

    /// A host joins those that are there.
    fn join(&self, host: &Host, cluster: &Cluster) -> Result<Work, OnpremError> {
        let name = host.name.as_str();
        let (control_plane, what, seconds) = match host.has(HostRole::ControlPlane) {
            true => (Some(self.ip(host)?.to_string()), "a control plane", 15),
            false => (None, "a worker", 3),
        };
        let join = Join {
            control_plane,
            endpoint: format!("{}:{API}", bracketed(&cluster.endpoint)),
            ignored: cluster.ignored(),
        };
        let title = format!("{name} joins as {what}");
        Ok(Work::new(name, "member", title, Task::Join(join)).taking(seconds))
    }

    /// Every load balancer takes what is for the API, at the address that it shares if there is one.
    fn balancers(&self) -> Vec<Fact> {
        let hosts = self.hosts_file.hosts();
        let balancers = hosts.iter().filter(|host| host.has(HostRole::LoadBalancer));
        let last = |host: &Host| {
            if host.shared.is_some() {
                pair::PAIR
            } else {
                BALANCER
            }
        };
        balancers
            .map(|host| fact(host.name.as_str(), last(host)))
            .collect()
    }

    /// From here on the API can be asked.
    fn reach(&self, nodes: &[&Host]) -> Work {
        let first = nodes.iter().find(|node| node.has(HostRole::ControlPlane));
        let name = first.map_or("", |host| host.name.as_str());
        let name = self.member.unwrap_or(name);
        let mut work = Work::new(name, "api", "reach the cluster's API", Task::Reach);
        work.makes
            .insert(Fact::new(FactKind::Cluster, self.environment));
        work.after(&["member"])
    }
}

pub(crate) fn of_role(hosts: &[Host], role: HostRole) -> Vec<&Host> {
    hosts.iter().filter(|host| host.has(role)).collect()
}

/// Labels and taints, those of the hosts file and those that Kubernetes itself knows.
fn marks(host: &Host) -> Marks {
    let mut labels: BTreeMap<String, String> = host.labels.clone();
    if let Some(zone) = &host.zone {
        labels.insert("topology.kubernetes.io/zone".to_owned(), zone.to_string());
    }
    if host.has(HostRole::Worker) {
        labels.insert("node-role.kubernetes.io/worker".to_owned(), String::new());
    }
    let taint = |taint: &Taint| {
        let value = taint.value.as_deref().unwrap_or_default();
        format!("{}={value}:{:?}", taint.key, taint.effect)
    };
    let mut taints: Vec<String> = host.taints.iter().map(taint).collect();
    if host.has(HostRole::Worker) && host.has(HostRole::ControlPlane) {
        // kubeadm keeps pods away from control planes; this one is to take them
        taints.push("node-role.kubernetes.io/control-plane:NoSchedule-".to_owned());
    }
    Marks {
        labels: labels
            .into_iter()
            .map(|(key, value)| format!("{key}={value}"))
            .collect(),
        taints,
    }
}

#[cfg(test)]
mod tests;
