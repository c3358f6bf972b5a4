//! Artefacts arrive whole, and go on where they were cut off.

use std::path::Path;

use mosipctl_hosts::{Artefact, HostError, Target};
use sha2::{Digest, Sha256};

use crate::commands::with_users;
use crate::support::Site;

/// Large enough that a cut comes before its end.
const SIZE: usize = 48 << 20;

fn artefact(site: &Site, size: usize, path: &Path) -> Artefact {
    let content: Vec<u8> = (0..size).map(|n| (n.wrapping_mul(31) >> 3) as u8).collect();
    let local = site.path("artefact");
    std::fs::write(&local, &content).unwrap();
    let digest = Sha256::digest(&content);
    Artefact {
        local,
        sha256: digest.iter().map(|byte| format!("{byte:02x}")).collect(),
        path: path.display().to_string(),
        mode: 0o755,
    }
}

#[tokio::test]
async fn an_artefact_is_sent_once() {
    let Some(site) = Site::as_root().await else {
        return;
    };
    let server = site.server("one").await;
    let hosts = site.hosts(vec![site.target("a", server.port())]).await;
    let artefact = artefact(&site, 1 << 20, &site.path("new/folder/program"));
    let first = hosts.upload("a", &artefact).await.unwrap();
    assert_eq!((first.sent, first.attempts), (1 << 20, 1));
    let there = std::fs::read(&artefact.path).unwrap();
    assert_eq!(there, std::fs::read(&artefact.local).unwrap());
    let again = hosts.upload("a", &artefact).await.unwrap();
    assert_eq!((again.sent, again.attempts), (0, 0));
}

#[tokio::test]
async fn an_upload_that_is_cut_off_goes_on_where_it_was() {
    let Some(site) = Site::as_root().await else {
        return;
    };
    let server = site.server("one").await;
    let hosts = site.hosts(vec![site.target("a", server.port())]).await;
    let artefact = artefact(&site, SIZE, &site.path("store/archive"));
    let part = site
        .path("store")
        .join(format!(".mosipctl-{}.part", artefact.sha256));
    let length = || std::fs::metadata(&part).map_or(0, |part| part.len());
    let cutting = async {
        while length() < (SIZE / 8) as u64 {
            tokio::task::yield_now().await;
        }
        server.cut();
    };
    let (uploaded, ()) = tokio::join!(hosts.upload("a", &artefact), cutting);
    let uploaded = uploaded.unwrap();
    assert_eq!(uploaded.attempts, 2);
    // what had arrived was not sent again, but for what was under way
    let again = uploaded.sent - SIZE as u64;
    assert!(again < (SIZE / 2) as u64, "{again} bytes were sent twice");
    let there = Sha256::digest(std::fs::read(&artefact.path).unwrap());
    let there: String = there.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(there, artefact.sha256);
    assert!(!part.exists());
}

#[tokio::test]
async fn a_part_of_something_else_is_thrown_away() {
    let Some(site) = Site::as_root().await else {
        return;
    };
    let server = site.server("one").await;
    let hosts = site.hosts(vec![site.target("a", server.port())]).await;
    let artefact = artefact(&site, 100_000, &site.path("program"));
    let part = site.path(&format!(".mosipctl-{}.part", artefact.sha256));
    std::fs::write(&part, vec![1; 5000]).unwrap();
    let uploaded = hosts.upload("a", &artefact).await.unwrap();
    assert_eq!(uploaded.attempts, 2);
    assert_eq!(uploaded.sent, 95_000 + 100_000);
    assert_eq!(std::fs::read(&artefact.path).unwrap().len(), 100_000);
}

#[tokio::test]
async fn a_file_with_another_digest_never_gets_its_place() {
    let Some(site) = Site::as_root().await else {
        return;
    };
    let server = site.server("one").await;
    let hosts = site.hosts(vec![site.target("a", server.port())]).await;
    let mut artefact = artefact(&site, 1000, &site.path("program"));
    artefact.sha256 = "0".repeat(64);
    let error = hosts.upload("a", &artefact).await.unwrap_err();
    assert!(
        error.to_string().contains("has not the SHA-256 0000"),
        "{error}"
    );
    assert!(!site.path("program").exists());
}

#[tokio::test]
async fn a_disk_that_is_too_small_is_told_before_anything_is_sent() {
    let Some(site) = Site::new().await else {
        return;
    };
    let Some(server) = with_users(&site).await else {
        return;
    };
    let target = Target {
        user: "sam".to_owned(),
        ..site.target("a", server.port())
    };
    let hosts = site.hosts(vec![target]).await;
    let artefact = artefact(&site, 1 << 20, &site.path("users/small/program"));
    let error = hosts.upload("a", &artefact).await.unwrap_err();
    assert!(matches!(error, HostError::FullDisk { .. }), "{error}");
    assert!(error.to_string().contains("1048576 bytes"), "{error}");
}
