//! From an environment to the cluster it runs on.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use mosipctl_artefact::Program;
use mosipctl_kube::{Access, Cluster, Kubernetes};
use mosipctl_lab::{
    Access as VolumeAccess, Cluster as LabCluster, Expectations, Lab, LabFolder, LabSettings,
    Launcher, Lifetime, NodeGroup, Startup, StorageClass, Subject, Work,
};
use mosipctl_prepare::PostgresSettings;
use mosipctl_report::{Exit, Trouble};
use mosipctl_spec::environment::cluster::ClusterKind;
use mosipctl_spec::{Environment, Label};

use crate::ground::Ground;
use crate::output::Doing;
use crate::real::real_servers;
use crate::session::{Session, Wanted, artefacts};

/// The lab's storage class when the environment names none.
const DEFAULT_CLASS: &str = "standard";

/// Whether a lab that does not run is started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StartLab {
    Yes,
    No,
}

/// A cluster that answered.
pub(crate) struct Connection {
    pub(crate) kube: Arc<dyn Kubernetes>,
    pub(crate) access: Access,
    /// The hosts below it, when they are ours.
    pub(crate) ground: Option<Arc<Ground>>,
}

impl Connection {
    /// Whether the cluster is there; one on hosts of our own may still have to be made.
    pub(crate) fn is_there(&self) -> bool {
        let ground = self.ground.as_ref();
        ground.is_none_or(|ground| ground.cluster.cluster().is_some())
    }
}

/// The version of Kubernetes to render for when there is no cluster: the lab's.
pub(crate) fn offline_version() -> &'static str {
    Program::KubeApiserver.version()
}

/// Where an environment runs, in words.
pub(crate) fn place(environment: &Environment) -> String {
    let cluster = &environment.spec.cluster;
    match cluster.kind {
        ClusterKind::Lab => {
            let nodes = cluster.nodes.clone().unwrap_or_default();
            format!(
                "lab, {} nodes of {} CPU / {}",
                nodes.count, nodes.cpu, nodes.memory
            )
        }
        ClusterKind::Existing => match &cluster.context {
            Some(context) => format!("existing cluster, context {context}"),
            None => "existing cluster, current context".to_owned(),
        },
        other => other.as_str().to_owned(),
    }
}

/// Connects to the environment's cluster. None for a lab that does not run and is not to be started, and for hosts that bear no
/// cluster yet.
pub(crate) async fn connect(
    session: &Session,
    start: StartLab,
    doing: &Arc<Doing>,
) -> Result<Option<Connection>, Trouble> {
    let connection = connect_to_plan(session, start, doing).await?;
    Ok(connection.filter(Connection::is_there))
}

/// The same for who plans: hosts that bear no cluster yet are something to plan for.
pub(crate) async fn connect_to_plan(
    session: &Session,
    start: StartLab,
    doing: &Arc<Doing>,
) -> Result<Option<Connection>, Trouble> {
    let environment = &session.environment;
    let cluster = &environment.spec.cluster;
    let access = match cluster.kind {
        ClusterKind::Lab => match lab(environment, start, doing).await? {
            Some(kubeconfig) => Access {
                kubeconfig: Some(kubeconfig),
                context: None,
            },
            None => return Ok(None),
        },
        kind if kind.has_kubeconfig() => Access {
            kubeconfig: cluster.kubeconfig.clone(),
            context: cluster.context.clone(),
        },
        ClusterKind::Onprem => {
            let ground = Arc::new(Ground::open(session, doing).await?);
            return Ok(Some(Connection {
                kube: ground.cluster.clone(),
                access: ground.access.clone(),
                ground: Some(ground),
            }));
        }
        kind => {
            return Err(Trouble::new(format!(
                "a cluster of kind `{}` cannot be made yet",
                kind.as_str()
            ))
            .remedy("make the cluster by other means and use `cluster: {kind: existing}`")
            .exit(Exit::Usage));
        }
    };
    Ok(Some(connect_to(access).await?))
}

/// Connects to the cluster of a kubeconfig.
pub(crate) async fn connect_to(access: Access) -> Result<Connection, Trouble> {
    let kube = Cluster::connect(&access).await.map_err(|error| {
        let remedy = error.remedy();
        Trouble::of(&error)
            .while_doing("failed to use the cluster")
            .remedy(remedy)
    })?;
    Ok(Connection {
        kube: Arc::new(kube),
        access,
        ground: None,
    })
}

/// What the environment says of its PostgreSQL; `file` is the environment file.
pub(crate) fn postgres_settings(
    environment: &Environment,
    file: &str,
) -> Result<PostgresSettings, Trouble> {
    let folder = Path::new(file).parent().unwrap_or(Path::new(""));
    let settings = PostgresSettings::read(&environment.spec.externals.postgres, folder);
    settings.map_err(|error| {
        let remedy = error.remedy();
        Trouble::of(&error)
            .while_doing("failed to prepare for PostgreSQL outside the cluster")
            .remedy(remedy)
            .exit(Exit::Usage)
    })
}

/// The folder of the environment's lab.
pub(crate) fn lab_folder(environment: &Environment) -> Result<LabFolder, Trouble> {
    lab_folder_named(environment.name().clone())
}

/// The folder of a lab.
pub(crate) fn lab_folder_named(name: Label) -> Result<LabFolder, Trouble> {
    LabFolder::from_environment(name).ok_or_else(|| {
        Trouble::new("there is no home folder to keep a lab in")
            .remedy("set MOSIPCTL_STATE to a folder")
    })
}

/// The kubeconfig of the environment's lab.
pub(crate) async fn lab(
    environment: &Environment,
    start: StartLab,
    doing: &Arc<Doing>,
) -> Result<Option<PathBuf>, Trouble> {
    let folder = lab_folder(environment)?;
    if let Some(lab) = Lab::find(&folder).map_err(lab_trouble)? {
        return Ok(Some(lab.kubeconfig()));
    }
    if start == StartLab::No {
        return Ok(None);
    }
    let cluster = lab_cluster(environment);
    let lab = start_lab(cluster, folder, Lifetime::UntilStopped, doing).await?;
    Ok(Some(lab.kubeconfig()))
}

/// Starts a lab.
pub(crate) async fn start_lab(
    cluster: LabCluster,
    folder: LabFolder,
    lifetime: Lifetime,
    doing: &Arc<Doing>,
) -> Result<Lab, Trouble> {
    let settings = LabSettings {
        folder,
        cluster,
        artefacts: artefacts(doing)?,
        supervisor: Launcher::this_program(["lab", "supervise"])
            .map_err(|error| Trouble::of(&error))?,
        lifetime,
    };
    let progress = doing.clone();
    Lab::start(settings, Arc::new(move |report| progress.lab(report)))
        .await
        .map_err(lab_trouble)
}

pub(crate) fn lab_trouble(error: mosipctl_lab::LabError) -> Trouble {
    let remedy = miette::Diagnostic::help(&error).map(|help| help.to_string());
    Trouble::of(&error).maybe_remedy(remedy)
}

/// The cluster inside a lab: nodes as the environment has them, and the storage classes that it names.
pub(crate) fn lab_cluster(environment: &Environment) -> LabCluster {
    let nodes = environment.spec.cluster.nodes.clone().unwrap_or_default();
    let mut group = NodeGroup {
        count: nodes.count,
        cpu: nodes.cpu.to_string(),
        memory: nodes.memory,
        ..NodeGroup::default()
    };
    if !nodes.zones.is_empty() {
        group.zones = nodes.zones;
    }
    LabCluster {
        nodes: group.nodes(),
        storage_classes: storage_classes(environment),
        ..LabCluster::default()
    }
}

/// An environment that names a class for shared volumes says what its cluster has; for one that names none, the default
/// class of the lab takes both sorts.
fn storage_classes(environment: &Environment) -> Vec<StorageClass> {
    let storage = &environment.spec.storage;
    let name = |class: &Option<mosipctl_spec::Label>| class.as_ref().map(ToString::to_string);
    let (own, shared) = (name(&storage.class), name(&storage.shared_class));
    let access = if shared.is_some() {
        VolumeAccess::OneNode
    } else {
        VolumeAccess::ManyNodes
    };
    let own = own.unwrap_or_else(|| DEFAULT_CLASS.to_owned());
    let mut classes = vec![StorageClass {
        name: own.clone(),
        is_default: true,
        access,
    }];
    if let Some(shared) = shared.filter(|shared| *shared != own) {
        classes.push(StorageClass {
            name: shared,
            is_default: false,
            access: VolumeAccess::ManyNodes,
        });
    }
    classes
}

/// Tells a lab what will come: how long each component takes to start, and which images there are.
pub(crate) async fn expect(session: &Session, wanted: &Wanted, speed: f64) -> Result<(), Trouble> {
    let folder = lab_folder(&session.environment)?;
    match Lab::find(&folder).map_err(lab_trouble)? {
        Some(lab) => expect_in(&lab, &expectations(session, wanted), speed).await,
        None => Ok(()),
    }
}

/// Tells a lab what will come.
pub(crate) async fn expect_in(
    lab: &Lab,
    expectations: &Expectations,
    speed: f64,
) -> Result<(), Trouble> {
    let client = lab.client().await.map_err(lab_trouble)?;
    mosipctl_lab::expect(&client, expectations, speed)
        .await
        .map_err(|error| {
            let remedy = miette::Diagnostic::help(&error).map(|help| help.to_string());
            Trouble::of(&error).maybe_remedy(remedy)
        })
}

/// What will come when nothing goes wrong.
pub(crate) fn expectations(session: &Session, wanted: &Wanted) -> Expectations {
    Expectations {
        startups: startups(session),
        images: images(session, wanted),
        real: real_servers(session, wanted),
        ..Expectations::default()
    }
}

fn startups(session: &Session) -> Vec<Startup> {
    let parts = session.blueprint.parts.values();
    let releases = parts.filter_map(|part| Some((part, part.release.as_ref()?)));
    let startups = releases.map(|(part, release)| Startup {
        subject: Subject::new(&release.name.namespace, &release.name.name),
        work: if part.job.is_some() {
            Work::Job
        } else {
            Work::Service
        },
        seconds: part.startup.as_secs_f64(),
    });
    startups.collect()
}

/// The images that can be pulled: what the catalogue's components run, under the names that the environment gives them.
/// An image that a person set for a component is not among them: nobody knows whether it exists.
pub(crate) fn images(session: &Session, wanted: &Wanted) -> BTreeSet<String> {
    let mut images: BTreeSet<String> = wanted.rendered.images().into_keys().collect();
    for (name, settings) in &session.environment.spec.components {
        let Some(own) = &settings.image else { continue };
        let policy = &session.blueprint.images;
        if policy.responder(name, own).is_some() {
            continue;
        }
        images.remove(&policy.resolve(name, own));
        let entry = &session.catalogue.components[name].component;
        let container = entry.service.as_ref().map(|service| &service.container);
        if let Some(container) = container.or(entry.job.as_ref().map(|job| &job.container)) {
            images.insert(policy.resolve(name, &container.image));
        }
    }
    images
}
