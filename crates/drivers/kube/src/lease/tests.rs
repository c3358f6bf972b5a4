use std::sync::Arc;

use super::*;
use crate::counts::Verb;
use crate::fake::{FakeCluster, Fault};

/// A holder on another machine, whose life cannot be judged from here.
fn elsewhere(name: &str) -> Holder {
    Holder {
        user: "u".to_owned(),
        host: name.to_owned(),
        boot: "b".to_owned(),
        pid: 1,
        started: 1,
    }
}

fn cluster() -> (FakeCluster, Arc<dyn Kubernetes>) {
    let fake = FakeCluster::new();
    (fake.clone(), Arc::new(fake))
}

async fn take(kube: &Arc<dyn Kubernetes>, holder: Holder) -> Result<Lease, LeaseError> {
    Lease::take(Arc::clone(kube), "sandbox", holder).await
}

#[tokio::test(start_paused = true)]
async fn a_second_run_is_told_who_holds_the_lease() {
    let (_, kube) = cluster();
    let first = take(&kube, elsewhere("one")).await.unwrap();
    assert_eq!(first.transition(), 1);
    tokio::time::advance(Duration::from_secs(12)).await;
    let error = take(&kube, elsewhere("two")).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "take the lease of `sandbox`: u@one/b pid 1/1 holds it, last heard of 12 s ago"
    );
}

#[tokio::test(start_paused = true)]
async fn a_released_lease_is_free_at_once_and_the_transition_grows() {
    let (_, kube) = cluster();
    take(&kube, elsewhere("one"))
        .await
        .unwrap()
        .release()
        .await
        .unwrap();
    let second = take(&kube, elsewhere("two")).await.unwrap();
    assert_eq!(second.transition(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_lease_that_ran_out_is_taken_over_and_the_old_holder_notices() {
    let (fake, kube) = cluster();
    let keeper = take(&kube, elsewhere("one")).await.unwrap().keep();
    let mut state = keeper.state();
    fake.fail_next(Some(Verb::Patch), 1000, Fault::Unreachable);
    assert!(
        state
            .wait_for(|state| *state == LeaseState::Unsure)
            .await
            .is_ok()
    );
    tokio::time::advance(Duration::from_secs(31)).await;
    fake.clear_faults();
    let second = take(&kube, elsewhere("two")).await.unwrap();
    assert_eq!(second.transition(), 2);
    let lost = LeaseState::Lost {
        to: "u@two/b pid 1/1".to_owned(),
    };
    assert!(state.wait_for(|state| *state == lost).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_kept_lease_never_runs_out() {
    let (_, kube) = cluster();
    let keeper = take(&kube, elsewhere("one")).await.unwrap().keep();
    for _ in 0..30 {
        tokio::time::sleep(Duration::from_secs(10)).await;
    }
    assert!(matches!(
        take(&kube, elsewhere("two")).await,
        Err(LeaseError::Held { .. })
    ));
    assert_eq!(*keeper.state().borrow(), LeaseState::Held);
    keeper.release().await.unwrap();
    assert_eq!(take(&kube, elsewhere("two")).await.unwrap().transition(), 2);
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_got_lost_does_not_lose_the_lease() {
    let (fake, kube) = cluster();
    let keeper = take(&kube, elsewhere("one")).await.unwrap().keep();
    fake.fail_next(Some(Verb::Patch), 1, Fault::LostAnswer);
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(*keeper.state().borrow(), LeaseState::Held);
}

#[tokio::test(start_paused = true)]
async fn the_lease_of_a_dead_process_of_this_machine_is_taken_at_once() {
    let (_, kube) = cluster();
    let me = Holder::this_process();
    let mut child = std::process::Command::new("true").spawn().unwrap();
    let dead = Holder {
        pid: child.id(),
        started: 1,
        ..me.clone()
    };
    child.wait().unwrap();
    take(&kube, dead).await.unwrap();
    assert_eq!(take(&kube, me.clone()).await.unwrap().transition(), 2);
    assert!(matches!(
        take(&kube, Holder { pid: 1, ..me }).await,
        Err(LeaseError::Held { .. })
    ));
}
