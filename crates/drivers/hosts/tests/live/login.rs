//! Keys of files and of ssh-agent.

use std::path::Path;
use std::process::{Child, Command, Stdio};

use mosipctl_hosts::{Command as Run, HostError, Hosts, Keys, Settings, Shell, Target};
use mosipctl_servers::make_key;

use crate::support::{Site, trust};

#[tokio::test]
async fn a_wrong_key_is_told_with_what_was_tried() {
    let Some(site) = Site::new().await else {
        return;
    };
    let server = site.server("one").await;
    make_key(&site.path("wrong"), "").await.unwrap();
    let mut target = site.target("a", server.port());
    target.keys = Keys::File {
        path: site.path("wrong"),
        passphrase: None,
    };
    let hosts = site.hosts(vec![target]).await;
    let error = hosts.connection("a").await.unwrap_err();
    assert!(matches!(error, HostError::Login { .. }), "{error}");
    let text = error.to_string();
    assert!(text.contains("wrong SHA256:"), "{text}");
    assert!(error.remedy().unwrap().contains("authorized_keys"));
    assert!(!error.is_transient());
}

#[tokio::test]
async fn a_key_with_a_passphrase_opens_with_it_alone() {
    let Some(site) = Site::new().await else {
        return;
    };
    let public = make_key(&site.path("locked"), "open sesame").await.unwrap();
    let mut settings = site.settings("one");
    settings.authorized.push(public);
    let server = mosipctl_servers::Sshd::start(&settings).await.unwrap();
    let with = |passphrase: Option<&str>| Target {
        keys: Keys::File {
            path: site.path("locked"),
            passphrase: passphrase.map(|text| text.to_owned().into()),
        },
        ..site.target("a", server.port())
    };
    let cases = [
        (Some("open sesame"), ""),
        (Some("wrong"), "the passphrase does not open it"),
        (None, "which is not given"),
    ];
    for (passphrase, expected) in cases {
        let hosts = site.hosts(vec![with(passphrase)]).await;
        match hosts.connection("a").await {
            Ok(_) => assert_eq!(expected, ""),
            Err(error) => {
                assert!(
                    !expected.is_empty() && error.to_string().contains(expected),
                    "{error}"
                );
                assert!(!format!("{error:?}").contains("sesame"));
            }
        }
    }
}

#[tokio::test]
async fn a_file_that_is_no_key_is_told() {
    let Some(site) = Site::new().await else {
        return;
    };
    let server = site.server("one").await;
    std::fs::write(site.path("no-key"), "hello").unwrap();
    for (name, expected) in [("no-key", "no private key"), ("absent", "no such file")] {
        let mut target = site.target("a", server.port());
        target.keys = Keys::File {
            path: site.path(name),
            passphrase: None,
        };
        let hosts = site.hosts(vec![target]).await;
        let error = hosts.connection("a").await.unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
    }
}

/// An agent that ends with the test.
struct Agent(Child);

impl Drop for Agent {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

async fn agent(socket: &Path, key: &Path) -> Agent {
    let child = Command::new("ssh-agent")
        .arg("-D")
        .arg("-a")
        .arg(socket)
        .stdout(Stdio::null())
        .spawn();
    let agent = Agent(child.unwrap());
    while tokio::net::UnixStream::connect(socket).await.is_err() {
        tokio::task::yield_now().await;
    }
    let added = Command::new("ssh-add")
        .arg("-q")
        .arg(key)
        .env("SSH_AUTH_SOCK", socket)
        .status();
    assert!(added.unwrap().success());
    agent
}

#[tokio::test]
async fn the_keys_of_an_agent_open_a_host() {
    let Some(site) = Site::new().await else {
        return;
    };
    let server = site.server("one").await;
    let socket = site.path("agent");
    let _agent = agent(&socket, &site.path("key")).await;
    let mut target = site.target("a", server.port());
    target.keys = Keys::usual(&site.path("nobody's home"));
    let mut settings = Settings::new(site.known());
    settings.agent = Some(socket);
    let hosts = Hosts::new(vec![target.clone()], settings);
    trust(&hosts).await;
    let connection = hosts.connection("a").await.unwrap();
    let output = connection
        .run(&Run::new("say hello", ["echo", "hello"]))
        .await;
    assert_eq!(output.unwrap().text(), "hello\n");
    // without it there is nothing to try, which is said
    let hosts = site.strangers(vec![target]);
    let error = hosts.connection("a").await.unwrap_err();
    assert!(
        error.to_string().contains("there was none to try"),
        "{error}"
    );
    assert!(error.remedy().unwrap().contains("ssh-add"));
}

#[tokio::test]
async fn an_agent_helps_with_a_key_whose_passphrase_is_not_given() {
    let Some(site) = Site::new().await else {
        return;
    };
    let server = site.server("one").await;
    let socket = site.path("agent");
    let _agent = agent(&socket, &site.path("key")).await;
    // the same key, now locked
    let locked = Command::new("ssh-keygen")
        .args(["-q", "-p", "-P", "", "-N", "open sesame", "-f"])
        .arg(site.path("key"))
        .stdout(Stdio::null())
        .status();
    assert!(locked.unwrap().success());
    let mut settings = Settings::new(site.known());
    settings.agent = Some(socket);
    let hosts = Hosts::new(vec![site.target("a", server.port())], settings);
    trust(&hosts).await;
    hosts.connection("a").await.unwrap();
}
