//! What is done on one host in one step.

use std::collections::BTreeSet;
use std::time::Duration;

use mosipctl_catalogue::{Fact, FactKind};
use mosipctl_plan::{HostWork, Risk};
use serde_json::json;

use crate::item::Item;
use crate::mesh::Mesh;

/// What is done on one host in one step.
#[derive(Debug, Clone)]
pub struct Work {
    /// The host.
    pub host: String,
    /// Its name among the works of that host, one word.
    pub name: String,
    /// What it does, in words a person understands.
    pub title: String,
    /// What is done.
    pub task: Task,
    /// What must be true before.
    pub needs: BTreeSet<Fact>,
    /// What is true afterwards, beside the work itself.
    pub makes: BTreeSet<Fact>,
    /// Names of locks.
    pub excludes: Vec<String>,
    /// How long it will probably take.
    pub estimate: Duration,
    /// What it puts at risk on a host that is in use.
    pub risk: Risk,
}

/// What is done.
#[derive(Debug, Clone)]
pub enum Task {
    /// Items become true, in this order.
    Items(Vec<Item>),
    /// The first control plane of a new cluster is made.
    Found(Found),
    /// The host joins the cluster.
    Join(Join),
    /// Its pods get a network: the plugin's configuration, for the addresses that the cluster gave to the host.
    Network(Network),
    /// It has tunnels to all other nodes.
    Mesh(Mesh),
    /// It knows the way to the pods of all other hosts.
    Routes(Routes),
    /// Its node bears labels and taints.
    Mark(Marks),
    /// Its node is ready, by what the distribution itself brought.
    Ready,
    /// The cluster's API answers us.
    Reach,
}

/// How the first control plane is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// kubeadm's configuration.
    pub configuration: String,
    /// Address that it answers at.
    pub address: String,
    /// Complaints of kubeadm that do not count here.
    pub ignored: String,
}

/// How a host joins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Join {
    /// Address that its control plane answers at; none for a worker.
    pub control_plane: Option<String>,
    /// The API, as `HOST:PORT`.
    pub endpoint: String,
    /// Complaints of kubeadm that do not count here.
    pub ignored: String,
}

impl Join {
    /// The API's address without its port.
    pub(crate) fn host(&self) -> &str {
        let host = self.endpoint.rsplit_once(':');
        host.map_or(self.endpoint.as_str(), |(host, _)| host)
    }
}

/// How pods of a host are connected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    /// Longest packet; that of the host's own network where none is given.
    pub mtu: Option<u32>,
}

/// What is needed to write down routes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Routes {
    /// Addresses of pods, all of them.
    pub pods: String,
    /// Each node with the address that packets for its pods go to.
    pub nodes: Vec<(String, String)>,
    /// The interface that they go through in place of those addresses, where there are tunnels.
    pub through: Option<&'static str>,
}

/// What a node bears.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Marks {
    /// `KEY=VALUE`.
    pub labels: Vec<String>,
    /// `KEY=VALUE:EFFECT`.
    pub taints: Vec<String>,
}

/// How long the gate of a work may take unless it says otherwise.
const DEADLINE: Duration = Duration::from_secs(180);

impl Work {
    /// A safe work that needs nothing.
    pub(crate) fn new(host: &str, name: &str, title: impl Into<String>, task: Task) -> Self {
        Self {
            host: host.to_owned(),
            name: name.to_owned(),
            title: title.into(),
            task,
            needs: BTreeSet::new(),
            makes: BTreeSet::new(),
            excludes: Vec::new(),
            estimate: Duration::from_secs(1),
            risk: Risk::Safe,
        }
    }

    pub(crate) fn taking(mut self, seconds: u64) -> Self {
        self.estimate = Duration::from_secs(seconds);
        self
    }

    /// After other works of the same host.
    pub(crate) fn after(mut self, names: &[&str]) -> Self {
        let host = self.host.clone();
        self.needs
            .extend(names.iter().map(|name| fact(&host, name)));
        self
    }

    pub(crate) fn needing(mut self, needs: impl IntoIterator<Item = Fact>) -> Self {
        self.needs.extend(needs);
        self
    }

    /// Not while another work with that lock is done.
    pub(crate) fn excluding(mut self, lock: &str) -> Self {
        self.excludes.push(lock.to_owned());
        self
    }

    pub(crate) fn at_risk(mut self, risk: Risk) -> Self {
        self.risk = risk;
        self
    }

    /// Its name in plans: `HOST NAME`.
    pub fn id(&self) -> String {
        format!("{} {}", self.host, self.name)
    }

    /// What is true when it is done.
    pub fn fact(&self) -> Fact {
        fact(&self.host, &self.name)
    }

    /// As the planner wants it.
    pub fn for_plan(&self) -> HostWork {
        HostWork {
            host: self.host.clone(),
            title: self.title.clone(),
            needs: self.needs.clone(),
            makes: self.makes.iter().cloned().chain([self.fact()]).collect(),
            excludes: self.excludes.clone(),
            digest: self.digest(),
            estimate: self.estimate,
            deadline: DEADLINE.max(self.estimate * 3),
            risk: self.risk,
        }
    }

    fn digest(&self) -> String {
        let task = match &self.task {
            Task::Items(items) => {
                json!(items.iter().map(Item::digestible).collect::<Vec<_>>())
            }
            Task::Found(found) => json!(["found", found.configuration]),
            Task::Join(Join {
                control_plane,
                endpoint,
                ignored,
            }) => {
                json!(["join", control_plane, endpoint, ignored])
            }
            Task::Network(Network { mtu }) => json!(["network", mtu]),
            Task::Mesh(Mesh { port, mtu, nodes }) => json!(["mesh", port, mtu, nodes]),
            Task::Routes(Routes {
                pods,
                nodes,
                through,
            }) => json!(["routes", pods, nodes, through]),
            Task::Mark(Marks { labels, taints }) => json!(["mark", labels, taints]),
            Task::Ready => json!(["ready"]),
            Task::Reach => json!(["reach"]),
        };
        mosipctl_object::digest(&task)
    }
}

/// The fact that a work of a host is done.
pub(crate) fn fact(host: &str, name: &str) -> Fact {
    Fact::new(FactKind::Host, format!("{host} {name}"))
}
