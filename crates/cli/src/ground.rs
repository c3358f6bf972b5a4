//! Bare hosts, and the cluster that stands or will stand on them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use mosipctl_balancer::Files as BalancerFiles;
use mosipctl_checks::Finding;
use mosipctl_hosts::{HostError, HostLock, Hosts, files};
use mosipctl_journal::place::kubeconfig;
use mosipctl_kube::{Access, Cluster, Holder, LateCluster, Server};
use mosipctl_onprem::{
    CertificateFiles, Edge, Files, Gateways, NfsServer, OnpremError, Site, Told, Traits,
};
use mosipctl_plan::Desired;
use mosipctl_report::words::count;
use mosipctl_report::{Exit, Trouble};
use mosipctl_spec::hosts::{Host, HostRole, HostsFile};
use mosipctl_steps::Arrival;
use zeroize::Zeroizing;

use crate::commands::hosts::in_a_line;
use crate::commands::hosts::site::Site as HostsOf;
use crate::commands::vpn;
use crate::output::Doing;
use crate::session::Session;

mod fit;
mod known;
mod tunnel;

use known::Known;
use tunnel::Tunnel;

/// The lock of an environment on its first host.
const LOCK: &str = "/var/lib/mosipctl/run.lock";
/// A kubeconfig is good for a day; one that is half a day old is made anew before it runs out on the way.
const FRESH: Duration = Duration::from_secs(12 * 3600);

/// Bare hosts, and the cluster that stands or will stand on them.
pub(crate) struct Ground {
    /// The hosts, without what only the desired state of the cluster tells.
    site: Arc<Site>,
    /// The cluster; it may not be there yet.
    pub(crate) cluster: Arc<LateCluster>,
    /// The kubeconfig with which it is reached.
    pub(crate) access: Access,
    known: Known,
    /// The first control plane, where the lock lies.
    first: String,
    way: Arc<Way>,
    /// What keeps hosts from becoming nodes.
    unfit: Vec<Finding>,
}

impl Ground {
    /// Asks the hosts of an environment, and reaches their cluster when there is one.
    pub(crate) async fn open(session: &Session, doing: &Arc<Doing>) -> Result<Self, Trouble> {
        let of = HostsOf::of_file(Path::new(&session.file))?;
        let all = of.hosts_file.hosts();
        doing.say("hosts", &format!("asking {}", count(all.len(), "host")));
        let told = told(Site::ask(&of.hosts, &all).await)?;
        let files = offline_files(&of)?;
        let traits: BTreeMap<String, Traits> = told
            .iter()
            .map(|(name, told)| (name.clone(), told.traits.clone()))
            .collect();
        let name = session.environment.name().as_str();
        let known = Known {
            environment: name.to_owned(),
            edge: edge(session, &of.hosts_file)?,
            nfs: nfs(session, &all),
            hosts: Arc::new(of.hosts),
            hosts_file: of.hosts_file,
            traits,
            files,
        };
        let site = known.site(&known.edge)?;
        let first = first(&all);
        let kubeconfig = kubeconfig(name).map_err(|error| Trouble::of(&error))?;
        let tunnel = tunnel(&known.hosts, &site, &kubeconfig).await?;
        let access = Access {
            kubeconfig: Some(tunnel.kubeconfig().to_owned()),
            context: None,
        };
        let cluster = server(
            &known.hosts_file.spec.kubernetes.version,
            &site,
            told.get(&first),
        );
        let cluster = Arc::new(LateCluster::new(cluster));
        let way = Way {
            site: site.clone(),
            cluster: cluster.clone(),
            access: access.clone(),
            kubeconfig,
            tunnel,
        };
        let ground = Self {
            unfit: fit::unfit(&known.hosts_file, &told),
            cluster,
            access,
            way: Arc::new(way),
            site,
            known,
            first,
        };
        if ground.site.has_cluster() {
            let arrived = ground.arrival().arrive().await;
            arrived.map_err(|reason| {
                Trouble::new("failed to reach the cluster on these hosts")
                    .because(reason)
                    .remedy("look whether its control planes run: `mosipctl hosts status`")
            })?;
        }
        Ok(ground)
    }

    /// The hosts with all work on them, when it is known what the cluster is to have.
    pub(crate) fn site_for(
        &self,
        desired: &Desired,
        certificate: Option<CertificateFiles>,
    ) -> Result<Arc<Site>, Trouble> {
        self.known.site(&Edge {
            tunnel: self.known.edge.tunnel.clone(),
            certificate,
            gateways: Some(Gateways::of(desired)),
        })
    }

    /// Whether load balancers are among them.
    pub(crate) fn has_balancers(&self) -> bool {
        !self.balancers().is_empty()
    }

    /// A load balancer that has a certificate already.
    pub(crate) async fn host_with_certificate(&self) -> Result<Option<String>, Trouble> {
        let place = BalancerFiles::default().certificate;
        let names = self.balancers();
        let asked = self.known.hosts.each(&names, |connection| {
            let place = &place;
            async move { files::digest(connection.as_ref(), place).await }
        });
        for (host, digest) in asked.await {
            let digest = digest.map_err(|error| trouble(&OnpremError::from(error)))?;
            if digest.is_some() {
                return Ok(Some(host.to_owned()));
            }
        }
        Ok(None)
    }

    fn balancers(&self) -> Vec<String> {
        let hosts = self.known.hosts_file.hosts().into_iter();
        let balancers = hosts.filter(|host| host.has(HostRole::LoadBalancer));
        balancers.map(|host| host.name.to_string()).collect()
    }

    /// Hosts that are to become nodes are fit for it.
    pub(crate) fn is_fit(&self, file: &str) -> Result<(), Trouble> {
        fit::refusal(&self.unfit, file).map_or(Ok(()), Err)
    }

    /// What keeps them from it, for who only plans.
    pub(crate) fn notes(&self) -> Vec<String> {
        fit::notes(&self.unfit)
    }

    /// Hosts, and the distribution, of which nobody knows whether they become what they should, with the reason.
    pub(crate) fn unproven(&self) -> Vec<(String, String)> {
        let distribution = self.known.hosts_file.spec.kubernetes.distribution;
        let why = mosipctl_onprem::unproven(distribution);
        let why = why.map(|why| (distribution.as_str().to_owned(), why.to_owned()));
        let hosts = self.known.traits.iter();
        let hosts = hosts.filter_map(|(name, traits)| Some((name.clone(), traits.unproven()?)));
        why.into_iter().chain(hosts).collect()
    }

    /// What opens the way to the cluster.
    pub(crate) fn arrival(&self) -> Arc<Way> {
        self.way.clone()
    }

    /// Takes the lock of the environment, which lies on its first host.
    pub(crate) async fn lock(&self) -> Result<HostLock, Trouble> {
        lock(&self.known.hosts, &self.first).await
    }
}

/// Takes the lock of an environment on its first host.
pub(crate) async fn lock(hosts: &Hosts, first: &str) -> Result<HostLock, Trouble> {
    let holder = Holder::this_process().to_string();
    let taken = match hosts.connection(first).await {
        Ok(connection) => HostLock::take(connection, LOCK, &holder).await,
        Err(error) => Err(error),
    };
    taken.map_err(|error| {
        let exit = match &error {
            HostError::Locked { .. } => Exit::Locked,
            _ => Exit::Failed,
        };
        trouble(&OnpremError::from(error)).exit(exit)
    })
}

/// The way to the cluster on the hosts.
pub(crate) struct Way {
    site: Arc<Site>,
    cluster: Arc<LateCluster>,
    access: Access,
    /// The one that is kept.
    kubeconfig: PathBuf,
    tunnel: Tunnel,
}

#[async_trait]
impl Arrival for Way {
    async fn arrive(&self) -> Result<(), String> {
        if is_fresh(&self.kubeconfig)
            && let Ok(kept) = std::fs::read_to_string(&self.kubeconfig).map(Zeroizing::new)
            && self.connect(&kept).await.is_ok()
        {
            return Ok(());
        }
        let text = self.site.kubeconfig("mosipctl").await;
        let text = text.map_err(|error| format!("failed to {error}"))?;
        write(&self.kubeconfig, text.as_bytes()).map_err(|error| error.to_string())?;
        self.connect(&text).await
    }
}

impl Way {
    async fn connect(&self, kubeconfig: &str) -> Result<(), String> {
        let text = Zeroizing::new(self.tunnel.through(kubeconfig));
        let written = write(self.tunnel.kubeconfig(), text.as_bytes());
        written.map_err(|error| error.to_string())?;
        let cluster = Cluster::connect(&self.access).await;
        let cluster = cluster.map_err(|error| format!("failed to {error}"))?;
        self.cluster.arrive(Arc::new(cluster));
        Ok(())
    }
}

async fn tunnel(hosts: &Arc<Hosts>, site: &Site, kubeconfig: &Path) -> Result<Tunnel, Trouble> {
    let folder = kubeconfig.parent().unwrap_or(Path::new("."));
    let control_planes = site.control_planes().to_vec();
    let opened = Tunnel::open(hosts.clone(), control_planes, folder).await;
    opened.map_err(|error| {
        Trouble::new(format!(
            "failed to open a port for the cluster's API: {error}"
        ))
    })
}

fn is_fresh(path: &Path) -> bool {
    let written = std::fs::metadata(path).and_then(|about| about.modified());
    let age = written
        .ok()
        .and_then(|at| SystemTime::now().duration_since(at).ok());
    age.is_some_and(|age| age < FRESH)
}

/// For its owner alone, and whole or not at all.
pub(crate) fn write(path: &Path, text: &[u8]) -> std::io::Result<()> {
    std::fs::create_dir_all(path.parent().unwrap_or(Path::new(".")))?;
    mosipctl_keep::write(path, text).map_err(|error| error.source)
}

/// Every host has to answer: what is not known of one cannot be planned.
fn told(
    asked: BTreeMap<String, Result<Told, HostError>>,
) -> Result<BTreeMap<String, Told>, Trouble> {
    let all = asked.len();
    let (mut told, mut silent) = (BTreeMap::new(), Vec::new());
    for (name, answer) in asked {
        match answer {
            Ok(answer) => drop(told.insert(name, answer)),
            Err(error) => silent.push(error),
        }
    }
    let Some(first) = silent.first() else {
        return Ok(told);
    };
    let message = format!("failed to ask {} of {}", silent.len(), count(all, "host"));
    let trouble = Trouble::new(message).maybe_remedy(first.remedy());
    Err(silent
        .iter()
        .fold(trouble, |trouble, error| trouble.because(in_a_line(error))))
}

/// What is known of the edge before anything is rendered.
fn edge(session: &Session, hosts_file: &HostsFile) -> Result<Edge, Trouble> {
    Ok(Edge {
        tunnel: vpn::tunnel(&session.environment, hosts_file)?,
        certificate: None,
        gateways: None,
    })
}

fn offline_files(of: &HostsOf) -> Result<Files, Trouble> {
    match &of.hosts_file.spec.kubernetes.files {
        Some(folder) => Files::open(&of.folder.join(folder))
            .map_err(|error| trouble(&OnpremError::from(error)).exit(Exit::Usage)),
        None => Ok(Files::default()),
    }
}

/// Who serves NFS to nodes: a host, unless another server is named.
fn nfs(session: &Session, hosts: &[Host]) -> Option<NfsServer> {
    let nfs = session.environment.spec.storage.nfs.as_ref()?;
    let mut of_storage = hosts.iter().filter(|host| host.has(HostRole::Storage));
    let is_ours = of_storage.any(|host| host.address.to_string() == nfs.server);
    Some(match is_ours {
        true => NfsServer::Hosts(nfs.path.clone()),
        false => NfsServer::Other,
    })
}

/// The host that all others follow.
pub(crate) fn first(hosts: &[Host]) -> String {
    let first = hosts.iter().find(|host| host.has(HostRole::ControlPlane));
    first.map_or_else(String::new, |host| host.name.to_string())
}

/// What is known of the cluster before it is there.
fn server(version: &str, site: &Site, first: Option<&Told>) -> Server {
    let id = first.and_then(|told| told.facts.machine_id.clone());
    Server {
        address: site.endpoint().to_owned(),
        version: format!("v{version}"),
        uid: format!("hosts-{}", id.as_deref().unwrap_or("unknown")),
    }
}

pub(crate) fn trouble(error: &OnpremError) -> Trouble {
    Trouble::of(error)
        .while_doing("failed to work on the hosts")
        .maybe_remedy(error.remedy())
}
