//! The snapshot.

use std::collections::BTreeSet;

use futures::FutureExt;
use futures::stream::{self, StreamExt, TryStreamExt};
use mosipctl_catalogue::{Fact, FactKind};
use mosipctl_kube::{KubeError, Kubernetes, Selection};
use mosipctl_object::{Kind, Mark, Object, Readiness, ReleaseName, readiness};
use mosipctl_plan::compare::questions;
use mosipctl_plan::desired::ENVIRONMENT_LABEL;
use mosipctl_plan::observed::{SeenCluster, SeenJob, SeenRelease};
use mosipctl_plan::{Desired, Inventory, Observed};
use serde_json::Value;

use crate::dry_run;
use crate::ledger::{self, LedgerError};
use crate::secret::REVISION_ANNOTATION;

/// Requests that are under way at the same time.
const AT_ONCE: usize = 16;
/// Kinds that are listed whole, because their status tells whether they are ready.
const WORKLOADS: [(&str, &str); 4] = [
    ("apps", "Deployment"),
    ("apps", "StatefulSet"),
    ("apps", "DaemonSet"),
    ("batch", "Job"),
];

/// What is looked for.
#[derive(Debug, Clone, Copy)]
pub struct Scope<'a> {
    /// Name of the environment.
    pub environment: &'a str,
    /// What is to be.
    pub desired: &'a Desired,
}

/// Why the world could not be looked at. Reads after "failed to".
#[derive(Debug, thiserror::Error)]
pub enum ObserveError {
    /// The cluster does not answer.
    #[error("look at the cluster")]
    Kubernetes(#[from] KubeError),
    /// The inventory cannot be read.
    #[error("look at what is installed")]
    Inventory(#[from] LedgerError),
}

/// Looks at a cluster.
///
/// What may not be seen for lack of rights is said in `unseen`, and counts as absent.
///
/// # Errors
/// The cluster does not answer, or the inventory is broken.
pub async fn look(kube: &dyn Kubernetes, scope: &Scope<'_>) -> Result<Observed, ObserveError> {
    let inventory = ledger::read(kube, scope.environment).await?;
    let server = kube.server();
    let cluster = Some(SeenCluster {
        uid: server.uid.clone(),
        version: server.version.clone(),
    });
    let mut observed = Observed {
        cluster,
        inventory,
        ..Observed::default()
    };
    lists(kube, scope, &mut observed).await?;
    answers(kube, scope, &mut observed).await?;
    Ok(observed)
}

async fn lists(
    kube: &dyn Kubernetes,
    scope: &Scope<'_>,
    observed: &mut Observed,
) -> Result<(), ObserveError> {
    let served = kube.served().await?;
    let kinds = kinds(scope.desired, &observed.inventory);
    let mut requests = Vec::with_capacity(kinds.len());
    for kind in kinds.iter().filter(|kind| served.kind(kind).is_some()) {
        requests.push(async move { (kind, list(kube, kind).await) }.boxed());
    }
    let lists: Vec<_> = stream::iter(requests)
        .buffer_unordered(AT_ONCE)
        .collect()
        .await;
    for (kind, result) in lists {
        let status = served.status(kind);
        match result {
            Ok(objects) => {
                for object in objects {
                    if let Some(mark) = Mark::of(&object.value()["metadata"], status) {
                        observed.marks.insert(object.key(), mark);
                    }
                    note(&object, scope, observed);
                }
            }
            Err(error) if error.is_forbidden() => observed
                .unseen
                .push(format!("objects of kind `{kind}`: {error}")),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// Every kind that is wanted or owned, and those that tell what the cluster offers.
fn kinds(desired: &Desired, inventory: &Inventory) -> BTreeSet<Kind> {
    let of_releases = desired
        .releases
        .values()
        .flat_map(|release| &release.rendered.objects)
        .map(Object::kind);
    let owned = inventory.objects.keys().map(|key| key.kind.clone());
    let always = ["Namespace", "Secret", "ConfigMap"].map(Kind::core);
    let offered = Kind::new("storage.k8s.io", "StorageClass");
    let definitions = Kind::new("apiextensions.k8s.io", "CustomResourceDefinition");
    let workloads = WORKLOADS.map(|(group, kind)| Kind::new(group, kind));
    of_releases
        .chain(owned)
        .chain(always)
        .chain(workloads)
        .chain([offered, definitions])
        .collect()
}

async fn list(kube: &dyn Kubernetes, kind: &Kind) -> Result<Vec<Object>, KubeError> {
    let whole = WORKLOADS
        .iter()
        .any(|(group, name)| kind.group == *group && kind.kind == *name);
    match whole {
        true => kube.list(kind, &Selection::everywhere()).await,
        false => kube.list_metadata(kind, &Selection::everywhere()).await,
    }
}

/// What an object tells beside its mark.
fn note(object: &Object, scope: &Scope<'_>, observed: &mut Observed) {
    let key = object.key();
    match key.kind.kind.as_str() {
        "Secret" => {
            if let Some(revision) = object.annotations().get(REVISION_ANNOTATION) {
                observed.revisions.insert(key, (*revision).to_owned());
            }
            release(object, observed);
        }
        "Job" => job(object, scope, observed),
        "Deployment" | "StatefulSet" | "DaemonSet" => {
            use mosipctl_object::StatusSubresource::Present;
            if let Readiness::Waiting(reason) | Readiness::Failed(reason) =
                readiness(object, Present)
            {
                observed.not_ready.insert(key, reason);
            }
        }
        "StorageClass" => drop(
            observed
                .holds
                .insert(Fact::new(FactKind::StorageClass, object.name())),
        ),
        "CustomResourceDefinition" => drop(
            observed
                .holds
                .insert(Fact::new(FactKind::Crd, object.name())),
        ),
        _ => {}
    }
}

/// The newest record of a Helm release, from the labels that Helm puts on it.
fn release(secret: &Object, observed: &mut Observed) {
    let labels = secret.labels();
    let (Some(&"helm"), Some(name), Some(namespace)) =
        (labels.get("owner"), labels.get("name"), secret.namespace())
    else {
        return;
    };
    let number = |name: &str| labels.get(name).and_then(|text| text.parse::<u32>().ok());
    let (Some(revision), Some(status)) = (number("version"), labels.get("status")) else {
        return;
    };
    let release = ReleaseName::new(namespace, *name);
    if observed
        .releases
        .get(&release)
        .is_some_and(|known| known.revision > revision)
    {
        return;
    }
    let owner = labels.get(ENVIRONMENT_LABEL).map(|text| (*text).to_owned());
    observed.releases.insert(
        release,
        SeenRelease {
            revision,
            status: (*status).to_owned(),
            owner,
        },
    );
}

fn job(object: &Object, scope: &Scope<'_>, observed: &mut Observed) {
    if object.labels().get(ENVIRONMENT_LABEL) != Some(&scope.environment) {
        return;
    }
    let conditions = object
        .value()
        .pointer("/status/conditions")
        .and_then(Value::as_array);
    let is = |wanted: &str| {
        let mut all = conditions.into_iter().flatten();
        all.any(|condition| condition["type"] == wanted && condition["status"] == "True")
    };
    let state = match () {
        () if is("Complete") => SeenJob::Complete,
        () if is("Failed") => SeenJob::Failed,
        () => SeenJob::Running,
    };
    observed.jobs.insert(object.key(), state);
}

/// Asks until nothing is open: an answer can show that something carried by others changes, or that it does not.
async fn answers(
    kube: &dyn Kubernetes,
    scope: &Scope<'_>,
    observed: &mut Observed,
) -> Result<(), ObserveError> {
    loop {
        let questions = questions(scope.desired, observed, scope.environment);
        if questions.is_empty() {
            return Ok(());
        }
        let inventory = &observed.inventory;
        let mut each = Vec::with_capacity(questions.len());
        for question in &questions {
            each.push(dry_run::answer(kube, question, scope.desired, inventory).boxed());
        }
        let answers: Vec<_> = stream::iter(each)
            .buffer_unordered(AT_ONCE)
            .try_collect()
            .await?;
        observed.answers.extend(answers);
    }
}
