//! What a lab is made of.

use std::collections::BTreeMap;
use std::path::PathBuf;

use mosipctl_artefact::Artefacts;
use serde::{Deserialize, Serialize};

use crate::folder::LabFolder;

/// What a lab is made of, and who minds it.
#[derive(Clone)]
pub struct LabSettings {
    /// Where its state lies; the folder's name is the lab's.
    pub folder: LabFolder,
    /// The cluster inside.
    pub cluster: Cluster,
    /// Where the programs come from.
    pub artefacts: Artefacts,
    /// How to start the process that minds the lab.
    pub supervisor: Launcher,
    /// When the lab ends by itself.
    pub lifetime: Lifetime,
}

/// The cluster inside a lab.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Cluster {
    /// Its nodes, in order.
    pub nodes: Vec<Node>,
    /// Its storage classes.
    pub storage_classes: Vec<StorageClass>,
    /// How pods come to life.
    pub kubelet: Kubelet,
}

/// A node.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Node {
    /// Its name.
    pub name: String,
    /// CPU that pods may ask for, as Kubernetes writes it, such as `16`.
    pub cpu: String,
    /// Memory that pods may ask for, as Kubernetes writes it, such as `64Gi`.
    pub memory: String,
    /// How many pods it takes.
    pub pods: u32,
    /// Its labels; those that a kubelet writes are added where they are missing.
    pub labels: BTreeMap<String, String>,
    /// Taints that stay.
    pub taints: Vec<Taint>,
    /// Whether it takes no new pods.
    pub is_cordoned: bool,
}

/// Nodes of one size.
#[derive(Debug, Clone, PartialEq)]
pub struct NodeGroup {
    /// Name of the group; its nodes are `NAME-1`, `NAME-2`, …
    pub name: String,
    /// How many.
    pub count: u32,
    /// CPU of each, as Kubernetes writes it, such as `16`.
    pub cpu: String,
    /// Memory of each, as Kubernetes writes it, such as `64Gi`.
    pub memory: String,
    /// How many pods each takes.
    pub pods: u32,
    /// Zones, given out in turn; none for no zone label.
    pub zones: Vec<String>,
    /// More labels.
    pub labels: BTreeMap<String, String>,
    /// Taints that stay.
    pub taints: Vec<Taint>,
}

/// A taint of a node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Taint {
    /// Its key.
    pub key: String,
    /// Its value; empty for none.
    pub value: String,
    /// `NoSchedule`, `PreferNoSchedule` or `NoExecute`.
    pub effect: String,
}

/// A storage class that the lab provides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StorageClass {
    /// Its name.
    pub name: String,
    /// Whether claims without a class get it.
    pub is_default: bool,
    /// From how many nodes its volumes can be written.
    pub access: Access,
}

/// From how many nodes a volume can be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Access {
    /// From one: `ReadWriteOnce`, as block storage.
    OneNode,
    /// From many: `ReadWriteMany` too, as a file server.
    ManyNodes,
}

/// How pods come to life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kubelet {
    /// Everything that a pod names is checked, as a kubelet does, and start-up takes the time that is expected.
    Strict,
    /// Every pod is ready at once. Such a cluster does not know that it is a lab.
    Careless,
}

/// When a lab ends by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lifetime {
    /// Never: it is stopped by name.
    UntilStopped,
    /// When the process that started it ends, however that ends. Then nothing is left of it, unless it failed.
    WithCaller,
}

/// How to start the supervisor: a program that hands its remaining arguments to [`crate::supervise`].
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Launcher {
    /// The program.
    pub program: PathBuf,
    /// What stands before the supervisor's own arguments.
    pub arguments: Vec<String>,
    /// Variables that the supervisor sees beside those of the caller.
    pub environment: BTreeMap<String, String>,
}

impl Launcher {
    /// The running program itself, with arguments that lead to [`crate::supervise`].
    ///
    /// # Errors
    /// The system does not tell where the running program lies.
    pub fn this_program(
        arguments: impl IntoIterator<Item = impl Into<String>>,
    ) -> std::io::Result<Self> {
        Ok(Self {
            program: std::env::current_exe()?,
            arguments: arguments.into_iter().map(Into::into).collect(),
            environment: BTreeMap::new(),
        })
    }
}

impl Default for Cluster {
    /// Six nodes of 16 CPU and 64 GiB in three zones, a class for block storage and one for a file server.
    fn default() -> Self {
        Self {
            nodes: NodeGroup::default().nodes(),
            storage_classes: vec![
                StorageClass {
                    name: "standard".to_owned(),
                    is_default: true,
                    access: Access::OneNode,
                },
                StorageClass {
                    name: "shared".to_owned(),
                    is_default: false,
                    access: Access::ManyNodes,
                },
            ],
            kubelet: Kubelet::Strict,
        }
    }
}

/// Label of the failure zone of a node.
const ZONE: &str = "topology.kubernetes.io/zone";
/// Label of the region of a node.
const REGION: &str = "topology.kubernetes.io/region";

impl NodeGroup {
    /// The nodes one by one.
    pub fn nodes(&self) -> Vec<Node> {
        let zones = self.zones.iter().cycle().map(Some);
        let zones = zones.chain(std::iter::repeat(None));
        (1..=self.count)
            .zip(zones)
            .map(|(number, zone)| self.node(number, zone))
            .collect()
    }

    fn node(&self, number: u32, zone: Option<&String>) -> Node {
        let mut labels = self.labels.clone();
        if let Some(zone) = zone {
            labels.insert(ZONE.to_owned(), zone.clone());
            labels.insert(REGION.to_owned(), "lab".to_owned());
        }
        Node {
            name: format!("{}-{number}", self.name),
            cpu: self.cpu.clone(),
            memory: self.memory.clone(),
            pods: self.pods,
            labels,
            taints: self.taints.clone(),
            is_cordoned: false,
        }
    }
}

impl Default for NodeGroup {
    fn default() -> Self {
        Self {
            name: "node".to_owned(),
            count: 6,
            cpu: "16".to_owned(),
            memory: "64Gi".to_owned(),
            // what a kubelet takes unless told otherwise
            pods: 110,
            zones: ["zone-a", "zone-b", "zone-c"].map(str::to_owned).to_vec(),
            labels: BTreeMap::new(),
            taints: Vec::new(),
        }
    }
}
