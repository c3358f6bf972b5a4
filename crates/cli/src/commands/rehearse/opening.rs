//! The environment as a rehearsal opens it: always in a lab, which is the likeness of its own cluster where it has one.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use mosipctl_checks::storage::{Class, Sharing};
use mosipctl_kube::{KubeError, Kubernetes, Selection};
use mosipctl_lab::{Access, Cluster as LabCluster, StorageClass};
use mosipctl_object::Kind;
use mosipctl_rehearse::{Likeness, pod_release};
use mosipctl_report::Trouble;
use mosipctl_spec::environment::cluster::{Cluster, ClusterKind};
use serde::de::DeserializeOwned;

use crate::connect::{Connection, StartLab, connect, lab_cluster};
use crate::output::Doing;
use crate::session::{Change, Session};
use crate::settings::Settings;

/// How the environment is opened, again and again.
#[derive(Clone)]
pub(crate) struct Opening {
    file: PathBuf,
    changes: Vec<Change>,
    /// Its own cluster, where that is no lab.
    pub(crate) likeness: Option<Likeness>,
}

impl Opening {
    /// Of an environment file, with changes that are only tried.
    pub(crate) fn new(file: &Path, changes: Vec<Change>) -> Self {
        Self {
            file: file.to_owned(),
            changes,
            likeness: None,
        }
    }

    /// On the nodes that the file names for a lab; else like the cluster that is there.
    pub(crate) async fn on_its_nodes(
        self,
        settings: &Settings,
        doing: &Arc<Doing>,
    ) -> Result<Self, Trouble> {
        let session = self.as_written(settings)?;
        match session.environment.spec.cluster.kind {
            ClusterKind::Lab => Ok(self),
            _ => self.like(&session, doing).await,
        }
    }

    /// Like the cluster that the environment has now, a lab that runs included.
    pub(crate) async fn like_cluster(
        self,
        settings: &Settings,
        doing: &Arc<Doing>,
    ) -> Result<Self, Trouble> {
        let session = self.as_written(settings)?;
        self.like(&session, doing).await
    }

    /// The cluster is looked at; nothing is made in it.
    async fn like(self, session: &Session, doing: &Arc<Doing>) -> Result<Self, Trouble> {
        let connection = connect(session, StartLab::No, doing).await?;
        let connection = connection.ok_or_else(|| {
            Trouble::new("the lab does not run, so there is no cluster to look at").remedy(format!(
                "start it with `mosipctl lab start {}`",
                session.file
            ))
        })?;
        doing.say("likeness", "looking at the nodes of the cluster");
        let likeness = likeness(&connection, session.environment.name().as_str()).await;
        let likeness = likeness.map_err(|error| {
            Trouble::of(&error).while_doing("failed to look at the nodes of the cluster")
        })?;
        if likeness.nodes.is_empty() {
            return Err(Trouble::new("the cluster has no node that is ready")
                .remedy("see `kubectl get nodes`"));
        }
        Ok(Self {
            likeness: Some(likeness),
            ..self
        })
    }

    /// With one more change.
    pub(crate) fn with(&self, change: Change) -> Self {
        let mut opening = self.clone();
        opening.changes.push(change);
        opening
    }

    /// On its own cluster.
    pub(crate) fn as_written(&self, settings: &Settings) -> Result<Session, Trouble> {
        Session::open_changed(&self.file, settings, |environment| {
            for change in &self.changes {
                change(environment);
            }
        })
    }

    /// In a lab.
    pub(crate) fn session(&self, settings: &Settings) -> Result<Session, Trouble> {
        let opened = Session::open_changed(&self.file, settings, |environment| {
            for change in &self.changes {
                change(environment);
            }
            if self.likeness.is_some() {
                // the servers outside are simulated then, as all servers in labs: no rehearsal touches them
                environment.spec.cluster = Cluster::default();
            }
        });
        let mut session = opened?;
        session.supplied = session.blueprint.pretend_supplied();
        Ok(session)
    }

    /// The cluster inside the lab.
    pub(crate) fn cluster(&self, session: &Session) -> LabCluster {
        let own = lab_cluster(&session.environment);
        match &self.likeness {
            None => own,
            Some(likeness) => LabCluster {
                nodes: likeness.nodes.clone(),
                storage_classes: likeness.classes.clone(),
                ..own
            },
        }
    }
}

async fn likeness(connection: &Connection, environment: &str) -> Result<Likeness, KubeError> {
    let kube = connection.kube.as_ref();
    // an inventory that cannot be read counts as empty: then everything there is somebody else's
    let inventory = mosipctl_observe::ledger::read(kube, environment).await;
    let inventory = inventory.unwrap_or_default();
    let (nodes, pods, classes) = tokio::try_join!(
        all(kube, Kind::new("", "Node")),
        all(kube, Kind::new("", "Pod")),
        mosipctl_checks::storage::look(kube),
    )?;
    let mut notes = Vec::new();
    let classes = classes
        .iter()
        .map(|class| storage(class, &mut notes))
        .collect();
    let is_own = |pod: &_| inventory.releases.contains_key(&pod_release(pod));
    let mut likeness = Likeness::of(&nodes, &pods, classes, is_own);
    likeness.notes.append(&mut notes);
    Ok(likeness)
}

/// What cannot be read as what it says it is, is left out: the API server keeps no such thing.
async fn all<K: DeserializeOwned>(kube: &dyn Kubernetes, kind: Kind) -> Result<Vec<K>, KubeError> {
    let objects = kube.list(&kind, &Selection::everywhere()).await?;
    let read = objects
        .into_iter()
        .filter_map(|object| serde_json::from_value(object.value().clone()).ok());
    Ok(read.collect())
}

fn storage(class: &Class, notes: &mut Vec<String>) -> StorageClass {
    let access = match Sharing::of(class) {
        Sharing::OneNode => Access::OneNode,
        Sharing::ManyNodes => Access::ManyNodes,
        Sharing::Unknown => {
            notes.push(format!(
                "storage class {}: whether several nodes can write to its volumes is not known; taken as if they could",
                class.name
            ));
            Access::ManyNodes
        }
    };
    StorageClass {
        name: class.name.clone(),
        is_default: class.is_default,
        access,
    }
}
