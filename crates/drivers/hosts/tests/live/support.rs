//! A server, and hosts that it plays.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use mosipctl_hosts::{Connection, Hosts, Keys, KnownHosts, Settings, Target};
use mosipctl_servers::{ServerError, Sshd, SshdSettings, make_key};

/// A folder with a key, a file of known hosts, and servers as they are wanted.
pub(crate) struct Site {
    folder: tempfile::TempDir,
    public: String,
}

/// Whoever runs the tests.
pub(crate) fn me() -> String {
    let user = std::process::Command::new("id").arg("-un").output();
    String::from_utf8(user.unwrap().stdout)
        .unwrap()
        .trim()
        .to_owned()
}

pub(crate) fn is_root() -> bool {
    me() == "root"
}

/// What a server that cannot be started means: a skipped test, said aloud, when the machine lacks something.
pub(crate) fn or_skip<T>(result: Result<T, ServerError>) -> Option<T> {
    match result {
        Ok(value) => Some(value),
        Err(error) if error.is_missing() => {
            eprintln!("skipped: {error}");
            None
        }
        Err(error) => panic!("{error}"),
    }
}

impl Site {
    /// None when this machine has no sshd.
    pub(crate) async fn new() -> Option<Self> {
        or_skip(Sshd::find())?;
        let folder = tempfile::tempdir().unwrap();
        let public = make_key(&folder.path().join("key"), "").await.unwrap();
        Some(Self { folder, public })
    }

    /// Files belong to root, so only root can try without sudo.
    pub(crate) async fn as_root() -> Option<Self> {
        if !is_root() {
            eprintln!("skipped: files of root need root");
            return None;
        }
        Self::new().await
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn settings(&self, name: &str) -> SshdSettings {
        SshdSettings::new(self.path(name), &[&self.public])
    }

    /// A server that our key opens.
    pub(crate) async fn server(&self, name: &str) -> Sshd {
        Sshd::start(&self.settings(name)).await.unwrap()
    }

    /// A host that is played by whatever listens at that port.
    pub(crate) fn target(&self, name: &str, port: u16) -> Target {
        Target {
            name: name.to_owned(),
            address: "127.0.0.1".to_owned(),
            port,
            user: me(),
            keys: Keys::File {
                path: self.path("key"),
                passphrase: None,
            },
            jump: None,
        }
    }

    pub(crate) fn known(&self) -> Arc<KnownHosts> {
        Arc::new(KnownHosts::open(&self.path("known_hosts")).unwrap())
    }

    /// Hosts whose keys nobody has looked at.
    pub(crate) fn strangers(&self, targets: Vec<Target>) -> Hosts {
        let mut settings = Settings::new(self.known());
        // whoever plays a host that says nothing is not waited for as long as a real one
        settings.patience = Duration::from_secs(5);
        Hosts::new(targets, settings)
    }

    /// Hosts whose keys are pinned.
    pub(crate) async fn hosts(&self, targets: Vec<Target>) -> Hosts {
        let hosts = self.strangers(targets);
        trust(&hosts).await;
        hosts
    }

    /// A connection to one server.
    pub(crate) async fn connected(&self, server: &Sshd) -> Arc<Connection> {
        let hosts = self.hosts(vec![self.target("a", server.port())]).await;
        hosts.connection("a").await.unwrap()
    }
}

/// Pins whatever keys the hosts show, as a person does who compared them.
pub(crate) async fn trust(hosts: &Hosts) {
    for target in hosts.targets() {
        let key = hosts.key(&target.name).await.unwrap();
        hosts.known().pin(target, key).unwrap();
    }
}

/// The fingerprint of a public key, by OpenSSH's own program.
pub(crate) fn fingerprint(public: &Path) -> String {
    let output = std::process::Command::new("ssh-keygen")
        .arg("-lf")
        .arg(public)
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    text.split(' ').nth(1).unwrap().to_owned()
}
