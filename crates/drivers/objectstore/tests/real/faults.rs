use std::time::Instant;

use mosipctl_endpoint::Endpoint;
use mosipctl_objectstore::{Presence, StoreError};

use crate::support::{FOR_GUESTS, bucket, client, name, owner, seaweedfs, start, url};

#[tokio::test]
async fn wrong_keys_are_refused_for_good_and_not_shown() {
    let Some(url) = url().await else { return };
    for (access, secret) in [("admin", "wrong-secret"), ("nobody", "of the owner")] {
        let store = client(Endpoint::new(&url).unwrap(), access, secret);
        let errors = [
            store.look(&[bucket("any")]).await.err().unwrap(),
            store.make(&bucket("any")).await.unwrap_err(),
            store.verify(&name("any")).await.unwrap_err(),
        ];
        eprintln!("failed to {}", errors[0]);
        for error in errors {
            assert!(matches!(error, StoreError::Keys { .. }), "{error}");
            assert!(!error.is_transient());
            assert!(error.remedy().is_some());
            assert!(!format!("{error} {error:?} {store:?}").contains(secret));
        }
    }
}

#[tokio::test]
async fn a_bucket_of_somebody_else_is_named() {
    let Some(owner) = owner().await else { return };
    owner.make(&bucket("of-the-owner")).await.unwrap();
    let url = url().await.unwrap();
    let guest = client(Endpoint::new(&url).unwrap(), "guest", "of the guest");
    let theirs = bucket("of-the-owner");
    let error = guest.make(&theirs).await.unwrap_err();
    eprintln!("failed to {error}");
    assert!(matches!(error, StoreError::Taken { .. }), "{error}");
    assert!(error.to_string().contains("of-the-owner"));
    assert!(error.remedy().is_some() && !error.is_transient());
    let seen = guest.look(&[theirs, bucket(FOR_GUESTS)]).await.unwrap();
    assert_eq!(seen[0].presence, Presence::Taken);
    assert_eq!(seen[1].presence, Presence::Absent);
    guest.make(&bucket(FOR_GUESTS)).await.unwrap();
    guest.verify(&name(FOR_GUESTS)).await.unwrap();
}

#[tokio::test]
async fn a_store_that_is_started_again_has_its_buckets() {
    let mut settings = seaweedfs("restarted");
    let Some(server) = start(&settings).await else {
        return;
    };
    let url = server.url();
    settings.port = url.rsplit(':').next().unwrap().parse().ok();
    let store = client(Endpoint::new(&url).unwrap(), "admin", "of the owner");
    let kept = bucket("kept");
    assert!(store.make(&kept).await.unwrap().created);
    let started = Instant::now();
    store.verify(&kept.name).await.unwrap();
    eprintln!("a fresh store takes objects after {:?}", started.elapsed());
    server.stop().await;
    let error = store.make(&kept).await.unwrap_err();
    eprintln!("failed to {error}");
    assert!(error.is_transient(), "{error}");
    let server = start(&settings).await.unwrap();
    let started = Instant::now();
    assert!(!store.make(&kept).await.unwrap().created);
    store.verify(&kept.name).await.unwrap();
    eprintln!(
        "after a restart it takes objects after {:?}",
        started.elapsed()
    );
    server.stop().await;
}
