//! The releases of a cluster: reading them, and writing a revision from its beginning to its end.
//!
//! A revision is recorded as pending before the first object is written, and as deployed or failed when it is known how
//! it went. Every step can be repeated: a run that was killed anywhere finds its own pending revision and goes on.

use std::collections::BTreeMap;
use std::sync::Arc;

use mosipctl_kube::{
    Created, Delete, KubeError, Kubernetes, Manager, Patch, Propagation, Selection,
};
use mosipctl_object::{Kind, ObjectKey, ReleaseName};
use serde_json::{Map, Value, json};

use super::record::{self, Noted};
use super::{ApplyMethod, History, Hook, Info, RecordError, Release, ReleaseHead, Status};
use crate::chart::Chart;

/// Revisions kept of each release: Helm's own default.
pub const HISTORY_MAX: usize = 10;

/// A release that cannot be read or written. Reads after "failed to".
#[derive(Debug, thiserror::Error)]
pub enum ReleaseError {
    /// The cluster does not answer as hoped.
    #[error("keep the records of release {release}")]
    Kubernetes {
        /// The release.
        release: ReleaseName,
        /// Why.
        source: Box<KubeError>,
    },
    /// A record is broken or too large.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// Somebody else wrote the same revision at the same moment.
    #[error("begin revision {revision} of release {release}: somebody else began it just now")]
    Raced {
        /// The release.
        release: ReleaseName,
        /// The revision.
        revision: u32,
    },
}

/// A revision to be.
#[derive(Debug, Clone)]
pub struct Draft {
    /// Namespace and name.
    pub release: ReleaseName,
    /// The chart.
    pub chart: Chart,
    /// Values over those of the chart. Secrets never stand here.
    pub values: Map<String, Value>,
    /// The objects, as text.
    pub manifest: String,
    /// Hooks; recorded, so that Helm knows them, and not run.
    pub hooks: Vec<Hook>,
    /// The label that says whose it is: name and value.
    pub owner: (String, String),
    /// More labels of the record.
    pub labels: BTreeMap<String, String>,
}

/// How a revision was begun.
#[derive(Debug, Clone, PartialEq)]
pub enum Begun {
    /// A new one was recorded.
    New(Release),
    /// The last one is ours, pending, and has the same manifest: a run was stopped there. It goes on.
    Resumed(Release),
    /// The last one is pending and not of our making: Helm is at work, or was killed. Nothing was written.
    Foreign(Release),
}

/// How a revision ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome<'a> {
    /// It runs.
    Deployed,
    /// It does not; why.
    Failed(&'a str),
}

/// The releases of a cluster.
#[derive(Debug, Clone)]
pub struct Releases {
    kube: Arc<dyn Kubernetes>,
}

impl Releases {
    /// Those of a cluster.
    pub fn of(kube: Arc<dyn Kubernetes>) -> Self {
        Self { kube }
    }

    /// Every revision of every release, told from metadata alone.
    ///
    /// # Errors
    /// The cluster does not answer.
    pub async fn heads(&self) -> Result<Vec<ReleaseHead>, KubeError> {
        let selection = Selection::everywhere().labels("owner=helm");
        let listed = self.kube.list_metadata(&secrets(), &selection).await?;
        Ok(listed.iter().filter_map(ReleaseHead::of).collect())
    }

    /// The revisions of a release, in full.
    ///
    /// # Errors
    /// The cluster does not answer, or a record is broken.
    pub async fn history(&self, release: &ReleaseName) -> Result<History, ReleaseError> {
        let selector = format!("owner=helm,name={}", release.name);
        let selection = Selection::namespace(&release.namespace).labels(selector);
        let listed = self.kube.list(&secrets(), &selection).await;
        Ok(History::of(&listed.map_err(failed(release))?)?)
    }

    /// Records a revision as pending, before anything of it is written.
    ///
    /// # Errors
    /// The cluster does not answer, or somebody else began a revision at the same moment.
    pub async fn begin(&self, draft: Draft) -> Result<Begun, ReleaseError> {
        let history = self.history(&draft.release).await?;
        if let Some(last) = history.last().filter(|last| last.info.status.is_pending()) {
            let (label, owner) = &draft.owner;
            if last.labels.get(label) != Some(owner) {
                return Ok(Begun::Foreign(last.clone()));
            }
            if last.manifest == draft.manifest {
                return Ok(Begun::Resumed(last.clone()));
            }
            let given_up = Outcome::Failed("Interrupted, and something else is wanted now");
            self.finish(last, given_up).await?;
        }
        self.forget(&history, &draft.release).await?;
        let release = self.pending(draft, &history);
        match self.create(&release).await? {
            true => Ok(Begun::New(release)),
            false => Err(ReleaseError::Raced {
                release: release.release_name(),
                revision: release.revision,
            }),
        }
    }

    /// Begins a release of which no record was seen when the cluster was looked at. Earlier revisions are looked for only
    /// when the first turns out to be there: a roll-out begins hundreds, and each look costs as much as the record.
    ///
    /// # Errors
    /// As [`begin`](Self::begin).
    pub async fn begin_first(&self, draft: Draft) -> Result<Begun, ReleaseError> {
        let release = self.pending(draft.clone(), &History::default());
        match self.create(&release).await? {
            true => Ok(Begun::New(release)),
            false => self.begin(draft).await,
        }
    }

    /// Records a new revision; false when it is there already.
    async fn create(&self, release: &Release) -> Result<bool, ReleaseError> {
        let secret = release.encode(Noted::Created(self.kube.now()))?;
        let created = self.kube.create(&secret).await;
        let created = created.map_err(failed(&release.release_name()))?;
        Ok(matches!(created, Created::New(_)))
    }

    /// Records how a revision ended. A deployed one supersedes those before it.
    ///
    /// # Errors
    /// The cluster does not answer; doing it again does no harm.
    pub async fn finish(
        &self,
        release: &Release,
        outcome: Outcome<'_>,
    ) -> Result<Release, ReleaseError> {
        let ended = ended(release, outcome);
        self.write(&ended).await?;
        // the first revision has none before it, and a roll-out has hundreds of first ones
        if outcome == Outcome::Deployed && release.revision > 1 {
            // the new one first: between the two writes two are deployed, of which Helm takes the newer, never none
            let history = self.history(&release.release_name()).await?;
            for old in history.to_supersede(release.revision) {
                let mut old = old.clone();
                old.info.status = Status::Superseded;
                self.write(&old).await?;
            }
        }
        Ok(ended)
    }

    /// Writes a record again: its state, its labels, its content.
    ///
    /// # Errors
    /// The cluster does not answer, or the record is gone.
    pub async fn write(&self, release: &Release) -> Result<(), ReleaseError> {
        let secret = release.encode(Noted::Modified(self.kube.now()))?;
        let patch = json!({
            "metadata": {"labels": secret.value()["metadata"]["labels"]},
            "data": secret.value()["data"],
        });
        let patched = self
            .kube
            .patch(&secret.key(), &Patch::Merge(patch), Manager::Helm)
            .await;
        patched.map(drop).map_err(failed(&release.release_name()))
    }

    /// Removes every record of a release: the last step of taking it away.
    ///
    /// # Errors
    /// The cluster does not answer.
    pub async fn remove(&self, release: &ReleaseName) -> Result<(), ReleaseError> {
        let selector = format!("owner=helm,name={}", release.name);
        let selection = Selection::namespace(&release.namespace).labels(selector);
        let listed = self.kube.list_metadata(&secrets(), &selection).await;
        for secret in listed.map_err(failed(release))? {
            self.delete(&secret.key(), release).await?;
        }
        Ok(())
    }

    /// Makes room for one more revision.
    async fn forget(&self, history: &History, name: &ReleaseName) -> Result<(), ReleaseError> {
        for old in history.to_forget(HISTORY_MAX - 1) {
            let record = record::name(&old.name, old.revision);
            let key = ObjectKey::namespaced(secrets(), &name.namespace, record);
            self.delete(&key, name).await?;
        }
        Ok(())
    }

    async fn delete(&self, key: &ObjectKey, release: &ReleaseName) -> Result<(), ReleaseError> {
        let delete = Delete {
            uid: None,
            propagation: Propagation::Background,
        };
        let deleted = self.kube.delete(key, &delete).await;
        deleted.map(drop).map_err(failed(release))
    }

    fn pending(&self, draft: Draft, history: &History) -> Release {
        let revision = history.next();
        let mut labels = draft.labels;
        labels.extend([draft.owner]);
        labels.extend([record::manifest_label(revision, &draft.manifest)]);
        let now = self.kube.now();
        let status = history.next_status();
        let before = history.last().filter(|_| status == Status::PendingUpgrade);
        let description = match status {
            Status::PendingInstall => "Initial install underway",
            _ => "Preparing upgrade",
        };
        let info = Info {
            first_deployed: before
                .and_then(|before| before.info.first_deployed)
                .or(Some(now)),
            last_deployed: Some(now),
            deleted: None,
            description: description.to_owned(),
            status,
            notes: String::new(),
        };
        Release {
            revision,
            info,
            name: draft.release.name,
            namespace: draft.release.namespace,
            chart: draft.chart.into_json(),
            config: draft.values,
            manifest: draft.manifest,
            hooks: draft.hooks,
            apply_method: ApplyMethod::ServerSide,
            labels,
        }
    }
}

fn ended(release: &Release, outcome: Outcome<'_>) -> Release {
    let mut ended = release.clone();
    let was_install = release.info.status == Status::PendingInstall;
    (ended.info.status, ended.info.description) = match outcome {
        Outcome::Deployed if was_install => (Status::Deployed, "Install complete".to_owned()),
        Outcome::Deployed => (Status::Deployed, "Upgrade complete".to_owned()),
        Outcome::Failed(why) if was_install => (
            Status::Failed,
            format!("Release \"{}\" failed: {why}", release.name),
        ),
        Outcome::Failed(why) => (
            Status::Failed,
            format!("Upgrade \"{}\" failed: {why}", release.name),
        ),
    };
    ended
}

fn failed(release: &ReleaseName) -> impl Fn(KubeError) -> ReleaseError {
    let release = release.clone();
    move |source| ReleaseError::Kubernetes {
        release: release.clone(),
        source: Box::new(source),
    }
}

fn secrets() -> Kind {
    Kind::core("Secret")
}

#[cfg(test)]
mod tests;
