//! Buckets.

use std::collections::BTreeMap;

use mosipctl_catalogue::{Fact, component};
use mosipctl_objectstore::{Bucket, BucketName, ObjectStore, Presence, StoreSettings};
use mosipctl_plan::desired::Prepared;
use mosipctl_plan::observed::Standing;
use mosipctl_spec::environment::rehearsal::Part;

use crate::error::PrepareError;
use crate::finding::Finding;
use crate::servers::{Servers, Wanted};

const PART: Part = Part::ObjectStore;

pub(crate) async fn make(
    servers: &Servers,
    bucket: &component::Bucket,
) -> Result<Option<String>, PrepareError> {
    let store = connect(servers).await?;
    let made = store.make(&Bucket::new(name(bucket)?)).await?;
    Ok(made.is_unchanged().then(|| "it was there".to_owned()))
}

pub(crate) async fn look(
    servers: &Servers,
    wanted: &Wanted<'_>,
) -> Result<BTreeMap<Fact, Standing>, PrepareError> {
    let store = connect(servers).await?;
    let mut facts = Vec::new();
    let mut buckets = Vec::new();
    for (fact, what) in wanted {
        if let Prepared::Bucket(bucket) = what {
            facts.push((*fact).clone());
            buckets.push(Bucket::new(name(bucket)?));
        }
    }
    let seen = store.look(&buckets).await?;
    let standings = seen.iter().map(|seen| match seen.presence {
        Presence::Absent => Standing::Absent,
        Presence::Taken => Standing::Differs(vec!["it is somebody else's".to_owned()]),
        Presence::Present if seen.is_as_wanted() => Standing::Holds,
        Presence::Present => {
            let differs = seen.differs.iter().map(|setting| format!("{setting:?}"));
            Standing::Differs(differs.collect())
        }
    });
    Ok(facts.into_iter().zip(standings).collect())
}

pub(crate) async fn verify(
    servers: &Servers,
    wanted: &Wanted<'_>,
) -> Result<Vec<Finding>, PrepareError> {
    let store = connect(servers).await?;
    let mut findings = Vec::new();
    for (fact, what) in wanted {
        let Prepared::Bucket(bucket) = what else {
            continue;
        };
        let proven = store.verify(&name(bucket)?).await;
        findings.push(Finding {
            fact: (*fact).clone(),
            wrong: proven
                .err()
                .map(|error| format!("failed to {error}"))
                .into_iter()
                .collect(),
            proof: "an object was written, read and deleted".to_owned(),
        });
    }
    Ok(findings)
}

fn name(bucket: &component::Bucket) -> Result<BucketName, PrepareError> {
    let name = bucket.name.parse::<BucketName>();
    name.map_err(|error| PrepareError::Refused(error.to_string()))
}

async fn connect(servers: &Servers) -> Result<&ObjectStore, PrepareError> {
    servers.store.get_or_try_init(|| log_in(servers)).await
}

async fn log_in(servers: &Servers) -> Result<ObjectStore, PrepareError> {
    let endpoint = servers.endpoint(servers.server(PART)?).await?;
    let (access_key, secret_key) = servers.administrator(PART).await?;
    Ok(ObjectStore::new(StoreSettings {
        endpoint,
        region: None,
        access_key,
        secret_key,
    })?)
}
