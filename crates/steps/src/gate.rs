//! Waiting for objects to be what they should be.

use std::sync::Arc;

use futures::FutureExt;
use futures::future::try_join_all;
use mosipctl_kube::{Kubernetes, ResourceVersion, gather};
use mosipctl_object::{Kind, ObjectKey, Readiness, Reason, StatusSubresource, readiness, why};

use crate::failure::Failure;

/// Kinds whose objects take time to become ready. All others are what they should be by being there.
const TAKES_TIME: [(&str, &str); 5] = [
    ("apps", "Deployment"),
    ("apps", "StatefulSet"),
    ("apps", "DaemonSet"),
    ("batch", "Job"),
    ("apiextensions.k8s.io", "CustomResourceDefinition"),
];

/// Hears what is being waited for.
pub(crate) type Listener<'a> = &'a (dyn Fn(String) + Send + Sync);

/// Whether objects of a kind take time to become ready.
pub(crate) fn takes_time(kind: &Kind) -> bool {
    TAKES_TIME
        .iter()
        .any(|(group, name)| kind.group == *group && kind.kind == *name)
}

/// Waits until every object is ready. There is no deadline here: the caller has one.
///
/// # Errors
/// An object that will not become ready by waiting, such as a failed Job.
pub(crate) async fn ready(
    kube: &Arc<dyn Kubernetes>,
    objects: &[(ObjectKey, Option<ResourceVersion>)],
    listener: Listener<'_>,
) -> Result<(), Failure> {
    let mut waits = Vec::new();
    for (key, after) in objects.iter().filter(|(key, _)| takes_time(&key.kind)) {
        waits.push(one(kube, key, *after, listener).boxed());
    }
    try_join_all(waits).await?;
    Ok(())
}

async fn one(
    kube: &Arc<dyn Kubernetes>,
    key: &ObjectKey,
    after: Option<ResourceVersion>,
    listener: Listener<'_>,
) -> Result<(), Failure> {
    let store = kube.watch(&key.kind, key.namespace.as_deref()).await?;
    let end = store.until(key.namespace.as_deref(), &key.name, after, |object| {
        let state = match object {
            Some(object) => readiness(object, StatusSubresource::Present),
            None => Readiness::Waiting("does not exist".to_owned()),
        };
        match state {
            Readiness::Ready => Some(Ok(())),
            Readiness::Failed(reason) => Some(Err(reason)),
            Readiness::Waiting(reason) => {
                listener(format!("{} {}: {reason}", key.kind.kind, key.name));
                None
            }
        }
    });
    match end.await {
        Ok(()) => Ok(()),
        Err(reason) => {
            let behind = reasons(kube, std::slice::from_ref(key)).await;
            Err(Failure::NotReached { reason, behind })
        }
    }
}

/// Every reason a person would find by hand why these objects are not ready, the most telling first.
pub(crate) async fn reasons(kube: &Arc<dyn Kubernetes>, objects: &[ObjectKey]) -> Vec<Reason> {
    let mut reasons = Vec::new();
    for key in objects.iter().filter(|key| takes_time(&key.kind)) {
        let Ok(Some(object)) = kube.get(key).await else {
            continue;
        };
        if readiness(&object, StatusSubresource::Present).is_ready() {
            continue;
        }
        if let Ok(evidence) = gather(kube.as_ref(), &object).await {
            reasons.extend(why(&object, &evidence));
        }
    }
    reasons
}

/// Waits until an object is gone. There is no deadline here: the caller has one.
pub(crate) async fn gone(
    kube: &Arc<dyn Kubernetes>,
    key: &ObjectKey,
    uid: &str,
    listener: Listener<'_>,
) -> Result<(), Failure> {
    let store = kube.watch(&key.kind, key.namespace.as_deref()).await?;
    let until = store.until(key.namespace.as_deref(), &key.name, None, |object| {
        let there = object.is_some_and(|object| object.uid() == Some(uid));
        if there {
            listener(format!("`{key}` is being deleted"));
        }
        (!there).then_some(())
    });
    until.await;
    Ok(())
}
