//! One store for all tests of this binary.

use std::path::{Path, PathBuf};

use mosipctl_artefact::{Artefacts, Settings};
use mosipctl_endpoint::Endpoint;
use mosipctl_objectstore::{Bucket, BucketName, ObjectStore, StoreSettings};
use mosipctl_servers::{Guest, Keys, Seaweedfs, SeaweedfsSettings};
use tokio::sync::OnceCell;

static STORE: OnceCell<Option<Seaweedfs>> = OnceCell::const_new();

/// The bucket that the guest may use.
pub(crate) const FOR_GUESTS: &str = "for-guests";

pub(crate) fn name(text: &str) -> BucketName {
    text.parse().unwrap()
}

pub(crate) fn bucket(text: &str) -> Bucket {
    Bucket::new(name(text))
}

/// A fresh folder for the files of a server. It stays until the next time, to be looked into.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

fn keys(access: &str, secret: &str) -> Keys {
    Keys {
        access: access.to_owned(),
        secret: secret.to_owned().into(),
    }
}

pub(crate) fn seaweedfs(name: &str) -> SeaweedfsSettings {
    SeaweedfsSettings {
        folder: folder(name),
        port: None,
        owner: keys("admin", "of the owner"),
        guests: vec![Guest {
            name: "guest".to_owned(),
            keys: keys("guest", "of the guest"),
            buckets: vec![FOR_GUESTS.to_owned()],
        }],
    }
}

/// A store of one's own; none, and a word about it, when this machine cannot have one.
pub(crate) async fn start(settings: &SeaweedfsSettings) -> Option<Seaweedfs> {
    let artefacts = Artefacts::new(Settings::from_environment().unwrap());
    match Seaweedfs::start(&artefacts, settings).await {
        Ok(store) => Some(store),
        Err(error) if error.is_missing() => {
            eprintln!("skipped: {error}");
            None
        }
        Err(error) => panic!("{error}"),
    }
}

/// The address of the common store. Clients belong to the runtime of a test, and are made there.
pub(crate) async fn url() -> Option<String> {
    let store = STORE.get_or_init(|| async { start(&seaweedfs("store")).await });
    store.await.as_ref().map(Seaweedfs::url)
}

pub(crate) fn client(endpoint: Endpoint, access: &str, secret: &str) -> ObjectStore {
    ObjectStore::new(StoreSettings {
        endpoint,
        region: None,
        access_key: access.to_owned(),
        secret_key: secret.to_owned().into(),
    })
    .unwrap()
}

/// The store as its owner sees it.
pub(crate) async fn owner() -> Option<ObjectStore> {
    let url = url().await?;
    Some(client(
        Endpoint::new(&url).unwrap(),
        "admin",
        "of the owner",
    ))
}
