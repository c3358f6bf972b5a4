//! The hosts of an environment: how everything on them stands, and doing it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use mosipctl_hosts::{Facts, HostError, Hosts, facts};
use mosipctl_plan::HostWork;
use mosipctl_spec::hosts::{Host, HostRole, HostsFile};
use zeroize::Zeroizing;

use crate::addresses::Addresses;
use crate::cluster::ControlPlanes;
use crate::distribution;
use crate::edge::{BALANCER, Edge};
use crate::error::OnpremError;
use crate::files::Files;
use crate::ground::{Ground, of_role};
use crate::nfs::NfsServer;
use crate::traits::Traits;
use crate::work::Work;

mod act;
mod diffs;
mod look;

pub use diffs::FileDiff;

/// What a host told before anything was wanted of it.
#[derive(Debug)]
pub struct Told {
    /// What it is.
    pub facts: Facts,
    /// What of it decides how it is set up.
    pub traits: Traits,
}

/// The hosts of an environment, and all work on them.
#[derive(Debug)]
pub struct Site {
    environment: String,
    hosts: Arc<Hosts>,
    works: BTreeMap<String, Work>,
    control_planes: ControlPlanes,
    /// Where the API answers whatever control plane is lost.
    endpoint: String,
    /// Which hosts are members of the cluster.
    members: BTreeSet<String>,
    /// The public keys of nodes in the mesh, of those that have one.
    mesh_keys: BTreeMap<String, String>,
}

impl Site {
    /// Asks hosts what they are, all at once.
    pub async fn ask(hosts: &Hosts, all: &[Host]) -> BTreeMap<String, Result<Told, HostError>> {
        let names: Vec<String> = all.iter().map(|host| host.name.to_string()).collect();
        let addresses: BTreeMap<&str, _> = all
            .iter()
            .map(|host| (host.name.as_str(), host.address.ip()))
            .collect();
        let addresses = &addresses;
        let told = hosts.each(&names, |connection| async move {
            let facts = facts::facts(connection.as_ref()).await?;
            let address = addresses.get(connection.name()).copied().flatten();
            let traits = Traits::of(connection.as_ref(), &facts, address).await?;
            Ok(Told { facts, traits })
        });
        let told = told.await.into_iter();
        told.map(|(name, told)| (name.to_owned(), told)).collect()
    }

    /// Says what is to be done on hosts that told what they are. `nfs` is who serves NFS to nodes.
    ///
    /// # Errors
    /// Something that is put on hosts is not here, or the address of a host is not known.
    pub fn new(
        environment: &str,
        hosts: Arc<Hosts>,
        hosts_file: &HostsFile,
        traits: &BTreeMap<String, Traits>,
        files: &Files,
        edge: &Edge,
        nfs: Option<&NfsServer>,
    ) -> Result<Self, OnpremError> {
        let all = hosts_file.hosts();
        let addresses = Addresses { hosts_file, traits };
        let is_member = |name: &str| addresses.is_member(name);
        let mut control_planes = of_role(&all, HostRole::ControlPlane);
        // those that have not joined have nothing to say
        control_planes.sort_by_key(|host| !is_member(host.name.as_str()));
        let first = control_planes.first().map(|host| host.name.as_str());
        let member = first.filter(|name| is_member(name));
        let ground = Ground {
            environment,
            hosts_file,
            traits,
            files,
            edge,
            nfs,
            member,
        };
        let works = ground.works()?;
        let endpoint = addresses.api()?;
        let distribution = distribution::of(hosts_file.spec.kubernetes.distribution);
        let control_planes = addresses.named(control_planes)?;
        let names = all.iter().map(|host| host.name.to_string());
        let members = names.filter(|name| is_member(name));
        let keys = traits.iter().filter_map(|(name, traits)| {
            let key = traits.mesh_key.clone()?;
            Some((name.clone(), key))
        });
        Ok(Self {
            mesh_keys: keys.collect(),
            environment: environment.to_owned(),
            control_planes: ControlPlanes::new(hosts.clone(), control_planes, distribution),
            endpoint,
            works: works.into_iter().map(|work| (work.id(), work)).collect(),
            members: members.collect(),
            hosts,
        })
    }

    /// Whether there is a cluster already.
    pub fn has_cluster(&self) -> bool {
        let first = self.control_planes.first();
        first.is_some_and(|name| self.is_member(name))
    }

    fn is_member(&self, host: &str) -> bool {
        self.members.contains(host)
    }

    /// All work, as the planner wants it.
    pub fn works(&self) -> BTreeMap<String, HostWork> {
        let works = self.works.iter();
        works
            .map(|(id, work)| (id.clone(), work.for_plan()))
            .collect()
    }

    /// The works that set up load balancers, each with its host.
    pub fn balancers(&self) -> impl Iterator<Item = (String, String)> {
        let works = self.works.iter();
        let balancers = works.filter(|(_, work)| work.name == BALANCER);
        balancers.map(|(id, work)| (id.clone(), work.host.clone()))
    }

    /// Where the API answers whatever control plane is lost: `https://HOST:PORT`.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// Its control planes with their addresses, members of the cluster first.
    pub fn control_planes(&self) -> &[(String, String)] {
        self.control_planes.names()
    }

    /// A kubeconfig for somebody, with a client certificate that is good for a day.
    ///
    /// # Errors
    /// No control plane answers.
    pub async fn kubeconfig(&self, user: &str) -> Result<Zeroizing<String>, OnpremError> {
        self.control_planes.kubeconfig(user, &self.endpoint).await
    }
}
