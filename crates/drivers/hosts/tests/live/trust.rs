//! Nobody is spoken to who is not known.

use std::time::Duration;

use mosipctl_hosts::HostError;
use tokio::net::TcpListener;

use crate::support::{Site, fingerprint};

#[tokio::test]
async fn an_unknown_key_is_an_error_that_shows_its_fingerprint() {
    let Some(site) = Site::new().await else {
        return;
    };
    let server = site.server("one").await;
    let hosts = site.strangers(vec![site.target("a", server.port())]);
    let error = hosts.connection("a").await.unwrap_err();
    let print = fingerprint(&server.host_key().with_extension("pub"));
    let text = error.to_string();
    assert!(text.contains(&print) && text.contains("`a`"), "{text}");
    let remedy = error.remedy().unwrap();
    assert!(remedy.contains("mosipctl hosts trust"), "{remedy}");
    assert!(!error.is_transient());
    assert!(
        !site.path("known_hosts").exists(),
        "nothing is trusted silently"
    );
    // the same is told to who asks for it
    assert_eq!(hosts.key("a").await.unwrap().fingerprint(), print);
}

#[tokio::test]
async fn a_changed_key_is_refused_before_anything_is_sent() {
    let Some(site) = Site::new().await else {
        return;
    };
    let one = site.server("one").await;
    let port = one.port();
    let hosts = site.hosts(vec![site.target("a", port)]).await;
    hosts.connection("a").await.unwrap();
    one.stop().await;
    let mut other = site.settings("other");
    other.port = Some(port);
    let other = mosipctl_servers::Sshd::start(&other).await.unwrap();
    let hosts = site.strangers(vec![site.target("a", port)]);
    let error = hosts.connection("a").await.unwrap_err();
    assert!(matches!(error, HostError::ChangedKey { .. }), "{error}");
    let text = error.to_string();
    let shown = fingerprint(&other.host_key().with_extension("pub"));
    assert!(text.contains("CHANGED") && text.contains(&shown), "{text}");
    assert!(!error.is_transient());
    let log = std::fs::read_to_string(site.path("other").join("log")).unwrap();
    assert!(!log.contains("Accepted"), "{log}");
}

#[tokio::test]
async fn a_host_keeps_its_pinned_kind_of_key_when_it_gets_another_one() {
    let Some(site) = Site::new().await else {
        return;
    };
    let rsa = site.path("rsa");
    let made = std::process::Command::new("ssh-keygen")
        .args(["-q", "-t", "rsa", "-b", "2048", "-N", "", "-f"])
        .arg(&rsa)
        .status();
    assert!(made.unwrap().success());
    // only the RSA key is pinned, then the host shows an ed25519 key too, which would be preferred
    let mut settings = site.settings("one");
    settings.lines = vec![
        "HostKeyAlgorithms rsa-sha2-512".to_owned(),
        format!("HostKey {}", rsa.display()),
    ];
    let server = mosipctl_servers::Sshd::start(&settings).await.unwrap();
    let port = server.port();
    let hosts = site.hosts(vec![site.target("a", port)]).await;
    assert!(hosts.key("a").await.unwrap().algorithm().contains("rsa"));
    hosts.connection("a").await.unwrap();
    server.stop().await;
    settings.port = Some(port);
    settings.lines = vec![format!("HostKey {}", rsa.display())];
    let _server = mosipctl_servers::Sshd::start(&settings).await.unwrap();
    let hosts = site.strangers(vec![site.target("a", port)]);
    hosts.connection("a").await.unwrap();
}

#[tokio::test]
async fn ssh_itself_takes_the_file_of_pinned_keys() {
    let Some(site) = Site::new().await else {
        return;
    };
    let server = site.server("one").await;
    site.connected(&server).await;
    let known = format!("UserKnownHostsFile={}", site.path("known_hosts").display());
    let ssh = |alias: &str| {
        std::process::Command::new("ssh")
            .args([
                "-o",
                &known,
                "-o",
                "BatchMode=yes",
                "-o",
                "StrictHostKeyChecking=yes",
            ])
            .args(["-o", "GlobalKnownHostsFile=/dev/null", "-F", "/dev/null"])
            .args([
                "-o",
                &format!("HostKeyAlias={alias}"),
                "-p",
                &server.port().to_string(),
            ])
            .arg("-i")
            .arg(site.path("key"))
            .args(["127.0.0.1", "echo hello"])
            .output()
            .unwrap()
    };
    assert_eq!(ssh("a").stdout, b"hello\n");
    assert!(!ssh("another").status.success());
}

#[tokio::test]
async fn nobody_there_is_told_with_the_address() {
    let Some(site) = Site::new().await else {
        return;
    };
    let port = mosipctl_servers::free_port().unwrap();
    let hosts = site.strangers(vec![site.target("a", port)]);
    let error = hosts.connection("a").await.unwrap_err();
    assert!(matches!(error, HostError::Unreachable { .. }), "{error}");
    assert!(error.is_transient());
    assert_eq!(
        error.to_string(),
        format!("reach host `a` at 127.0.0.1:{port}: the connection is refused")
    );
    assert!(error.remedy().unwrap().contains("ssh.port"));
}

#[tokio::test]
async fn a_name_that_nobody_knows_is_told_as_such() {
    let Some(site) = Site::new().await else {
        return;
    };
    let mut target = site.target("a", 22);
    target.address = "no-such-host.invalid".to_owned();
    let hosts = site.strangers(vec![target]);
    let error = hosts.connection("a").await.unwrap_err();
    assert!(error.remedy().unwrap().contains("address"), "{error}");
}

#[tokio::test]
async fn what_is_no_ssh_is_told_as_such() {
    let Some(site) = Site::new().await else {
        return;
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let deaf = tokio::spawn(async move {
        let mut taken = Vec::new();
        while let Ok((stream, _)) = listener.accept().await {
            taken.push(stream);
        }
    });
    let mut settings = mosipctl_hosts::Settings::new(site.known());
    settings.patience = Duration::from_millis(300);
    let hosts = mosipctl_hosts::Hosts::new(vec![site.target("a", port)], settings);
    let error = hosts.connection("a").await.unwrap_err();
    assert!(error.to_string().contains("says nothing"), "{error}");
    deaf.abort();
}
