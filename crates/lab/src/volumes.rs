//! Volumes for claims, as a storage driver provides them.
//!
//! Kubernetes' own volume controller asks for a volume by an annotation on the claim, and binds what is made for it.

use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

use futures::StreamExt;
use k8s_openapi::api::core::v1::{Event, PersistentVolume, PersistentVolumeClaim};
use k8s_openapi::api::storage::v1::StorageClass;
use kube::api::{Api, Patch, PatchParams, PostParams};
use kube::runtime::{WatchStreamExt, watcher};
use kube::{Client, ResourceExt};
use serde_json::json;

use crate::furnish::{ACCESS, PROVISIONER, gone_is_fine, there_is_fine};

/// Set by the volume controller when it waits for a driver.
const WANTED_FROM: &str = "volume.kubernetes.io/storage-provisioner";
/// Set on a volume by its driver.
const MADE_BY: &str = "pv.kubernetes.io/provisioned-by";

/// How often something that fails is tried.
const ATTEMPTS: u32 = 5;
/// Pause in between.
const PAUSE: Duration = Duration::from_millis(200);

/// Provides volumes until the API server is gone for good.
pub(crate) async fn run(client: Client) {
    let claims: Api<PersistentVolumeClaim> = Api::all(client.clone());
    let volumes: Api<PersistentVolume> = Api::all(client.clone());
    let config = watcher::Config::default;
    let mut claims = watcher(claims, config())
        .default_backoff()
        .applied_objects()
        .boxed();
    let mut volumes = watcher(volumes, config())
        .default_backoff()
        .applied_objects()
        .boxed();
    let mut refused = HashSet::new();
    loop {
        let change = tokio::select! {
            Some(Ok(claim)) = claims.next() => Change::Claim(Box::new(claim)),
            Some(Ok(volume)) = volumes.next() => Change::Volume(Box::new(volume)),
            // an error of the watch: it goes on by itself
            else => continue,
        };
        // nobody tells again about a claim that does not change
        for _ in 0..ATTEMPTS {
            let done = match &change {
                Change::Claim(claim) if is_bound(claim) => grow(&client, claim).await,
                Change::Claim(claim) => provide(&client, claim, &mut refused).await,
                Change::Volume(volume) => remove(&client, volume).await,
            };
            let Err(error) = done else { break };
            eprintln!("failed to provide a volume: {error}");
            tokio::time::sleep(PAUSE).await;
        }
    }
}

/// What a watch told.
enum Change {
    Claim(Box<PersistentVolumeClaim>),
    Volume(Box<PersistentVolume>),
}

/// Makes the volume that a claim waits for.
async fn provide(
    client: &Client,
    claim: &PersistentVolumeClaim,
    refused: &mut HashSet<String>,
) -> kube::Result<()> {
    let phase = claim
        .status
        .as_ref()
        .and_then(|status| status.phase.as_deref());
    let spec = claim.spec.clone().unwrap_or_default();
    let (Some(provisioner), Some(class), Some("Pending"), None) = (
        claim.annotations().get(WANTED_FROM),
        &spec.storage_class_name,
        phase,
        &spec.volume_name,
    ) else {
        return Ok(());
    };
    let classes: Api<StorageClass> = Api::all(client.clone());
    let Some(class) = classes.get_opt(class).await? else {
        return Ok(());
    };
    let modes = spec.access_modes.unwrap_or_default();
    if let Some(mode) = refused_mode(&class, &modes) {
        let is_news = refused.insert(claim.uid().unwrap_or_default());
        return match is_news {
            true => refuse(client, claim, mode, provisioner).await,
            false => Ok(()),
        };
    }
    let volumes: Api<PersistentVolume> = Api::all(client.clone());
    let name = format!("pvc-{}", claim.uid().unwrap_or_default());
    let capacity: BTreeMap<_, _> = spec
        .resources
        .and_then(|resources| resources.requests)
        .unwrap_or_default();
    let volume = json!({
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": name, "annotations": {MADE_BY: provisioner}},
        "spec": {
            "accessModes": modes,
            "capacity": capacity,
            "volumeMode": spec.volume_mode.as_deref().unwrap_or("Filesystem"),
            "storageClassName": class.name_any(),
            "persistentVolumeReclaimPolicy": class.reclaim_policy.as_deref().unwrap_or("Delete"),
            "claimRef": {
                "apiVersion": "v1",
                "kind": "PersistentVolumeClaim",
                "namespace": claim.namespace(),
                "name": claim.name_any(),
                "uid": claim.uid(),
            },
            // nothing is ever mounted
            "csi": {"driver": PROVISIONER, "volumeHandle": name},
        },
    });
    let volume = serde_json::from_value(volume).map_err(kube::Error::SerdeError)?;
    let made = volumes.create(&PostParams::default(), &volume).await;
    there_is_fine(made.map(|_| ()))
}

fn is_bound(claim: &PersistentVolumeClaim) -> bool {
    let status = claim.status.as_ref();
    status.and_then(|status| status.phase.as_deref()) == Some("Bound")
}

/// Gives a claim the size that it asks for now. The API server lets no claim shrink.
async fn grow(client: &Client, claim: &PersistentVolumeClaim) -> kube::Result<()> {
    let spec = claim.spec.as_ref();
    let wanted = spec.and_then(|spec| spec.resources.as_ref()?.requests.as_ref());
    let given = claim
        .status
        .as_ref()
        .and_then(|status| status.capacity.as_ref());
    let volume = spec.and_then(|spec| spec.volume_name.as_ref());
    let (Some(wanted), Some(given), Some(volume)) = (wanted, given, volume) else {
        return Ok(());
    };
    if wanted == given {
        return Ok(());
    }
    let params = PatchParams::default();
    let volumes: Api<PersistentVolume> = Api::all(client.clone());
    let patch = Patch::Merge(json!({"spec": {"capacity": wanted}}));
    let patched = volumes.patch(volume, &params, &patch).await;
    gone_is_fine(patched.map(|_| ()))?;
    let namespace = claim.namespace().unwrap_or_default();
    let claims: Api<PersistentVolumeClaim> = Api::namespaced(client.clone(), &namespace);
    let patch = Patch::Merge(json!({"status": {"capacity": wanted}}));
    let patched = claims
        .patch_status(&claim.name_any(), &params, &patch)
        .await;
    gone_is_fine(patched.map(|_| ()))
}

/// The access mode that a class cannot give. Classes that are not the lab's give all.
fn refused_mode<'a>(class: &StorageClass, modes: &'a [String]) -> Option<&'a String> {
    let access = class.parameters.as_ref()?.get(ACCESS)?;
    let is_many = |mode: &&String| matches!(mode.as_str(), "ReadWriteMany" | "ReadOnlyMany");
    match access.as_str() {
        "ReadWriteOnce" => modes.iter().find(is_many),
        _ => None,
    }
}

/// Says on the claim why there will be no volume.
async fn refuse(
    client: &Client,
    claim: &PersistentVolumeClaim,
    mode: &str,
    provisioner: &str,
) -> kube::Result<()> {
    let namespace = claim.namespace().unwrap_or_default();
    let now = jiff::Timestamp::now();
    let time = now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let class = claim
        .spec
        .as_ref()
        .and_then(|spec| spec.storage_class_name.clone());
    let class = class.unwrap_or_default();
    let event = json!({
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {
            "name": format!("{}.{:x}", claim.name_any(), now.as_nanosecond()),
            "namespace": namespace,
        },
        "involvedObject": {
            "apiVersion": "v1",
            "kind": "PersistentVolumeClaim",
            "namespace": namespace,
            "name": claim.name_any(),
            "uid": claim.uid(),
        },
        "type": "Warning",
        "reason": "ProvisioningFailed",
        "message": format!("failed to provision volume with StorageClass \"{class}\": it cannot be mounted as {mode}"),
        "source": {"component": provisioner},
        "firstTimestamp": time,
        "lastTimestamp": time,
        "count": 1,
    });
    let event: Event = serde_json::from_value(event).map_err(kube::Error::SerdeError)?;
    let events: Api<Event> = Api::namespaced(client.clone(), &namespace);
    let made = events.create(&PostParams::default(), &event).await;
    made.map(|_| ())
}

/// Removes a volume whose claim is gone, if its class says so.
async fn remove(client: &Client, volume: &PersistentVolume) -> kube::Result<()> {
    let phase = volume
        .status
        .as_ref()
        .and_then(|status| status.phase.as_deref());
    let spec = volume.spec.as_ref();
    let policy = spec.and_then(|spec| spec.persistent_volume_reclaim_policy.as_deref());
    let is_ours = volume.annotations().contains_key(MADE_BY);
    let is_going = volume.metadata.deletion_timestamp.is_some();
    if (phase, policy, is_ours, is_going) != (Some("Released"), Some("Delete"), true, false) {
        return Ok(());
    }
    let volumes: Api<PersistentVolume> = Api::all(client.clone());
    let deleted = volumes
        .delete(&volume.name_any(), &Default::default())
        .await;
    gone_is_fine(deleted.map(|_| ()))
}
