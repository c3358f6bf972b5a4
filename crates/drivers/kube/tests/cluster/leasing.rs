//! Leases on a real API server, whose rules for versions and times are its own.

use std::sync::Arc;

use mosipctl_kube::{Holder, Kubernetes, Lease, LeaseError, LeaseState};

use crate::support;

fn holder(host: &str) -> Holder {
    Holder {
        host: host.to_owned(),
        ..Holder::this_process()
    }
}

#[tokio::test]
async fn a_lease_is_taken_kept_released_and_taken_again() {
    let kube: Arc<dyn Kubernetes> = Arc::new(support::cluster().await);
    let name = format!("test-{}", std::process::id());
    let take = async |host: &str| Lease::take(Arc::clone(&kube), &name, holder(host)).await;

    let first = take("one").await.unwrap();
    let transition = first.transition();
    let keeper = first.keep();
    let error = take("two").await.unwrap_err();
    assert!(
        matches!(error, LeaseError::Held { heard: 0..=2, .. }),
        "{error:?}"
    );
    assert_eq!(*keeper.state().borrow(), LeaseState::Held);
    keeper.release().await.unwrap();

    let second = take("two").await.unwrap();
    assert_eq!(second.transition(), transition + 1);
    second.release().await.unwrap();
}

#[tokio::test]
async fn the_clock_is_the_servers() {
    let kube = support::cluster().await;
    let difference = kube.now().duration_since(jiff::Timestamp::now()).as_secs();
    // this machine runs both
    assert!(difference.abs() <= 2, "{difference}");
}
