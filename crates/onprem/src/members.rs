//! The nodes of a cluster that stands, for what people do with single ones. A host that is dead is in nobody's way.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use mosipctl_hosts::{HostError, Hosts};
use mosipctl_spec::hosts::{Host, HostRole, HostsFile};
use zeroize::Zeroizing;

use crate::addresses::Addresses;
use crate::cluster::ControlPlanes;
use crate::distribution;
use crate::error::{OnpremError, first_line};
use crate::ground::of_role;
use crate::site::Site;
use crate::traits::Traits;

mod drain;
mod etcd;
mod remove;
mod restore;
mod snapshot;

pub use drain::{Drained, Eviction};
pub use remove::Removal;
pub use snapshot::Snapshot;

/// How long a question to the cluster may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// The nodes of a cluster that stands.
#[derive(Debug)]
pub struct Members {
    hosts: Arc<Hosts>,
    control_planes: ControlPlanes,
    /// Where the API answers whatever control plane is lost.
    endpoint: String,
    /// Why hosts do not answer, of those that do not.
    silent: BTreeMap<String, HostError>,
    /// Control planes of the hosts file that do not answer or have not joined.
    lacking: Vec<String>,
}

impl Members {
    /// Asks all hosts, and finds the control planes among those that answer.
    ///
    /// # Errors
    /// No host that answers is a control plane of a cluster.
    pub async fn find(hosts: Arc<Hosts>, hosts_file: &HostsFile) -> Result<Self, OnpremError> {
        let all = hosts_file.hosts();
        let (mut traits, mut silent) = (BTreeMap::<String, Traits>::new(), BTreeMap::new());
        for (name, told) in Site::ask(&hosts, &all).await {
            match told {
                Ok(told) => drop(traits.insert(name, told.traits)),
                Err(error) => drop(silent.insert(name, error)),
            }
        }
        let addresses = Addresses {
            hosts_file,
            traits: &traits,
        };
        let control_planes = of_role(&all, HostRole::ControlPlane).into_iter();
        let (members, lacking): (Vec<&Host>, Vec<&Host>) =
            control_planes.partition(|host| addresses.is_member(host.name.as_str()));
        let names = lacking.iter().map(|host| host.name.to_string());
        let lacking = names.collect();
        if members.is_empty() {
            return Err(nobody(&silent));
        }
        Ok(Self {
            endpoint: addresses.api()?,
            control_planes: ControlPlanes::new(
                hosts.clone(),
                addresses.named(members)?,
                distribution::of(hosts_file.spec.kubernetes.distribution),
            ),
            hosts,
            silent,
            lacking,
        })
    }

    /// Why a host does not answer; none when it does.
    pub fn silence(&self, host: &str) -> Option<&HostError> {
        self.silent.get(host)
    }

    /// Names of the cluster's nodes, each with whether it is ready.
    ///
    /// # Errors
    /// No control plane answers.
    pub async fn nodes(&self) -> Result<BTreeMap<String, bool>, OnpremError> {
        let nodes = self.control_planes.nodes().await?.into_iter();
        Ok(nodes.map(|(name, node)| (name, node.is_ready)).collect())
    }

    /// A kubeconfig for somebody, with a client certificate that is good for a day.
    ///
    /// # Errors
    /// No control plane answers.
    pub async fn kubeconfig(&self, user: &str) -> Result<Zeroizing<String>, OnpremError> {
        self.control_planes.kubeconfig(user, &self.endpoint).await
    }
}

fn nobody(silent: &BTreeMap<String, HostError>) -> OnpremError {
    let tried: Vec<String> = silent.values().map(first_line).collect();
    OnpremError::NoCluster {
        tried: match tried.is_empty() {
            true => "no control plane of the hosts file has joined one".to_owned(),
            false => format!("failed to {}", tried.join("; failed to ")),
        },
    }
}
