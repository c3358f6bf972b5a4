use mosipctl_objectstore::{Bucket, Expiry, Made, Setting, Versioning};
use serde_json::json;

use crate::support::{name, owner};

fn wanted() -> Bucket {
    let policy = json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Sid": "ReadReports",
            "Effect": "Allow",
            "Principal": "*",
            "Action": ["s3:GetObject"],
            "Resource": ["arn:aws:s3:::with-settings/reports/*"],
        }],
    });
    Bucket {
        name: name("with-settings"),
        versioning: Some(Versioning::Enabled),
        lifecycle: Some(vec![Expiry {
            prefix: "tmp/".to_owned(),
            days: 7,
        }]),
        policy: Some(policy),
    }
}

#[tokio::test]
async fn settings_are_made_once_and_seen_when_they_drift() {
    let Some(store) = owner().await else { return };
    let wanted = wanted();
    let made = store.make(&wanted).await.unwrap();
    eprintln!("set: {:?}, notes: {:?}", made.set, made.notes);
    let all = [Setting::Versioning, Setting::Lifecycle, Setting::Policy];
    assert_eq!(made.set, all);
    assert_eq!(store.make(&wanted).await.unwrap(), Made::default());
    let mut other = wanted.clone();
    other.versioning = Some(Versioning::Suspended);
    other.lifecycle = Some(Vec::new());
    let seen = store.look(std::slice::from_ref(&other)).await.unwrap();
    assert_eq!(seen[0].differs, [Setting::Versioning, Setting::Lifecycle]);
    store.make(&other).await.unwrap();
    assert_eq!(store.make(&other).await.unwrap(), Made::default());
}

#[tokio::test]
async fn a_bucket_that_keeps_versions_is_proven_as_well() {
    let Some(store) = owner().await else { return };
    let mut bucket = Bucket::new(name("with-versions"));
    bucket.versioning = Some(Versioning::Enabled);
    store.make(&bucket).await.unwrap();
    store.verify(&bucket.name).await.unwrap();
}
