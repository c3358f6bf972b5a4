//! One broker for all tests of this binary.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use mosipctl_artefact::{Artefacts, Settings};
use mosipctl_broker::{Artemis, ArtemisSettings, Queue};
use mosipctl_reach::Direct;
use mosipctl_servers as servers;
use tokio::sync::OnceCell;

static BROKER: OnceCell<Option<servers::Artemis>> = OnceCell::const_new();

pub(crate) const PASSWORD: &str = "of: the = broker";

pub(crate) fn queue(name: &str) -> Queue {
    Queue {
        name: name.to_owned(),
    }
}

/// A fresh folder for the files of a server. It stays until the next time, to be looked into.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

pub(crate) fn settings(name: &str) -> servers::ArtemisSettings {
    servers::ArtemisSettings {
        folder: folder(name),
        port: None,
        password: PASSWORD.to_owned().into(),
    }
}

/// A broker of one's own; none, and a word about it, when this machine cannot have one.
pub(crate) async fn start(settings: &servers::ArtemisSettings) -> Option<servers::Artemis> {
    let artefacts = Artefacts::new(Settings::from_environment().unwrap());
    match servers::Artemis::start(&artefacts, settings).await {
        Ok(broker) => Some(broker),
        Err(error) if error.is_missing() => {
            eprintln!("skipped: {error}");
            None
        }
        Err(error) => panic!("{error}"),
    }
}

/// The port of the common broker.
pub(crate) async fn port() -> Option<u16> {
    let broker = BROKER.get_or_init(|| async { start(&settings("artemis")).await });
    broker.await.as_ref().map(servers::Artemis::port)
}

pub(crate) fn driver(port: u16, password: &str) -> Artemis {
    Artemis::new(ArtemisSettings {
        reach: Arc::new(Direct::new("127.0.0.1", port)),
        user: "artemis".to_owned(),
        password: password.to_owned().into(),
    })
}
