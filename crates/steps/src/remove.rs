//! Removing what is ours, and nothing else.

use std::sync::Arc;

use futures::FutureExt;
use futures::future::{join_all, try_join_all};
use mosipctl_kube::{Delete, Deleted, Kubernetes, Selection};
use mosipctl_object::{Kind, Object, ObjectKey, ReleaseName};
use mosipctl_plan::desired::ENVIRONMENT_LABEL;

use crate::failure::Failure;
use crate::gate::{self, Listener};
use crate::ledger::Ledger;

/// Kinds that a release leaves behind: they hold data, or others depend on them.
const KEPT: [&str; 2] = ["PersistentVolumeClaim", "CustomResourceDefinition"];
/// Annotation by which a chart asks that an object stays when its release goes.
const POLICY: &str = "helm.sh/resource-policy";

/// Objects with the uids they had when they were ours.
pub(crate) type Ending = Vec<(ObjectKey, String)>;

/// Asks for the deletion of what goes with a release, and gives back all of it that was found.
///
/// One refusal keeps nothing else from going: claims and namespaces wait for the pods of a release.
pub(crate) async fn release(
    kube: &Arc<dyn Kubernetes>,
    ledger: &Ledger,
    release: &ReleaseName,
    component: &str,
) -> (Ending, Result<(), Failure>) {
    let mut objects = own(ledger, release);
    let (jobs, unseen) = match jobs(kube, release, component).await {
        Ok(jobs) => (jobs, None),
        Err(failure) => (Vec::new(), Some(failure)),
    };
    objects.extend(jobs);
    let asked = delete(kube, &objects).await;
    (objects, unseen.map_or(asked, Err))
}

/// What the inventory says is the release's own, but for what is kept.
fn own(ledger: &Ledger, release: &ReleaseName) -> Ending {
    ledger.read(|inventory| {
        let of_release = inventory
            .objects
            .iter()
            .filter(|(_, owned)| owned.release.as_ref() == Some(release));
        let goes = of_release
            .filter(|(key, owned)| !owned.found && !KEPT.contains(&key.kind.kind.as_str()));
        goes.map(|(key, owned)| (key.clone(), owned.mark.uid().to_owned()))
            .collect()
    })
}

async fn jobs(
    kube: &Arc<dyn Kubernetes>,
    release: &ReleaseName,
    component: &str,
) -> Result<Ending, Failure> {
    let jobs = Selection::namespace(&release.namespace)
        .labels(format!("mosipctl.io/component={component}"));
    let jobs = kube.list(&Kind::new("batch", "Job"), &jobs).await?;
    let ours = jobs
        .iter()
        .filter(|job| job.labels().contains_key(ENVIRONMENT_LABEL));
    Ok(ours
        .map(|job| (job.key(), job.uid().unwrap_or_default().to_owned()))
        .collect())
}

/// Asks for the deletion of every object, and tells the first refusal. An object that asks to stay is left; one that is
/// somebody else's now, too.
pub(crate) async fn delete(
    kube: &Arc<dyn Kubernetes>,
    objects: &[(ObjectKey, String)],
) -> Result<(), Failure> {
    let each = objects
        .iter()
        .map(|(key, uid)| delete_one(kube, key, uid).boxed());
    join_all(each).await.into_iter().collect()
}

async fn delete_one(kube: &Arc<dyn Kubernetes>, key: &ObjectKey, uid: &str) -> Result<(), Failure> {
    match kube.get(key).await? {
        Some(object) if asks_to_stay(&object) => Ok(()),
        Some(_) => kube
            .delete(key, &Delete::of(uid))
            .await
            .map(drop)
            .map_err(Failure::from),
        None => Ok(()),
    }
}

fn asks_to_stay(object: &Object) -> bool {
    object.annotations().get(POLICY) == Some(&"keep")
}

/// Waits until the objects are gone, and forgets them.
pub(crate) async fn gone(
    kube: &Arc<dyn Kubernetes>,
    ledger: &Ledger,
    objects: &[(ObjectKey, String)],
    listener: Listener<'_>,
) -> Result<(), Failure> {
    let mut ending = Vec::new();
    for (key, uid) in objects {
        if !kube
            .get(key)
            .await?
            .is_some_and(|object| asks_to_stay(&object))
        {
            ending.push((key, uid));
        }
    }
    let mut ends = Vec::new();
    for (key, uid) in ending {
        ends.push(gate::gone(kube, key, uid, listener).boxed());
    }
    try_join_all(ends).await?;
    ledger.note(|inventory| {
        for (key, _) in objects {
            inventory.objects.remove(key);
        }
    });
    Ok(())
}

/// Asks for the deletion of one object that is ours, and says which uid it had.
pub(crate) async fn one(
    kube: &Arc<dyn Kubernetes>,
    ledger: &Ledger,
    key: &ObjectKey,
) -> Result<Option<String>, Failure> {
    let path = format!(
        "{}/{}",
        key.namespace.as_deref().unwrap_or_default(),
        key.name
    );
    let uid = ledger.read(|inventory| {
        let object = inventory
            .objects
            .get(key)
            .map(|owned| owned.mark.uid().to_owned());
        object.or_else(|| {
            inventory
                .secrets
                .get(&path)
                .map(|owned| owned.mark.uid().to_owned())
        })
    });
    let Some(uid) = uid else {
        let message = format!("`{key}` is not in the inventory, so it is not ours to delete");
        return Err(Failure::refused(
            message,
            "delete it by hand if it really has to go",
        ));
    };
    match kube.delete(key, &Delete::of(&uid)).await? {
        Deleted::Accepted => Ok(Some(uid)),
        Deleted::Gone | Deleted::AnotherObject => Ok(None),
    }
}

/// Forgets an object that is gone.
pub(crate) fn forget(ledger: &Ledger, key: &ObjectKey) {
    let path = format!(
        "{}/{}",
        key.namespace.as_deref().unwrap_or_default(),
        key.name
    );
    ledger.note(|inventory| {
        inventory.objects.remove(key);
        if key.kind == Kind::core("Secret") {
            inventory.secrets.remove(&path);
        }
        // namespaces go only together with all data, and what Jobs and preparations have made was part of that
        if key.kind == Kind::core("Namespace") {
            let inside = format!("{}/", key.name);
            inventory
                .jobs
                .retain(|release, _| !release.starts_with(&inside));
            inventory.facts.clear();
        }
    });
}

#[cfg(test)]
mod tests;
