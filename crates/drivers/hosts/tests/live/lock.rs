//! Locks that lie on a host.

use mosipctl_hosts::{HostError, HostHold, HostLock};

use crate::support::{Site, is_root};

#[tokio::test]
async fn a_lock_is_held_by_one_and_free_when_that_one_is_gone() {
    if !is_root() {
        eprintln!("skipped: locks lie in folders of root");
        return;
    }
    let Some(site) = Site::new().await else {
        return;
    };
    let server = site.server("one").await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("run.lock").display().to_string();
    let first = site.connected(&server).await;
    let lock = HostLock::take(first, &file, "anna@desk").await.unwrap();
    let held = *lock.state().borrow();
    assert!(matches!(held, HostHold::Held { turn: 1, .. }), "{held:?}");

    let second = site.connected(&server).await;
    let error = HostLock::take(second.clone(), &file, "ben@desk").await;
    let error = error.unwrap_err();
    assert!(matches!(&error, HostError::Locked { holder, .. } if holder == "anna@desk"));
    assert!(error.remedy().is_some());

    drop(lock);
    // sshd and the shell there take a moment to notice
    let lock = loop {
        match HostLock::take(second.clone(), &file, "ben@desk").await {
            Err(HostError::Locked { .. }) => tokio::task::yield_now().await,
            other => break other.unwrap(),
        }
    };
    let held = *lock.state().borrow();
    assert!(matches!(held, HostHold::Held { turn: 2, .. }), "{held:?}");
}
