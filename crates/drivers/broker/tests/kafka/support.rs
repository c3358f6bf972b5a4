//! One broker for all tests of this binary, which calls itself what it would in a cluster.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use mosipctl_artefact::{Artefacts, Settings};
use mosipctl_broker::{Kafka, KafkaSettings, OneBroker, Topic};
use mosipctl_reach::Direct;
use mosipctl_servers as servers;
use tokio::sync::OnceCell;

static BROKER: OnceCell<Option<servers::Kafka>> = OnceCell::const_new();

/// What a broker of our chart calls itself.
const NAME: &str = "kafka-0.kafka-headless.kafka.svc.cluster.local:9092";

pub(crate) fn topic(name: &str, partitions: u32) -> Topic {
    Topic {
        name: name.to_owned(),
        partitions,
    }
}

/// A fresh folder for the files of a server. It stays until the next time, to be looked into.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

pub(crate) fn settings(name: &str, advertised: Option<&str>) -> servers::KafkaSettings {
    servers::KafkaSettings {
        folder: folder(name),
        port: None,
        advertised: advertised.map(str::to_owned),
    }
}

/// A broker of one's own; none, and a word about it, when this machine cannot have one.
pub(crate) async fn start(settings: &servers::KafkaSettings) -> Option<servers::Kafka> {
    let artefacts = Artefacts::new(Settings::from_environment().unwrap());
    match servers::Kafka::start(&artefacts, settings).await {
        Ok(broker) => Some(broker),
        Err(error) if error.is_missing() => {
            eprintln!("skipped: {error}");
            None
        }
        Err(error) => panic!("{error}"),
    }
}

/// The common broker by its name in a cluster, which nobody here can resolve, and the one way to it.
pub(crate) async fn driver() -> Option<Kafka> {
    let broker = BROKER.get_or_init(|| async { start(&settings("kafka", Some(NAME))).await });
    let port = broker.await.as_ref()?.port();
    Some(by_name(port))
}

pub(crate) fn by_name(port: u16) -> Kafka {
    let reach = Arc::new(Direct::new("127.0.0.1", port));
    Kafka::new(KafkaSettings {
        address: "kafka.kafka:9092".to_owned(),
        routes: Some(Arc::new(OneBroker(reach))),
    })
}

/// Straight over the network.
pub(crate) fn straight(port: u16) -> Kafka {
    Kafka::new(KafkaSettings {
        address: format!("127.0.0.1:{port}"),
        routes: None,
    })
}
