//! The object store outside the cluster.

use mosipctl_endpoint::Endpoint;
use mosipctl_objectstore::{
    Bucket, BucketName, ObjectStore as Driver, Presence, Seen, StoreSettings,
};
use mosipctl_plan::desired::Prepared;
use mosipctl_spec::environment::externals::{Mode, ObjectStore, S3Credentials};
use secrecy::ExposeSecret;

use super::{Outside, credentials, in_words, not_outside};
use crate::finding::{Check, Finding};

const CHECK: Check = Check::ObjectStore;
const KEYS: &str =
    "say where the keys are in `spec.externals.objectStore.credentials`, and supply them";
const ADDRESS: &str =
    "check `spec.externals.objectStore.endpoint`, and that this machine reaches it";

pub(super) async fn look(outside: &Outside<'_>) -> Finding {
    let store = &outside.externals.object_store;
    let (Mode::Existing, Some(address)) = (store.mode, &store.endpoint) else {
        return not_outside(CHECK, "object store", store.mode);
    };
    let what = format!("object store at {address}");
    let Some(keys) = &store.credentials else {
        return Finding::failed(CHECK, what, "there are no keys to use it with", KEYS);
    };
    let settings = match settings(outside, store, address, keys).await {
        Ok(settings) => settings,
        Err(why) => return Finding::failed(CHECK, what, why, KEYS),
    };
    let seen = match Driver::new(settings) {
        Ok(driver) => driver.look(&buckets(outside)).await,
        Err(error) => Err(error),
    };
    match seen {
        Ok(seen) => judge(what, &seen),
        Err(error) => Finding::failed(
            CHECK,
            what,
            in_words(&error),
            error.remedy().unwrap_or(ADDRESS),
        ),
    }
}

async fn settings(
    outside: &Outside<'_>,
    store: &ObjectStore,
    address: &str,
    keys: &S3Credentials,
) -> Result<StoreSettings, String> {
    let access_key = credentials::read(outside.kube, &keys.access_key).await?;
    Ok(StoreSettings {
        endpoint: Endpoint::new(address).map_err(|error| in_words(&error))?,
        region: store.region.clone(),
        access_key: access_key.expose_secret().to_owned(),
        secret_key: credentials::read(outside.kube, &keys.secret_key).await?,
    })
}

/// The buckets that are wanted, under the names that `up` makes them by.
fn buckets(outside: &Outside<'_>) -> Vec<Bucket> {
    let prepared = outside.desired.prepared.values();
    let names = prepared.filter_map(|prepared| match &prepared.what {
        Prepared::Bucket(bucket) => bucket.name.parse::<BucketName>().ok(),
        _ => None,
    });
    names.map(Bucket::new).collect()
}

fn judge(what: String, seen: &[Seen]) -> Finding {
    let taken = seen.iter().filter(|seen| seen.presence == Presence::Taken);
    let taken: Vec<&str> = taken.map(|seen| seen.bucket.as_str()).collect();
    let there = seen
        .iter()
        .filter(|seen| seen.presence == Presence::Present)
        .count();
    match (seen.len(), taken.as_slice()) {
        (0, _) => Finding::skipped(
            CHECK,
            what,
            "no bucket is wanted, so it was not asked for any",
        ),
        (all, []) => Finding::passed(
            CHECK,
            what,
            format!("it takes the keys; {there} of {all} buckets are there"),
        ),
        (_, taken) => Finding::failed(
            CHECK,
            what,
            format!("buckets of others have these names: {}", taken.join(", ")),
            "choose another `spec.externals.objectStore.bucketPrefix`, or have their owner let these keys use them",
        ),
    }
}
