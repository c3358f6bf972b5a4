//! Keys are made, lie in the token and the database, and outlive restarts and the loss of the token's folder.

use std::path::Path;
use std::time::Instant;

use mosipctl_servers::{
    Issuer, Keymanager, KeymanagerDatabase, KeymanagerSettings, ObjectKind, Salts, SoftHsm, Tables,
    TokenHealth, TokenObject, WantedKeys, free_port,
};

use crate::caller::Caller;
use crate::database::Database;
use crate::issuer::{GUEST, KEEPER, LogIn, STRANGER};
use crate::support::{artefacts, had, token_settings};

/// What keymanager stands on.
struct World {
    folder: tempfile::TempDir,
    database: Database,
    log_in: LogIn,
    token: SoftHsm,
}

/// What the keys look like from outside.
#[derive(Debug, PartialEq, Eq)]
struct Keys {
    root: String,
    sign: String,
}

impl World {
    async fn new() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        // PostgreSQL may run as somebody else
        let open = std::os::unix::fs::PermissionsExt::from_mode(0o711);
        std::fs::set_permissions(folder.path(), open).unwrap();
        let settings = token_settings(&folder.path().join("token"));
        let token = had(SoftHsm::open(&artefacts(), &settings).await)?;
        let (database, log_in) = (folder.path().join("database"), folder.path().join("log-in"));
        std::fs::create_dir(&database).unwrap();
        let (database, log_in) = tokio::join!(Database::start(&database), LogIn::start(&log_in));
        Some(Self {
            folder,
            database: database?,
            log_in: log_in?,
            token,
        })
    }

    fn settings(&self) -> KeymanagerSettings {
        KeymanagerSettings {
            folder: self.folder.path().join("keymanager"),
            port: None,
            database: self.database.settings(),
            token: self.token.clone(),
            issuer: self.log_in.settings(),
            salts: salts(),
            token_health: TokenHealth::Untold,
        }
    }

    /// Makes what keymanager itself does not: the key that its health reads, and one for a client.
    async fn generate(&self) {
        let wanted = WantedKeys {
            master: ["ROOT", "KERNEL:SIGN", "KERNEL:IDENTITY_CACHE", "RESIDENT"]
                .map(str::to_owned)
                .to_vec(),
            base: vec!["RESIDENT:mpartner-default-resident".to_owned()],
            random: 100,
            application: None,
        };
        let started = Instant::now();
        let made = Keymanager::generate_keys(&artefacts(), &self.settings(), &wanted).await;
        made.unwrap();
        let elapsed = started.elapsed();
        eprintln!("keys are generated in {elapsed:.1?}");
    }

    async fn start(&self, which: &str, token_health: TokenHealth) -> Option<Keymanager> {
        let settings = KeymanagerSettings {
            token_health,
            ..self.settings()
        };
        let started = Instant::now();
        let keymanager = had(Keymanager::start(&artefacts(), &settings).await)?;
        let elapsed = started.elapsed();
        eprintln!("keymanager is up after {elapsed:.1?} ({which} start)");
        Some(keymanager)
    }

    async fn caller(&self, keymanager: &Keymanager) -> Caller {
        Caller::new(keymanager, Some(self.log_in.token(KEEPER).await))
    }

    /// Every key of the database lies in the token.
    async fn keys_lie_in_token_and_database(&self) {
        let aliases = self.database.aliases();
        let objects = self.token.objects().await.unwrap();
        let has = |kind, is: &dyn Fn(&TokenObject) -> bool| {
            objects
                .iter()
                .any(|object| object.kind == kind && is(object))
        };
        for alias in &aliases {
            assert!(
                has(ObjectKind::PrivateKey, &|key| key.id == *alias),
                "{objects:?}"
            );
            assert!(
                has(ObjectKind::Certificate, &|key| key.label == *alias),
                "{objects:?}"
            );
        }
        assert_eq!(aliases.len(), 2, "the keys ROOT and KERNEL");
    }

    async fn stop(self) {
        tokio::join!(self.database.stop(), self.log_in.stop());
    }
}

#[tokio::test]
async fn master_keys_are_made_once_and_outlive_restarts_and_the_loss_of_the_token() {
    let Some(world) = World::new().await else {
        return;
    };
    let Some(mut keymanager) = world.start("first", TokenHealth::Untold).await else {
        return;
    };
    if world.database.complete() {
        keymanager.stop().await;
        keymanager = world
            .start("first useful", TokenHealth::Untold)
            .await
            .unwrap();
    }
    only_who_may_is_served(&world, &keymanager).await;
    let caller = world.caller(&keymanager).await;
    let keys = make(&caller).await;
    assert_eq!(keys, make(&caller).await, "they are made once");
    world.keys_lie_in_token_and_database().await;
    signs(&caller).await;
    keymanager.stop().await;
    settings_are_private(&world.settings().folder);

    let world = lose_and_restore_token(world).await;
    world.keys_lie_in_token_and_database().await;
    world.generate().await;
    all_keys_serve(&world, &keys).await;
    world.stop().await;
}

/// Those that were there before are the same.
async fn all_keys_serve(world: &World, keys: &Keys) {
    let keymanager = world.start("last", TokenHealth::KeyRead).await.unwrap();
    let health = keymanager.health().await.unwrap().details.to_string();
    assert!(health.contains("READ_KEY_SUCCESS"), "{health}");
    let caller = world.caller(&keymanager).await;
    assert_eq!(*keys, read(&caller).await, "they outlive it");
    assert_eq!(
        world.database.aliases().len(),
        5,
        "what was missing is made"
    );
    signs(&caller).await;
    let stopping = Instant::now();
    keymanager.stop().await;
    let elapsed = stopping.elapsed();
    eprintln!("it ends within {elapsed:.1?}");
}

fn salts() -> Salts {
    Salts {
        uin: "a salt".to_owned().into(),
        partner_code: "another".to_owned().into(),
    }
}

async fn only_who_may_is_served(world: &World, keymanager: &Keymanager) {
    assert!(keymanager.health().await.unwrap().is_up);
    let without = Caller::new(keymanager, None);
    assert_eq!(without.status().await, 401, "without a token");
    for (client, status) in [(GUEST, 403), (STRANGER, 401)] {
        let caller = Caller::new(keymanager, Some(world.log_in.token(client).await));
        assert_eq!(caller.status().await, status, "{client}");
    }
}

async fn make(caller: &Caller) -> Keys {
    let started = Instant::now();
    let keys = Keys {
        root: caller.master_key("ROOT", "").await,
        sign: caller.master_key("KERNEL", "SIGN").await,
    };
    let elapsed = started.elapsed();
    eprintln!("two master keys are made, or seen, in {elapsed:.1?}");
    assert!(keys.root.starts_with("-----BEGIN CERTIFICATE-----"));
    assert_ne!(keys.root, keys.sign);
    keys
}

async fn read(caller: &Caller) -> Keys {
    Keys {
        root: caller.certificate("ROOT", "").await,
        sign: caller.certificate("KERNEL", "SIGN").await,
    }
}

async fn signs(caller: &Caller) {
    let signed = caller.sign().await;
    assert_eq!(signed.split('.').count(), 3, "{signed}");
}

fn settings_are_private(folder: &Path) {
    use std::os::unix::fs::PermissionsExt;
    let file = folder.join("conf/application-lab.properties");
    let mode = file.metadata().unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "only we may read the password");
    let log = std::fs::read_to_string(folder.join("log")).unwrap();
    let secrets = ["for a lab", "only-for-a-lab", "a salt"];
    assert!(
        secrets.iter().all(|secret| !log.contains(secret)),
        "the log tells a secret"
    );
}

/// Its folder is gone; the archive brings it back.
async fn lose_and_restore_token(mut world: World) -> World {
    let archive = world.folder.path().join("token.tar.gz");
    world.token.archive(&archive).await.unwrap();
    let settings = token_settings(&world.folder.path().join("token"));
    std::fs::remove_dir_all(&settings.folder).unwrap();
    let restored = SoftHsm::restore(&artefacts(), &settings, &archive).await;
    world.token = restored.unwrap();
    world
}

#[tokio::test]
async fn a_keymanager_whose_database_is_not_there_ends_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let token = token_settings(&folder.path().join("token"));
    let Some(token) = had(SoftHsm::open(&artefacts(), &token).await) else {
        return;
    };
    let settings = KeymanagerSettings {
        folder: folder.path().join("keymanager"),
        port: None,
        database: KeymanagerDatabase {
            host: "127.0.0.1".to_owned(),
            port: free_port().unwrap(),
            name: "nowhere".to_owned(),
            schema: "nothing".to_owned(),
            user: "nobody".to_owned(),
            password: "only-for-a-lab".to_owned().into(),
            tables: Tables::There,
        },
        token,
        issuer: Issuer {
            url: "http://127.0.0.1:9/auth".to_owned(),
            named: None,
            realm: "mosip".to_owned(),
            clients: vec![KEEPER.to_owned()],
            own: None,
        },
        salts: salts(),
        token_health: TokenHealth::Untold,
    };
    let started = Instant::now();
    let error = Keymanager::start(&artefacts(), &settings)
        .await
        .unwrap_err();
    if error.is_missing() {
        eprintln!("skipped: {error}");
        return;
    }
    let elapsed = started.elapsed();
    eprintln!("it ends after {elapsed:.1?}");
    let text = error.to_string();
    assert!(text.contains("Connection refused"), "{text}");
    assert!(text.len() < 5000, "{text}");
}
