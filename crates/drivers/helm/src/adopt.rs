//! Taking over a release of the real helm as it is.
//!
//! Its chart stays its source and its pods stay as they are; what changes is bookkeeping. Objects that Helm wrote
//! client-side are owned by operations `Update`, and a server-side apply of the same content would conflict with them, so
//! their owners are migrated as Helm itself does when it goes from one way to the other
//! (`kubernetes/client-go:util/csaupgrade`). Then the record gets our labels and says that it is applied server-side.

mod owners;

use std::collections::BTreeMap;
use std::sync::Arc;

use mosipctl_kube::{KubeError, Kubernetes, Manager, Patch};
use mosipctl_object::{Kind, Object, ReleaseName, manifest};
use serde_json::json;

use crate::release::{ApplyMethod, History, Release, ReleaseError, Releases, Status};

pub use owners::migrated;

/// Names under which helm binaries wrote client-side: its own, and that of Go programs without a name, before Helm 3.
const CLIENT_SIDE: [&str; 2] = ["helm", "Go-http-client"];

/// Tries per object. Each lost race means that a controller wrote meanwhile.
const TRIES: usize = 10;

/// A release that cannot be taken over. Reads after "failed to".
#[derive(Debug, thiserror::Error)]
pub enum AdoptError {
    /// There is none that runs.
    #[error("take over release {release}: {state}")]
    NotDeployed {
        /// The release.
        release: ReleaseName,
        /// Its state in words.
        state: String,
    },
    /// Its manifest is no list of objects.
    #[error("take over release {release}: its manifest cannot be read")]
    Manifest {
        /// The release.
        release: ReleaseName,
        /// Why.
        source: manifest::ManifestError,
    },
    /// An object cannot be read or written.
    #[error("take over release {release}")]
    Object {
        /// The release.
        release: ReleaseName,
        /// Why.
        source: Box<KubeError>,
    },
    /// Its records cannot be read or written.
    #[error(transparent)]
    Record(#[from] ReleaseError),
}

/// What was taken over.
#[derive(Debug, Clone, PartialEq)]
pub struct Adopted {
    /// The revision that runs, with our labels.
    pub release: Release,
    /// Its objects as the cluster has them.
    pub objects: Vec<Object>,
    /// Objects whose owners were migrated.
    pub migrated: usize,
    /// Objects of the manifest that the cluster does not have.
    pub absent: Vec<mosipctl_object::ObjectKey>,
}

/// Takes over a release. Doing it again does no harm, and goes on where it was stopped.
///
/// # Errors
/// No revision of it is deployed, or the cluster does not answer.
pub async fn adopt(
    kube: &Arc<dyn Kubernetes>,
    release: &ReleaseName,
    labels: BTreeMap<String, String>,
) -> Result<Adopted, AdoptError> {
    let releases = Releases::of(Arc::clone(kube));
    let history = releases.history(release).await?;
    let running = deployed(&history, release)?.clone();
    let mut adopted = Adopted {
        release: running,
        objects: Vec::new(),
        migrated: 0,
        absent: Vec::new(),
    };
    for object in objects(&adopted.release, &**kube).await? {
        let failed = |source| AdoptError::Object {
            release: release.clone(),
            source: Box::new(source),
        };
        match take_over(&**kube, &object).await.map_err(failed)? {
            None => adopted.absent.push(object.key()),
            Some((object, changed)) => {
                adopted.objects.push(object);
                adopted.migrated += usize::from(changed);
            }
        }
    }
    adopted.release.labels.extend(labels);
    adopted.release.apply_method = ApplyMethod::ServerSide;
    releases.write(&adopted.release).await?;
    Ok(adopted)
}

fn deployed<'a>(history: &'a History, release: &ReleaseName) -> Result<&'a Release, AdoptError> {
    let refused = |state: String| AdoptError::NotDeployed {
        release: release.clone(),
        state,
    };
    let last = history
        .last()
        .ok_or_else(|| refused("there is no such release".to_owned()))?;
    match last.info.status {
        status if status.is_pending() || status == Status::Uninstalling => Err(refused(format!(
            "it is {status}: helm is at work or was stopped in the middle"
        ))),
        status => history
            .deployed()
            .ok_or_else(|| refused(format!("it is {status}, and no revision runs"))),
    }
}

/// The objects of a release's manifest, each in its namespace.
async fn objects(release: &Release, kube: &dyn Kubernetes) -> Result<Vec<Object>, AdoptError> {
    let name = release.release_name();
    let mut objects =
        manifest::objects(&release.manifest).map_err(|source| AdoptError::Manifest {
            release: name.clone(),
            source,
        })?;
    let served = kube.served().await.map_err(|source| AdoptError::Object {
        release: name,
        source: Box::new(source),
    })?;
    let is_namespaced = |kind: &Kind| served.kind(kind).is_none_or(|served| served.namespaced);
    for object in &mut objects {
        if object.namespace().is_none() && is_namespaced(&object.kind()) {
            object.set_namespace(&release.namespace);
        }
    }
    Ok(objects)
}

/// Migrates the owners of one object. Returns it as it is then, and whether anything was changed.
async fn take_over(
    kube: &dyn Kubernetes,
    object: &Object,
) -> Result<Option<(Object, bool)>, KubeError> {
    let key = object.key();
    let mut lost = None;
    for _ in 0..TRIES {
        let Some(live) = kube.get(&key).await? else {
            return Ok(None);
        };
        let metadata = &live.value()["metadata"];
        let entries = metadata["managedFields"].as_array().cloned();
        let helm = Manager::Helm.as_str();
        let Some(entries) = migrated(&entries.unwrap_or_default(), &CLIENT_SIDE, helm) else {
            return Ok(Some((live, false)));
        };
        // replacing the version makes the API server refuse the patch when somebody wrote meanwhile
        let patch = json!([
            {"op": "replace", "path": "/metadata/managedFields", "value": entries},
            {"op": "replace", "path": "/metadata/resourceVersion", "value": metadata["resourceVersion"]},
        ]);
        match kube.patch(&key, &Patch::Json(patch), Manager::Helm).await {
            Ok(live) => return Ok(Some((live, true))),
            Err(error) if error.is_conflict() => lost = Some(error),
            Err(error) => return Err(error),
        }
    }
    match lost {
        Some(error) => Err(error),
        None => Ok(None),
    }
}
