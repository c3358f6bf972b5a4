//! What each action of a plan does.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use jiff::Timestamp;
use mosipctl_catalogue::Fact;
use mosipctl_engine::{Context, ErrorKind, Hands, Outcome, Proof, Settled, StepError};
use mosipctl_helm::Outcome as Ended;
use mosipctl_journal::Reason;
use mosipctl_kube::{Kubernetes, Manager, ResourceVersion};
use mosipctl_object::{ObjectKey, ReleaseName};
use mosipctl_observe::late;
use mosipctl_plan::desired::ENVIRONMENT_LABEL;
use mosipctl_plan::inventory::PreparedFact;
use mosipctl_plan::{Action, Desired, Step};
use mosipctl_prepare::Servers;

use crate::failure::Failure;
use crate::hooks::HelmRunner;
use crate::ledger::Ledger;
use crate::on_host::{self, Ground};
use crate::release::Releases;
use crate::remove::Ending;
use crate::{apply, copy, gate, job, remove, secret};

/// Does the steps of one environment on one cluster.
pub struct Steps {
    pub(crate) kube: Arc<dyn Kubernetes>,
    pub(crate) ledger: Ledger,
    pub(crate) desired: Arc<Desired>,
    pub(crate) environment: String,
    pub(crate) releases: Releases,
    pub(crate) helm: Option<HelmRunner>,
    servers: Option<Arc<Servers>>,
    ground: Option<Ground>,
    /// Where backups go.
    backups: Option<PathBuf>,
    /// How far the cluster had come when a step wrote an object: its gate must not look at anything older.
    written: Mutex<BTreeMap<ReleaseName, Written>>,
    /// uids of objects whose end a gate waits for.
    ending: Mutex<BTreeMap<String, Ending>>,
}

type Written = Vec<(ObjectKey, Option<ResourceVersion>)>;

impl Steps {
    /// Hands for what is desired.
    pub fn new(
        kube: Arc<dyn Kubernetes>,
        ledger: Ledger,
        desired: Arc<Desired>,
        environment: &str,
    ) -> Self {
        Self {
            releases: Releases::of(kube.clone()),
            helm: None,
            servers: None,
            ground: None,
            backups: None,
            kube,
            ledger,
            desired,
            environment: environment.to_owned(),
            written: Mutex::default(),
            ending: Mutex::default(),
        }
    }

    /// With the helm that runs charts with hooks.
    #[must_use]
    pub fn with_helm(mut self, runner: HelmRunner) -> Self {
        self.helm = Some(runner);
        self
    }

    /// With the servers that things are prepared in.
    #[must_use]
    pub fn with_servers(mut self, servers: Arc<Servers>) -> Self {
        self.servers = Some(servers);
        self
    }

    /// With the hosts that the cluster stands on.
    #[must_use]
    pub fn with_ground(mut self, ground: Ground) -> Self {
        self.ground = Some(ground);
        self
    }

    /// With the folder that backups go to.
    #[must_use]
    pub fn with_backups(mut self, folder: PathBuf) -> Self {
        self.backups = Some(folder);
        self
    }

    /// With the releases that have a record, as the cluster was looked at before the plan.
    #[must_use]
    pub fn with_recorded(mut self, releases: impl IntoIterator<Item = ReleaseName>) -> Self {
        self.releases.recorded = Some(releases.into_iter().collect());
        self
    }

    async fn act(&self, step: &Step, context: &Context) -> Result<Outcome, Failure> {
        let say = |text: String| context.note(text);
        match &step.action {
            Action::Apply { object, recreate } => self.apply(object, *recreate, &say).await,
            Action::MakeSecret { secret } => self.make_secret(secret).await,
            Action::Copy { from, to } => self.copy(from, to, &step.component).await,
            Action::ApplyRelease { release, recreate } => {
                self.apply_release(release, recreate, &say).await
            }
            Action::AdoptRelease { release } => self.adopt_release(release).await,
            Action::AwaitRelease { .. } => Ok(Outcome::Done),
            Action::RunJob { release, .. } => {
                let job = self.job(release)?;
                job::start(&self.kube, &job.object, &say).await?;
                Ok(Outcome::Done)
            }
            Action::Prepare { fact } => self.prepare(fact, step.simulated, context).await,
            Action::BackUp { fact } => self.back_up(fact).await,
            Action::OnHost { work, .. } => self.ground()?.run(work, step).await,
            Action::RemoveRelease { release } => {
                self.remove_release(release, &step.component).await
            }
            Action::Delete { object } => {
                let uid = remove::one(&self.kube, &self.ledger, object).await?;
                self.will_end(
                    step,
                    uid.map(|uid| (object.clone(), uid)).into_iter().collect(),
                );
                Ok(Outcome::Done)
            }
        }
    }

    async fn apply(
        &self,
        key: &ObjectKey,
        recreate: bool,
        say: gate::Listener<'_>,
    ) -> Result<Outcome, Failure> {
        let wanted = self
            .desired
            .objects
            .get(key)
            .map(|desired| &desired.object)
            .ok_or_else(|| unknown(key))?;
        let live = self.kube.get(key).await?;
        if let Some(live) = live.as_ref().filter(|_| recreate) {
            let uid = live.uid().unwrap_or_default().to_owned();
            let objects = [(key.clone(), uid)];
            remove::delete(&self.kube, &objects).await?;
            gate::gone(&self.kube, key, &objects[0].1, say).await?;
        }
        let found = live.is_some_and(|live| !live.labels().contains_key(ENVIRONMENT_LABEL));
        let sent = late::resolve(self.kube.as_ref(), wanted, &|late| self.known(late)).await?;
        let outcome = apply::apply_resolved(self.kube.as_ref(), &sent, Manager::Mosipctl).await?;
        apply::note(
            self.kube.as_ref(),
            &self.ledger,
            wanted,
            &outcome.object,
            None,
            found,
        )
        .await?;
        Ok(left_to_others(&outcome.left))
    }

    async fn make_secret(&self, key: &ObjectKey) -> Result<Outcome, Failure> {
        let desired = self.desired.secrets.get(key).ok_or_else(|| unknown(key))?;
        let made = secret::make(
            self.kube.as_ref(),
            &self.ledger,
            &desired.part,
            &desired.component,
            &self.environment,
        )
        .await?;
        Ok(match made {
            secret::Made::New => Outcome::Done,
            secret::Made::Changed => {
                Outcome::DoneWith("keys were added or supplied anew".to_owned())
            }
            secret::Made::Kept => {
                Outcome::DoneWith("it was there with everything it should have".to_owned())
            }
        })
    }

    async fn copy(
        &self,
        from: &ObjectKey,
        to: &ObjectKey,
        component: &str,
    ) -> Result<Outcome, Failure> {
        let wanted = self
            .desired
            .object(from)
            .map(|object| apply::wanted(&self.ledger, object));
        let class = self
            .desired
            .secrets
            .get(from)
            .map(|secret| secret.part.class);
        let environment = &self.environment;
        let copy = copy::Copy {
            from,
            to,
            component,
            environment,
            wanted,
            class,
        };
        copy::copy(self.kube.as_ref(), &self.ledger, &copy).await?;
        Ok(Outcome::Done)
    }

    /// Prepares something inside a server, or pretends to, and notes which of both.
    async fn prepare(
        &self,
        fact: &Fact,
        simulated: bool,
        context: &Context,
    ) -> Result<Outcome, Failure> {
        let note = match simulated {
            true => Some("simulated: nothing was prepared".to_owned()),
            false => {
                let missing = || Failure::refused(format!("nothing prepares `{fact}`"), BUG);
                let desired = self.desired.prepared.get(fact).ok_or_else(missing)?;
                let servers = self.servers.as_ref().ok_or_else(missing)?;
                servers.prepare(&desired.what, context.fence()).await?
            }
        };
        let prepared = PreparedFact {
            simulated,
            at: Timestamp::now().to_string(),
        };
        let noted = self
            .ledger
            .note(|inventory| drop(inventory.facts.insert(fact.clone(), prepared)));
        self.ledger.settled(noted).await?;
        Ok(note.map_or(Outcome::Done, Outcome::DoneWith))
    }

    /// What is true now is true for this run: the backup is proven, and the plan needs no more.
    async fn back_up(&self, fact: &Fact) -> Result<Outcome, Failure> {
        let missing = || Failure::refused(format!("nothing backs up `{fact}`"), BUG);
        let servers = self.servers.as_ref().ok_or_else(missing)?;
        let folder = self.backups.as_ref().ok_or_else(missing)?;
        let proof = match self.desired.tokens.get(fact) {
            Some(token) => servers.back_up_token(token, folder).await?,
            None => {
                let desired = self.desired.prepared.get(fact).ok_or_else(missing)?;
                servers.back_up(&desired.what, folder).await?
            }
        };
        Ok(Outcome::DoneWith(proof))
    }

    async fn remove_release(
        &self,
        release: &ReleaseName,
        component: &str,
    ) -> Result<Outcome, Failure> {
        let (objects, asked) = remove::release(&self.kube, &self.ledger, release, component).await;
        self.ending
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(release.to_string(), objects);
        asked.map(|()| Outcome::Done)
    }

    fn ground(&self) -> Result<&Ground, Failure> {
        self.ground.as_ref().ok_or_else(on_host::missing)
    }

    fn job(&self, release: &ReleaseName) -> Result<&mosipctl_plan::desired::DesiredJob, Failure> {
        self.desired
            .jobs
            .get(release)
            .ok_or_else(|| Failure::refused(format!("no job of release `{release}`"), BUG))
    }

    fn will_end(&self, step: &Step, objects: Ending) {
        self.ending
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(step.id.to_string(), objects);
    }

    fn ending(&self, name: &str) -> Ending {
        self.ending
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(name)
            .cloned()
            .unwrap_or_default()
    }

    pub(crate) fn has_written(&self, release: &ReleaseName, objects: Written) {
        self.written
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(release.clone(), objects);
    }

    /// The objects of a release, with how far the cluster had come when they were written in this run.
    fn objects_of(&self, release: &ReleaseName) -> Written {
        let written = self
            .written
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(release)
            .cloned();
        written.unwrap_or_else(|| {
            let rendered = self
                .desired
                .releases
                .get(release)
                .map(|release| &release.rendered.objects);
            rendered
                .into_iter()
                .flatten()
                .map(|object| (object.key(), None))
                .collect()
        })
    }

    async fn wait(&self, step: &Step, context: &Context) -> Result<Proof, Failure> {
        let listener = |reason: String| context.waits(reason);
        match &step.action {
            Action::ApplyRelease { release, .. } => {
                let definitions = self.objects_of(release);
                let definitions: Written = definitions
                    .into_iter()
                    .filter(|(key, _)| key.kind.kind == "CustomResourceDefinition")
                    .collect();
                gate::ready(&self.kube, &definitions, &listener).await?;
                Ok(Proof::new("applied"))
            }
            Action::AwaitRelease { release } => {
                let objects = self.objects_of(release);
                gate::ready(&self.kube, &objects, &listener).await?;
                Ok(Proof::new(ready_words(&objects)))
            }
            Action::RunJob { release, .. } => {
                let job = self.job(release)?;
                job::complete(&self.kube, &job.object, &listener).await?;
                Ok(Proof::new(match job.simulated {
                    true => "a responder ended in place of the job: nothing was done",
                    false => "the job ran to completion",
                }))
            }
            Action::RemoveRelease { release } => {
                let objects = self.ending(&release.to_string());
                remove::gone(&self.kube, &self.ledger, &objects, &listener).await?;
                Ok(Proof::new("every object is gone"))
            }
            Action::Delete { object } => {
                for (key, uid) in self.ending(step.id.as_str()) {
                    gate::gone(&self.kube, &key, &uid, &listener).await?;
                }
                remove::forget(&self.ledger, object);
                Ok(Proof::new("gone"))
            }
            Action::Apply { .. }
            | Action::MakeSecret { .. }
            | Action::Copy { .. }
            | Action::AdoptRelease { .. }
            | Action::Prepare { .. } => Ok(Proof::new("written and read back")),
            Action::OnHost { work, .. } => self.ground()?.gate(work).await,
            Action::BackUp { .. } => Ok(Proof::new("compared with what it was made of")),
        }
    }

    async fn close(&self, step: &Step, settled: Settled<'_>) -> Result<(), Failure> {
        match (&step.action, settled) {
            (Action::AwaitRelease { release }, Settled::Proven(_)) => {
                self.finish_release(release, Ended::Deployed).await
            }
            (Action::AwaitRelease { release }, Settled::Missed(error)) => {
                self.finish_release(release, Ended::Failed(&error.to_string()))
                    .await
            }
            (Action::RunJob { release, .. }, Settled::Proven(_)) => {
                job::done(&self.ledger, release, self.job(release)?).await
            }
            (Action::RemoveRelease { release }, Settled::Proven(_)) => {
                self.forget_release(release).await
            }
            _ => Ok(()),
        }
    }
}

/// What a message says when this program contradicts itself.
pub(crate) const BUG: &str = "this is a fault of mosipctl: please report it";

fn unknown(key: &ObjectKey) -> Failure {
    Failure::refused(
        format!("`{key}` is in the plan and not among what is desired"),
        BUG,
    )
}

pub(crate) fn left_to_others(left: &[mosipctl_kube::Conflict]) -> Outcome {
    match left {
        [] => Outcome::Done,
        left => {
            let fields = left
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>()
                .join(", ");
            Outcome::DoneWith(format!("left to others: {fields}"))
        }
    }
}

fn ready_words(objects: &Written) -> String {
    let workloads = objects
        .iter()
        .filter(|(key, _)| gate::takes_time(&key.kind))
        .count();
    match workloads {
        0 => "nothing to wait for".to_owned(),
        1 => "its workload is ready".to_owned(),
        more => format!("its {more} workloads are ready"),
    }
}

#[async_trait]
impl Hands for Steps {
    async fn run(&self, step: &Step, context: &Context) -> Result<Outcome, StepError> {
        self.act(step, context)
            .await
            .map_err(|failure| error(step, failure))
    }

    async fn gate(&self, step: &Step, context: &Context) -> Result<Proof, StepError> {
        self.wait(step, context)
            .await
            .map_err(|failure| error(step, failure))
    }

    async fn settle(
        &self,
        step: &Step,
        settled: Settled<'_>,
        _context: &Context,
    ) -> Result<(), StepError> {
        self.close(step, settled)
            .await
            .map_err(|failure| error(step, failure))
    }

    async fn why(&self, step: &Step, _context: &Context) -> Option<Reason> {
        let objects: Vec<ObjectKey> = match &step.action {
            Action::AwaitRelease { release } => self
                .objects_of(release)
                .into_iter()
                .map(|(key, _)| key)
                .collect(),
            Action::RunJob { job, .. } => vec![job.clone()],
            _ => return None,
        };
        let reasons = gate::reasons(&self.kube, &objects).await;
        reasons
            .first()
            .map(|first| crate::remedy::reason(first, &self.desired))
    }
}

/// The engine's error for a failure.
fn error(step: &Step, failure: Failure) -> StepError {
    let kind = match &failure {
        failure if failure.is_transient() => {
            let retry_after = failure
                .of_cluster()
                .and_then(mosipctl_kube::KubeError::retry_after);
            ErrorKind::Transient { retry_after }
        }
        _ => ErrorKind::Refused,
    };
    let remedy = failure.remedy();
    let headline = StepError::new(kind, format!("failed to {}", step.title));
    let error = match &failure {
        Failure::NotReached { reason, behind } => {
            let first = behind.first().map(crate::remedy::plain);
            let headline = headline.because_of(reason.clone());
            first.map_or(headline.clone(), |reason| headline.with_reason(reason))
        }
        other => headline.because(other),
    };
    match remedy {
        Some(remedy) => error.remedy(remedy),
        None => error,
    }
}
