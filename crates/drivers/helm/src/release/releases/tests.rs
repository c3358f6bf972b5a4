use std::sync::Arc;

use mosipctl_kube::{FakeCluster, Fault, Verb};

use super::*;

fn cluster() -> (FakeCluster, Releases) {
    let fake = FakeCluster::new();
    (fake.clone(), Releases::of(Arc::new(fake)))
}

fn draft(manifest: &str) -> Draft {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(
        folder.path().join("Chart.yaml"),
        "name: c\nversion: 1.0.0\n",
    )
    .unwrap();
    Draft {
        release: ReleaseName::new("default", "a"),
        chart: Chart::read(folder.path()).unwrap(),
        values: Map::new(),
        manifest: manifest.to_owned(),
        hooks: Vec::new(),
        owner: ("mosipctl.io/environment".to_owned(), "sandbox".to_owned()),
        labels: [(
            "digest".to_owned(),
            mosipctl_object::digest(&manifest)[..40].to_owned(),
        )]
        .into(),
    }
}

async fn new(releases: &Releases, manifest: &str) -> Release {
    match releases.begin(draft(manifest)).await.unwrap() {
        Begun::New(release) => release,
        other => panic!("{other:?}"),
    }
}

async fn states(releases: &Releases) -> Vec<(u32, Status)> {
    let mut heads = releases.heads().await.unwrap();
    heads.sort_by_key(|head| head.revision);
    heads
        .iter()
        .map(|head| (head.revision, head.status))
        .collect()
}

#[tokio::test]
async fn a_revision_is_pending_first_and_supersedes_the_one_before_at_its_end() {
    let (_, releases) = cluster();
    let first = new(&releases, "one").await;
    assert_eq!(states(&releases).await, [(1, Status::PendingInstall)]);
    releases.finish(&first, Outcome::Deployed).await.unwrap();
    let second = new(&releases, "two").await;
    assert_eq!(
        states(&releases).await,
        [(1, Status::Deployed), (2, Status::PendingUpgrade)]
    );
    releases.finish(&second, Outcome::Deployed).await.unwrap();
    assert_eq!(
        states(&releases).await,
        [(1, Status::Superseded), (2, Status::Deployed)]
    );
    let history = releases.history(&first.release_name()).await.unwrap();
    assert_eq!(history.last().unwrap().info.description, "Upgrade complete");
    assert_eq!(
        history.last().unwrap().info.first_deployed,
        first.info.first_deployed
    );
}

#[tokio::test]
async fn a_run_that_was_stopped_finds_its_own_revision_and_goes_on() {
    let (_, releases) = cluster();
    let first = new(&releases, "one").await;
    let again = releases.begin(draft("one")).await.unwrap();
    assert_eq!(again, Begun::Resumed(first));
    // something else is wanted now: the stopped one is closed, a new one begun
    let second = new(&releases, "two").await;
    assert_eq!(second.revision, 2);
    assert_eq!(
        states(&releases).await,
        [(1, Status::Failed), (2, Status::PendingUpgrade)]
    );
}

#[tokio::test]
async fn a_first_revision_looks_for_earlier_ones_only_when_it_is_there_already() {
    let (cluster, releases) = cluster();
    cluster.fail_next(Some(Verb::List), 1, Fault::Unreachable);
    let begun = releases.begin_first(draft("one")).await.unwrap();
    let Begun::New(first) = begun else {
        panic!("{begun:?}")
    };
    cluster.clear_faults();
    let again = releases.begin_first(draft("one")).await.unwrap();
    assert_eq!(again, Begun::Resumed(first.clone()));
    releases.finish(&first, Outcome::Deployed).await.unwrap();
    let begun = releases.begin_first(draft("two")).await.unwrap();
    assert!(matches!(begun, Begun::New(second) if second.revision == 2));
}

#[tokio::test]
async fn a_pending_revision_of_somebody_else_is_left_alone() {
    let (_, releases) = cluster();
    let mut foreign = draft("one");
    foreign.owner.1 = "another".to_owned();
    assert!(matches!(
        releases.begin(foreign).await.unwrap(),
        Begun::New(_)
    ));
    assert!(matches!(
        releases.begin(draft("one")).await.unwrap(),
        Begun::Foreign(_)
    ));
    assert_eq!(states(&releases).await, [(1, Status::PendingInstall)]);
}

#[tokio::test]
async fn ten_revisions_are_kept_and_what_runs_among_them() {
    let (_, releases) = cluster();
    let first = new(&releases, "runs").await;
    releases.finish(&first, Outcome::Deployed).await.unwrap();
    for number in 0..15 {
        let next = new(&releases, &format!("broken {number}")).await;
        releases
            .finish(&next, Outcome::Failed("it crashed"))
            .await
            .unwrap();
    }
    let states = states(&releases).await;
    assert_eq!(states.len(), HISTORY_MAX);
    assert_eq!(states[0], (1, Status::Deployed));
    assert_eq!(states[9], (16, Status::Failed));
}

#[tokio::test]
async fn ending_a_revision_twice_ends_as_ending_it_once() {
    let (fake, releases) = cluster();
    let first = new(&releases, "one").await;
    releases.finish(&first, Outcome::Deployed).await.unwrap();
    let second = new(&releases, "two").await;
    // the write that supersedes the first one is lost
    fake.fail_next(Some(Verb::List), 1, Fault::Unreachable);
    assert!(releases.finish(&second, Outcome::Deployed).await.is_err());
    assert_eq!(
        states(&releases).await,
        [(1, Status::Deployed), (2, Status::Deployed)]
    );
    releases.finish(&second, Outcome::Deployed).await.unwrap();
    assert_eq!(
        states(&releases).await,
        [(1, Status::Superseded), (2, Status::Deployed)]
    );
}

#[tokio::test]
async fn a_removed_release_leaves_no_record() {
    let (_, releases) = cluster();
    let first = new(&releases, "one").await;
    releases.finish(&first, Outcome::Deployed).await.unwrap();
    releases.remove(&first.release_name()).await.unwrap();
    assert!(states(&releases).await.is_empty());
}
