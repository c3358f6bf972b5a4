//! Running a Job to its end.

use std::sync::Arc;

use jiff::Timestamp;
use mosipctl_kube::{Created, Delete, Kubernetes};
use mosipctl_object::{Object, Readiness, ReleaseName, StatusSubresource, readiness};
use mosipctl_observe::late;
use mosipctl_plan::desired::DesiredJob;
use mosipctl_plan::inventory::FinishedJob;

use crate::failure::Failure;
use crate::gate::{self, Listener};
use crate::ledger::Ledger;

/// Starts a Job, unless it runs or has run to completion. One that failed is taken away and started anew.
pub(crate) async fn start(
    kube: &Arc<dyn Kubernetes>,
    job: &Object,
    listener: Listener<'_>,
) -> Result<(), Failure> {
    let wanted = late::resolve(kube.as_ref(), job, &|_| None).await?;
    if let Some(live) = kube.get(&job.key()).await? {
        let failed = matches!(
            readiness(&live, StatusSubresource::Present),
            Readiness::Failed(_)
        );
        let ending = live
            .value()
            .pointer("/metadata/deletionTimestamp")
            .is_some();
        if !failed && !ending {
            return Ok(());
        }
        let uid = live.uid().unwrap_or_default().to_owned();
        kube.delete(&job.key(), &Delete::of(&uid)).await?;
        gate::gone(kube, &job.key(), &uid, listener).await?;
    }
    match kube.create(&wanted).await? {
        Created::New(_) | Created::Exists => Ok(()),
    }
}

/// Waits until the Job is complete.
pub(crate) async fn complete(
    kube: &Arc<dyn Kubernetes>,
    job: &Object,
    listener: Listener<'_>,
) -> Result<(), Failure> {
    gate::ready(kube, &[(job.key(), None)], listener).await
}

/// Notes that the Job is done. Only when the cluster has the note does the step count: a Job that is cleaned away later
/// must never run again.
pub(crate) async fn done(
    ledger: &Ledger,
    release: &ReleaseName,
    job: &DesiredJob,
) -> Result<(), Failure> {
    let finished = FinishedJob {
        digest: job.digest.clone(),
        at: Timestamp::now().to_string(),
        simulated: job.simulated,
    };
    let note = ledger.note(|inventory| drop(inventory.jobs.insert(release.to_string(), finished)));
    ledger.settled(note).await
}
