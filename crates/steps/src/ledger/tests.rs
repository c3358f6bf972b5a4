use mosipctl_kube::{FakeCluster, Fault, Verb};
use mosipctl_plan::inventory::FinishedJob;

use super::*;

/// A ledger of environment `e` on a cluster in memory.
fn ledger() -> (FakeCluster, Ledger) {
    let cluster = FakeCluster::new();
    let (ledger, _writer) = Ledger::start(Arc::new(cluster.clone()), "e", Inventory::default());
    (cluster, ledger)
}

fn note(ledger: &Ledger, job: &str) -> Note {
    let finished = FinishedJob {
        digest: "d".to_owned(),
        at: "t".to_owned(),
        simulated: false,
    };
    ledger.note(|inventory| drop(inventory.jobs.insert(job.to_owned(), finished)))
}

async fn jobs(cluster: &FakeCluster) -> Vec<String> {
    let inventory = ledger::read(cluster, "e").await.unwrap();
    inventory.jobs.into_keys().collect()
}

#[tokio::test(start_paused = true)]
async fn who_waits_for_a_note_goes_on_once_the_cluster_has_it() {
    let (cluster, ledger) = ledger();
    let noted = note(&ledger, "a");
    ledger.settled(noted).await.unwrap();
    assert_eq!(jobs(&cluster).await, ["a"]);
}

#[tokio::test(start_paused = true)]
async fn what_may_pass_is_tried_until_it_has_passed() {
    let (cluster, ledger) = ledger();
    ledger.open().await.unwrap();
    cluster.fail_next(Some(Verb::Apply), 30, Fault::Unreachable);
    note(&ledger, "a");
    ledger.flush().await.unwrap();
    assert_eq!(jobs(&cluster).await, ["a"]);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_ends_what_waits_and_loses_nothing() {
    let (cluster, ledger) = ledger();
    ledger.open().await.unwrap();
    // each of the two who wait may have made the writer try once
    cluster.fail_next(Some(Verb::Apply), 2, Fault::Forbidden);
    let (first, second) = (note(&ledger, "a"), note(&ledger, "b"));
    let (first, second) = tokio::join!(ledger.settled(first), ledger.settled(second));
    for failure in [first.unwrap_err(), second.unwrap_err()] {
        let said = failure.of_cluster().unwrap();
        assert!(said.is_forbidden(), "{said}");
        assert!(said.to_string().contains("fault injected by a test"));
        assert!(failure.remedy().unwrap().contains("mosipctl rights"));
    }
    // the right is there now, at the second try at the latest
    if ledger.flush().await.is_err() {
        ledger.flush().await.unwrap();
    }
    assert_eq!(jobs(&cluster).await, ["a", "b"]);
}

#[tokio::test(start_paused = true)]
async fn who_comes_after_a_refusal_hears_of_a_write_of_its_own() {
    let (cluster, ledger) = ledger();
    cluster.fail_next(Some(Verb::Apply), 2, Fault::Forbidden);
    assert!(ledger.open().await.is_err());
    assert!(ledger.flush().await.is_err());
    note(&ledger, "a");
    ledger.flush().await.unwrap();
    assert_eq!(jobs(&cluster).await, ["a"]);
}

#[tokio::test(start_paused = true)]
async fn a_note_that_nobody_waits_for_is_written_soon() {
    let (cluster, ledger) = ledger();
    note(&ledger, "a");
    tokio::time::sleep(TOGETHER * 2).await;
    assert_eq!(jobs(&cluster).await, ["a"]);
}
