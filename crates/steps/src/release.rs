//! Releases: recorded as pending before the first write, applied, and recorded as deployed when they are ready.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use futures::FutureExt;
use futures::stream::{self, StreamExt, TryStreamExt};
use mosipctl_catalogue::LateValue;
use mosipctl_engine::Outcome;
use mosipctl_helm::{
    Begun, Chart, Draft, History, Outcome as Ended, Release, Releases as Records, first_and_rest,
    to_yaml,
};
use mosipctl_kube::{Kubernetes, Manager, ResourceVersion};
use mosipctl_object::{Object, ObjectKey, ReleaseName};
use mosipctl_observe::late;
use mosipctl_plan::desired::{COMPONENT_LABEL, DesiredRelease, ENVIRONMENT_LABEL};
use mosipctl_plan::inventory::OwnedRelease;
use mosipctl_render::REVISION;

use crate::failure::Failure;
use crate::gate::{self, Listener};
use crate::hands::{BUG, Steps};
use crate::{apply, remove};

/// Objects of one release that are written at the same time.
const AT_ONCE: usize = 8;

/// The records of releases, and what is needed to write them.
pub(crate) struct Releases {
    records: Records,
    /// Charts by folder, read once.
    charts: Mutex<BTreeMap<PathBuf, Chart>>,
    /// Releases that have a record, as the cluster was looked at before the plan; nothing when nobody looked.
    pub(crate) recorded: Option<BTreeSet<ReleaseName>>,
    /// Revisions that were begun in this run.
    begun: Mutex<BTreeMap<ReleaseName, Release>>,
}

impl Releases {
    pub(crate) fn of(kube: Arc<dyn Kubernetes>) -> Self {
        Self {
            records: Records::of(kube),
            charts: Mutex::default(),
            recorded: None,
            begun: Mutex::default(),
        }
    }

    fn chart(&self, folder: &Path) -> Result<Chart, Failure> {
        let mut charts = self.charts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(chart) = charts.get(folder) {
            return Ok(chart.clone());
        }
        let chart = Chart::read(folder)?;
        charts.insert(folder.to_owned(), chart.clone());
        Ok(chart)
    }

    async fn begin(&self, draft: Draft) -> Result<Begun, Failure> {
        let is_first = |recorded: &BTreeSet<ReleaseName>| !recorded.contains(&draft.release);
        Ok(match self.recorded.as_ref().is_some_and(is_first) {
            true => self.records.begin_first(draft).await?,
            false => self.records.begin(draft).await?,
        })
    }

    fn remember(&self, release: &Release) {
        let mut begun = self.begun.lock().unwrap_or_else(PoisonError::into_inner);
        begun.insert(release.release_name(), release.clone());
    }

    fn take(&self, release: &ReleaseName) -> Option<Release> {
        self.begun
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(release)
    }
}

impl Steps {
    pub(crate) async fn apply_release(
        &self,
        name: &ReleaseName,
        recreate: &[ObjectKey],
        say: Listener<'_>,
    ) -> Result<Outcome, Failure> {
        let desired = self.release(name)?;
        self.own(name, &desired.component);
        if desired.rendered.has_hooks {
            return self.let_helm_run(desired, say).await;
        }
        let objects = self.resolved(desired).await?;
        let release = self.begin(desired, &objects).await?;
        self.releases.remember(&release);
        self.delete_to_recreate(recreate, say).await?;
        let (first, rest) =
            first_and_rest(objects.iter().map(|(_, object)| object.clone()).collect());
        let mut written = self.write(desired, &objects, &first).await?;
        if !rest.is_empty() {
            let definitions: Vec<_> = written
                .iter()
                .map(|w| (w.key.clone(), Some(w.version)))
                .collect();
            gate::ready(&self.kube, &definitions, say).await?;
        }
        written.extend(self.write(desired, &objects, &rest).await?);
        self.delete_what_is_gone(name, &objects).await?;
        let left: Vec<_> = written.iter().flat_map(|w| w.left.clone()).collect();
        self.has_written(
            name,
            written
                .into_iter()
                .map(|w| (w.key, Some(w.version)))
                .collect(),
        );
        Ok(crate::hands::left_to_others(&left))
    }

    fn release(&self, name: &ReleaseName) -> Result<&DesiredRelease, Failure> {
        let release = self.desired.releases.get(name);
        release.ok_or_else(|| Failure::refused(format!("no release `{name}` is desired"), BUG))
    }

    /// Every object as planned and as it will be sent.
    async fn resolved(&self, desired: &DesiredRelease) -> Result<Vec<(Object, Object)>, Failure> {
        let mut objects = Vec::with_capacity(desired.rendered.objects.len());
        for object in &desired.rendered.objects {
            let resolved =
                late::resolve(self.kube.as_ref(), object, &|late| self.known(late)).await?;
            objects.push((object.clone(), resolved));
        }
        Ok(objects)
    }

    /// Revisions of Secrets are in the inventory; nothing else is.
    pub(crate) fn known(&self, late: &LateValue) -> Option<String> {
        if late.output != REVISION {
            return None;
        }
        self.ledger
            .read(|inventory| Some(inventory.secrets.get(&late.fact.key)?.revision.clone()))
    }

    /// Ownership is noted before the work.
    fn own(&self, name: &ReleaseName, component: &str) {
        let owned = OwnedRelease {
            component: component.to_owned(),
            adopted: false,
        };
        self.ledger
            .note(|inventory| drop(inventory.releases.insert(name.to_string(), owned)));
        if let Some(real) = self
            .desired
            .releases
            .get(name)
            .and_then(|release| release.stands_in_for.clone())
        {
            self.ledger
                .note(|inventory| drop(inventory.stand_ins.insert(component.to_owned(), real)));
        }
    }

    async fn begin(
        &self,
        desired: &DesiredRelease,
        objects: &[(Object, Object)],
    ) -> Result<Release, Failure> {
        let rendered = &desired.rendered;
        let chart = rendered
            .chart
            .file_name()
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default();
        let sent: Vec<Object> = objects.iter().map(|(_, object)| object.clone()).collect();
        let draft = Draft {
            release: rendered.name.clone(),
            chart: self.releases.chart(&rendered.chart)?,
            values: rendered.values.as_object().cloned().unwrap_or_default(),
            manifest: to_yaml(&sent, &format!("{chart}/templates")),
            hooks: Vec::new(),
            owner: (ENVIRONMENT_LABEL.to_owned(), self.environment.clone()),
            labels: BTreeMap::from([(COMPONENT_LABEL.to_owned(), desired.component.clone())]),
        };
        match self.releases.begin(draft).await? {
            Begun::New(release) | Begun::Resumed(release) => Ok(release),
            Begun::Foreign(release) => {
                let status = release.info.status;
                let message = format!(
                    "release `{}` is {status}, and not by us: helm is at work on it",
                    rendered.name
                );
                let remedy = "let helm finish; if it was killed, `helm rollback` the release, then run again";
                Err(Failure::refused(message, remedy))
            }
        }
    }

    async fn delete_to_recreate(
        &self,
        keys: &[ObjectKey],
        say: Listener<'_>,
    ) -> Result<(), Failure> {
        let mut objects = Vec::new();
        for key in keys {
            if let Some(live) = self.kube.get(key).await? {
                objects.push((key.clone(), live.uid().unwrap_or_default().to_owned()));
            }
        }
        remove::delete(&self.kube, &objects).await?;
        for (key, uid) in &objects {
            gate::gone(&self.kube, key, uid, say).await?;
        }
        Ok(())
    }

    /// Applies some of a release's objects at the same time, and notes each.
    async fn write(
        &self,
        desired: &DesiredRelease,
        all: &[(Object, Object)],
        some: &[Object],
    ) -> Result<Vec<Written>, Failure> {
        let keys: BTreeSet<ObjectKey> = some.iter().map(Object::key).collect();
        let mut each = Vec::new();
        for (planned, sent) in all
            .iter()
            .filter(|(planned, _)| keys.contains(&planned.key()))
        {
            each.push(self.write_one(desired, planned, sent).boxed());
        }
        stream::iter(each)
            .buffer_unordered(AT_ONCE)
            .try_collect()
            .await
    }

    async fn write_one(
        &self,
        desired: &DesiredRelease,
        planned: &Object,
        sent: &Object,
    ) -> Result<Written, Failure> {
        let kube = self.kube.as_ref();
        let outcome = apply::apply_resolved(kube, sent, Manager::Helm).await?;
        apply::note(
            kube,
            &self.ledger,
            planned,
            &outcome.object,
            Some(&desired.rendered.name),
            false,
        )
        .await?;
        let version = ResourceVersion::of(&outcome.object);
        Ok(Written {
            key: sent.key(),
            version,
            left: outcome.left,
        })
    }

    /// Objects that an earlier revision had and this one has not.
    async fn delete_what_is_gone(
        &self,
        name: &ReleaseName,
        objects: &[(Object, Object)],
    ) -> Result<(), Failure> {
        let now: BTreeSet<ObjectKey> = objects.iter().map(|(object, _)| object.key()).collect();
        let gone: Vec<(ObjectKey, String)> = self.ledger.read(|inventory| {
            let own = inventory
                .objects
                .iter()
                .filter(|(_, owned)| owned.release.as_ref() == Some(name));
            let gone = own.filter(|(key, owned)| !now.contains(*key) && !owned.found);
            gone.map(|(key, owned)| (key.clone(), owned.mark.uid().to_owned()))
                .collect()
        });
        remove::delete(&self.kube, &gone).await?;
        self.ledger.note(|inventory| {
            gone.iter()
                .for_each(|(key, _)| drop(inventory.objects.remove(key)))
        });
        Ok(())
    }

    /// Records how a release ended. A revision that is deployed already stays as it is.
    pub(crate) async fn finish_release(
        &self,
        name: &ReleaseName,
        outcome: Ended<'_>,
    ) -> Result<(), Failure> {
        let begun = match self.releases.take(name) {
            Some(release) => Some(release),
            None => self.pending(name).await?,
        };
        if let Some(release) = begun {
            self.releases.records.finish(&release, outcome).await?;
        }
        Ok(())
    }

    /// The pending revision that an earlier run left.
    async fn pending(&self, name: &ReleaseName) -> Result<Option<Release>, Failure> {
        let history: History = self.releases.records.history(name).await?;
        let last = history.last().filter(|last| last.info.status.is_pending());
        Ok(last
            .filter(|last| last.labels.contains_key(ENVIRONMENT_LABEL))
            .cloned())
    }

    /// Forgets a release whose objects are gone.
    pub(crate) async fn forget_release(&self, name: &ReleaseName) -> Result<(), Failure> {
        self.releases.records.remove(name).await?;
        self.ledger
            .note(|inventory| drop(inventory.releases.remove(&name.to_string())));
        Ok(())
    }

    /// Takes a release that somebody else made, as it is.
    pub(crate) async fn adopt_release(&self, name: &ReleaseName) -> Result<Outcome, Failure> {
        let component = self.release(name)?.component.clone();
        let labels = BTreeMap::from([
            (ENVIRONMENT_LABEL.to_owned(), self.environment.clone()),
            (COMPONENT_LABEL.to_owned(), component.clone()),
        ]);
        let adopted = mosipctl_helm::adopt(&self.kube, name, labels).await?;
        let owned = OwnedRelease {
            component,
            adopted: true,
        };
        let note = self
            .ledger
            .note(|inventory| drop(inventory.releases.insert(name.to_string(), owned)));
        self.ledger.settled(note).await?;
        let objects = adopted.objects.len();
        Ok(Outcome::DoneWith(format!(
            "{objects} objects, owners of {} migrated, no pod touched",
            adopted.migrated
        )))
    }
}

/// An object that was written.
struct Written {
    key: ObjectKey,
    version: ResourceVersion,
    left: Vec<mosipctl_kube::Conflict>,
}
