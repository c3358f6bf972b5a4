//! Servers outside, for real: with the right credentials and with wrong ones.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot set up its world has failed"
)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use mosipctl_artefact::{Artefacts, Settings};
use mosipctl_catalogue::component::Bucket;
use mosipctl_checks::outside::{Outside, look};
use mosipctl_checks::{Check, Finding, Outcome};
use mosipctl_kube::FakeCluster;
use mosipctl_plan::Desired;
use mosipctl_plan::desired::{DesiredFact, Prepared};
use mosipctl_servers::{
    Keys, Postgres, PostgresOptions, Seaweedfs, SeaweedfsSettings, ServerError,
};
use mosipctl_spec::environment::externals::{
    Externals, Mode, ObjectStore, Postgres as PostgresOutside, PostgresTls, S3Credentials,
};
use mosipctl_spec::environment::secret::{SecretSource, Source};
use secrecy::SecretString;
use tempfile::TempDir;

const PASSWORD: &str = "only for a test";

/// An empty folder for a server, and the files that hold what is logged in with.
struct Place {
    files: TempDir,
    server: PathBuf,
}

impl Place {
    fn new(name: &str) -> Self {
        let server = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        // what an earlier run left
        let _ = fs::remove_dir_all(&server);
        let files = tempfile::tempdir().unwrap();
        Self { files, server }
    }

    /// A file with a secret, as an environment names it.
    fn secret(&self, name: &str, value: &str) -> SecretSource {
        let path = self.files.path().join(name);
        fs::write(&path, format!("{value}\n")).unwrap();
        SecretSource {
            from: Source::File(path),
        }
    }
}

/// The server; none, and a word about it, when this machine cannot have one.
fn there<T>(started: Result<T, ServerError>) -> Option<T> {
    match started {
        Ok(server) => Some(server),
        Err(error) if error.is_missing() => {
            eprintln!("skipped: {error}");
            None
        }
        Err(error) => panic!("{error}"),
    }
}

async fn found(check: Check, externals: &Externals, desired: &Desired) -> Finding {
    let kube = FakeCluster::new();
    let outside = Outside {
        kube: &kube,
        externals,
        desired,
        folder: Path::new(""),
    };
    let mut findings = look(&outside).await.into_iter();
    findings.find(|finding| finding.id == check).unwrap()
}

#[tokio::test]
async fn postgres_lets_in_with_its_password_alone() {
    let place = Place::new("postgres");
    let options = PostgresOptions {
        password: SecretString::from(PASSWORD),
        fsync: false,
        settings: Vec::new(),
    };
    let Some(server) = there(Postgres::start(&place.server, &options).await) else {
        return;
    };
    let externals = |password, enabled| Externals {
        postgres: PostgresOutside {
            mode: Mode::Existing,
            host: Some(server.host().to_owned()),
            port: Some(server.port()),
            password: Some(password),
            tls: Some(PostgresTls {
                enabled,
                ..PostgresTls::default()
            }),
            ..PostgresOutside::default()
        },
        ..Externals::default()
    };
    let ask =
        async |externals: Externals| found(Check::Postgres, &externals, &Desired::default()).await;
    let right = ask(externals(place.secret("right", PASSWORD), false)).await;
    assert_eq!(right.outcome, Outcome::Passed, "{right:?}");
    let wrong = ask(externals(place.secret("wrong", "something else"), false)).await;
    assert_eq!(wrong.outcome, Outcome::Failed);
    assert!(
        wrong.remedy.as_ref().unwrap().contains("password"),
        "{wrong:?}"
    );
    assert!(!format!("{wrong:?}").contains("something else"));
    // this one speaks no TLS, which is asked for unless an environment says otherwise
    let plain = ask(externals(place.secret("right", PASSWORD), true)).await;
    assert_eq!(plain.outcome, Outcome::Failed);
    server.stop().await;
}

#[tokio::test]
async fn an_object_store_takes_the_keys_of_its_owner_alone() {
    let place = Place::new("store");
    let settings = SeaweedfsSettings {
        folder: place.server.clone(),
        port: None,
        owner: Keys {
            access: "owner".to_owned(),
            secret: SecretString::from(PASSWORD),
        },
        guests: Vec::new(),
    };
    let artefacts = Artefacts::new(Settings::from_environment().unwrap());
    let Some(server) = there(Seaweedfs::start(&artefacts, &settings).await) else {
        return;
    };
    let externals = |secret_key| Externals {
        object_store: ObjectStore {
            mode: Mode::Existing,
            endpoint: Some(server.url()),
            credentials: Some(S3Credentials {
                access_key: place.secret("key", "owner"),
                secret_key,
            }),
            ..ObjectStore::default()
        },
        ..Externals::default()
    };
    let right = externals(place.secret("right", PASSWORD));
    let right = found(Check::ObjectStore, &right, &with_bucket()).await;
    assert_eq!(right.outcome, Outcome::Passed, "{right:?}");
    assert!(right.detail.contains("0 of 1"), "{right:?}");
    let wrong = externals(place.secret("wrong", "something else"));
    let wrong = found(Check::ObjectStore, &wrong, &with_bucket()).await;
    assert_eq!(wrong.outcome, Outcome::Failed);
    assert!(!format!("{wrong:?}").contains("something else"));
    server.stop().await;
}

/// One bucket that is wanted.
fn with_bucket() -> Desired {
    let what = Prepared::Bucket(Bucket {
        name: "packets".to_owned(),
        holds: "packets".to_owned(),
    });
    let mut desired = Desired::default();
    let fact = what.fact();
    let prepared = DesiredFact {
        component: "s3".to_owned(),
        needs: BTreeSet::new(),
        what,
        simulated: None,
    };
    desired.prepared.insert(fact, prepared);
    desired
}
