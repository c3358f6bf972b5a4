use std::sync::Arc;
use std::time::Instant;

use mosipctl_endpoint::Endpoint;
use mosipctl_objectstore::{Made, Presence, StoreError};
use mosipctl_reach::{Direct, Tunnel};

use crate::support::{bucket, client, name, owner, url};

#[tokio::test]
async fn buckets_are_made_once_and_seen() {
    let Some(store) = owner().await else { return };
    let wanted = [
        "packet-manager",
        "idrepo",
        "prereg",
        "resident",
        "onboarder",
    ]
    .map(bucket);
    let seen = store.look(&wanted).await.unwrap();
    assert!(seen.iter().all(|seen| seen.presence == Presence::Absent));
    let started = Instant::now();
    for wanted in &wanted {
        assert!(store.make(wanted).await.unwrap().created);
    }
    eprintln!("five buckets are made in {:?}", started.elapsed());
    let started = Instant::now();
    let seen = store.look(&wanted).await.unwrap();
    eprintln!("five buckets are looked at in {:?}", started.elapsed());
    assert!(seen.iter().all(|seen| seen.is_as_wanted()));
    for wanted in &wanted {
        assert_eq!(store.make(wanted).await.unwrap(), Made::default());
    }
}

#[tokio::test]
async fn the_same_bucket_is_made_by_many_at_a_time() {
    let Some(store) = owner().await else { return };
    let wanted = bucket("by-many");
    let making = (0..8).map(|_| store.make(&wanted));
    let made = futures::future::try_join_all(making).await.unwrap();
    assert!(made.iter().any(|made| made.created));
}

#[tokio::test]
async fn a_bucket_is_proven_by_an_object_that_is_gone_afterwards() {
    let Some(store) = owner().await else { return };
    store.make(&bucket("proven")).await.unwrap();
    for round in ["first", "second"] {
        let proven = store.verify(&name("proven")).await.unwrap();
        eprintln!("a bucket is proven in {:?} ({round} time)", proven.took);
    }
    let error = store.verify(&name("not-made")).await.unwrap_err();
    assert!(matches!(error, StoreError::Absent { .. }), "{error}");
    let seen = store.look(&[bucket("not-made")]).await.unwrap();
    assert_eq!(seen[0].presence, Presence::Absent, "looking makes nothing");
}

#[tokio::test]
async fn a_store_is_spoken_to_by_its_name_through_a_tunnel() {
    let Some(url) = url().await else { return };
    let port = url.rsplit(':').next().unwrap().parse().unwrap();
    let tunnel = Tunnel::open(Arc::new(Direct::new("127.0.0.1", port))).await;
    let endpoint = Endpoint::new("http://minio.minio:9000").unwrap();
    let endpoint = endpoint.through(Arc::new(tunnel.unwrap()));
    let store = client(endpoint, "admin", "of the owner");
    store.make(&bucket("by-name")).await.unwrap();
    store.verify(&name("by-name")).await.unwrap();
}
