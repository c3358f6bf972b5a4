//! A name server, an authority that asks it, and a place to keep what it makes.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use mosipctl_certificates::{Acme, Maker, Outcome, Prover, RenewError, Request, Store, renew};
use mosipctl_dns::{Key, Updater};
use mosipctl_servers::{Named, NamedSettings, Pebble, PebbleSettings};
use mosipctl_spec::environment::dns::{TsigAlgorithm, TsigKey};
use mosipctl_spec::environment::secret::{SecretSource, Source};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use tempfile::TempDir;
use zeroize::Zeroizing;

/// Known to everybody who reads this; it opens nothing but the test's own servers.
pub(crate) const SECRET: &str = "bm90IGEgc2VjcmV0LCBmb3IgdGVzdHMgb25seSEh";
const KEY: &str = "mosipctl";
const ZONE: &str = "example.org";

pub(crate) struct World {
    pub(crate) named: Named,
    pebble: Option<Pebble>,
    settings: PebbleSettings,
    pub(crate) http_port: u16,
    directory: String,
    trust: String,
    store: Store,
    folder: TempDir,
}

pub(crate) fn names(names: &[&str]) -> Vec<String> {
    let mut names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    names.sort();
    names
}

pub(crate) fn free_port() -> u16 {
    mosipctl_servers::free_port().unwrap()
}

/// A certificate for `localhost` and its key, and the authority that made it.
fn own_tls() -> (String, String, String) {
    let authority_key = KeyPair::generate().unwrap();
    let mut authority = CertificateParams::new(Vec::new()).unwrap();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let trust = authority.self_signed(&authority_key).unwrap().pem();
    let issuer = Issuer::new(authority, authority_key);
    let key = KeyPair::generate().unwrap();
    let own = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let own = own.signed_by(&key, &issuer).unwrap();
    (own.pem(), key.serialize_pem(), trust)
}

pub(crate) async fn named(folder: &Path, records: &str) -> Named {
    let settings = NamedSettings {
        folder: folder.to_owned(),
        zones: vec![(ZONE.to_owned(), records.to_owned())],
        key: KEY.to_owned(),
        secret: SECRET.to_owned(),
    };
    Named::start(&settings).await.unwrap()
}

impl World {
    /// None, and a word about it, where a program is missing.
    pub(crate) async fn new(records: &str, variables: &[(&str, &str)]) -> Option<Self> {
        if let Err(missing) = Named::find().and_then(|()| Pebble::find()) {
            eprintln!("skipped: {missing}");
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        let named = named(&folder.path().join("named"), records).await;
        let (certificate, key, trust) = own_tls();
        let http_port = free_port();
        let settings = PebbleSettings {
            folder: folder.path().join("pebble"),
            port: None,
            certificate,
            key,
            dns: named.address(),
            http_port,
            external_accounts: Vec::new(),
            variables: variables
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
        };
        let pebble = Pebble::start(&settings).await.unwrap();
        let store = Store::open(&folder.path().join("state")).unwrap();
        Some(Self {
            named,
            directory: pebble.directory(),
            settings: PebbleSettings {
                port: Some(pebble.port()),
                ..settings
            },
            pebble: Some(pebble),
            http_port,
            trust,
            store,
            folder,
        })
    }

    /// The authority begins anew and remembers nothing; it asks for one of these accounts elsewhere, if there are any.
    pub(crate) async fn restart_at_the_same_port(&mut self, accounts: &[(&str, &str)]) {
        if let Some(pebble) = self.pebble.take() {
            pebble.stop().await;
        }
        let accounts = accounts.iter();
        let accounts = accounts.map(|(id, key)| ((*id).to_owned(), (*key).to_owned()));
        self.settings.external_accounts = accounts.collect();
        self.pebble = Some(Pebble::start(&self.settings).await.unwrap());
    }

    pub(crate) async fn ask_other_name_server(&mut self, other: &Named) {
        self.settings.dns = other.address();
        self.restart_at_the_same_port(&[]).await;
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// What is kept.
    pub(crate) fn files(&self) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(self.path("state")).unwrap();
        entries.map(|entry| entry.unwrap().path()).collect()
    }

    pub(crate) fn file(&self, begins: &str) -> PathBuf {
        let is_it = |path: &PathBuf| {
            path.file_name()
                .unwrap()
                .to_string_lossy()
                .starts_with(begins)
        };
        self.files().into_iter().find(is_it).unwrap()
    }

    /// As `nsupdate -k` reads it.
    pub(crate) fn key_file(&self) -> PathBuf {
        let path = self.path("nsupdate.key");
        let text = format!("key \"{KEY}\" {{ algorithm hmac-sha256; secret \"{SECRET}\"; }};\n");
        std::fs::write(&path, text).unwrap();
        path
    }

    pub(crate) fn by_update(&self) -> Prover {
        let key = TsigKey {
            name: KEY.to_owned(),
            algorithm: TsigAlgorithm::HmacSha256,
            secret: SecretSource {
                from: Source::Env("UNUSED".to_owned()),
            },
        };
        let key = Key::new(&key, SECRET).unwrap();
        let zone = ZONE.parse().unwrap();
        Prover::Update {
            updater: Updater::new(self.named.address().into(), &zone, key).unwrap(),
            servers: Vec::new(),
        }
    }

    pub(crate) fn by_http(&self) -> Prover {
        Prover::Listener(([127, 0, 0, 1], self.http_port).into())
    }

    pub(crate) fn maker(&self, prover: Prover) -> Maker {
        self.maker_with(prover, None)
    }

    pub(crate) fn maker_with(&self, prover: Prover, external: Option<(&str, &str)>) -> Maker {
        Maker::Acme(Box::new(Acme {
            directory: self.directory.clone(),
            contact: vec!["admin@example.org".to_owned()],
            trust: Some(self.trust.clone().into_bytes()),
            external: external.map(|(id, key)| (id.to_owned(), Zeroizing::new(key.to_owned()))),
            prover,
        }))
    }

    pub(crate) async fn renew(
        &self,
        maker: &Maker,
        names: &[String],
    ) -> Result<Outcome, RenewError> {
        let request = Request {
            names,
            asked: false,
            now: Timestamp::now(),
        };
        renew(&self.store, maker, &request, &|_| {}).await
    }
}
