//! MOSIP's keymanager 1.2.0.1, the published jars: the service that makes and uses every key of a MOSIP.
//!
//! It runs on a database, a token and a server of tokens for log-in, which all belong to somebody else here. Keys come and go
//! through its own interface. What it is told stands in a file that only we may read, for it holds the password of the database
//! and the PIN of the token.

use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use mosipctl_artefact::Artefacts;
use secrecy::SecretString;

use crate::error::{AtPath, ServerError};
use crate::java::{QUICK, find_java};
use crate::private::{private_file, private_folder};
use crate::process::{Process, RunAs, free_port};
use crate::softhsm::SoftHsm;
use jars::Jars;

pub use generator::WantedKeys;
pub use health::Health;

mod generator;
mod health;
mod jars;
mod log;
mod properties;

/// 13 s were measured on two quiet cores, 50 s on busy ones.
const PATIENCE: Duration = Duration::from_secs(240);
/// Made for 11; the flags and the cipher here are those that 17 needs, and were tried on 17 alone.
const JAVA: RangeInclusive<u32> = 17..=17;
/// Before every path of it, as MOSIP's gateways expect.
const PATH: &str = "/v1/keymanager";
/// The first lets it start on Java 17. Without the others a failed one stays for ever, as Tomcat cannot be stopped.
const OPENS: [&str; 3] = [
    "--add-opens=java.base/java.lang=ALL-UNNAMED",
    "--add-opens=java.base/java.io=ALL-UNNAMED",
    "--add-opens=java.rmi/sun.rmi.transport=ALL-UNNAMED",
];

/// How a keymanager is to be.
#[derive(Debug, Clone)]
pub struct KeymanagerSettings {
    /// Where its files lie.
    pub folder: PathBuf,
    /// The port on 127.0.0.1; any free one when there is none.
    pub port: Option<u16>,
    /// The database `mosip_keymgr`.
    pub database: KeymanagerDatabase,
    /// Where its master keys lie.
    pub token: SoftHsm,
    /// Who says who may do what.
    pub issuer: Issuer,
    /// What its tokens are made with. Bound to data: with others, the same person gets other tokens.
    pub salts: Salts,
    /// What its health says of the token.
    pub token_health: TokenHealth,
}

/// What the health of a keymanager says of its token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TokenHealth {
    /// Nothing, as in MOSIP's own settings.
    #[default]
    Untold,
    /// Whether the key `KERNEL/IDENTITY_CACHE` can be read, which only [`Keymanager::generate_keys`] makes.
    KeyRead,
}

/// The database of a keymanager.
#[derive(Debug, Clone)]
pub struct KeymanagerDatabase {
    /// Host.
    pub host: String,
    /// Port.
    pub port: u16,
    /// Its name.
    pub name: String,
    /// The schema of its tables.
    pub schema: String,
    /// The user that keymanager logs in as.
    pub user: String,
    /// That user's password.
    pub password: SecretString,
    /// Whose the tables are.
    pub tables: Tables,
}

/// Where the tables of a database come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Tables {
    /// They are there, made by MOSIP's scripts.
    #[default]
    There,
    /// Those that are missing are made by keymanager's library for databases: without MOSIP's policies, and with columns too short
    /// for certificates and names of keys. Whoever uses it completes them after the first start and starts again. Only
    /// for a place where MOSIP's scripts cannot be had.
    Made,
}

/// Who issues the tokens that keymanager believes.
#[derive(Debug, Clone)]
pub struct Issuer {
    /// Keycloak's address, before `/realms`.
    pub url: String,
    /// The address that its tokens name, if that is another: Keycloak takes the one that it was asked at.
    pub named: Option<String>,
    /// The realm.
    pub realm: String,
    /// The clients whose tokens are taken.
    pub clients: Vec<String>,
    /// The client as which keymanager itself logs in; none when it does not.
    pub own: Option<OwnClient>,
}

/// The client as which a service logs in.
#[derive(Debug, Clone)]
pub struct OwnClient {
    /// Its id.
    pub id: String,
    /// Its secret.
    pub secret: SecretString,
}

/// Salts of the tokens that partners know a person by.
#[derive(Debug, Clone)]
pub struct Salts {
    /// For the person's number.
    pub uin: SecretString,
    /// For the partner.
    pub partner_code: SecretString,
}

/// A running keymanager.
#[derive(Debug)]
pub struct Keymanager {
    process: Process,
    port: u16,
}

impl Keymanager {
    /// Brings what it takes to run one and to generate keys, so that starting does not have to.
    ///
    /// # Errors
    /// There is no Java, or a jar cannot be brought.
    pub async fn bring(artefacts: &Artefacts) -> Result<(), ServerError> {
        find_java(artefacts, "keymanager", JAVA).await?;
        jars::bring(artefacts).await
    }

    /// Starts one and waits until it is healthy. What it writes goes to the file `log` in its folder.
    ///
    /// # Errors
    /// There is no Java, a jar cannot be brought, or it ends, which it does when the database refuses it, or stays silent.
    pub async fn start(
        artefacts: &Artefacts,
        settings: &KeymanagerSettings,
    ) -> Result<Self, ServerError> {
        let java = find_java(artefacts, "keymanager", JAVA).await?;
        let folder = &settings.folder;
        private_folder(folder)?;
        let jars = Jars::bring(artefacts, folder).await?;
        let port = settings.port.map_or_else(free_port, Ok).at(folder)?;
        lay_out(settings, port, &[])?;
        let command = command(&java, &jars, settings);
        let log = folder.join("log");
        let process = Process::start("keymanager", &command, RunAs::Ourselves, &log).await?;
        let started = Self { process, port };
        let ask = || async { started.health().await.is_some_and(|health| health.is_up) };
        let answered = started.process.answers(PATIENCE, ask).await;
        answered.map(|()| started).map_err(log::readable)
    }

    /// How it is; none when it does not say.
    pub async fn health(&self) -> Option<Health> {
        health::ask(self.port, &format!("{PATH}/actuator/health")).await
    }

    /// Its port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Its address, with the path before every other.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}{PATH}", self.port)
    }

    /// The process it runs in.
    pub fn process(&self) -> &Process {
        &self.process
    }

    /// Asks it to end, and makes it end when that takes long.
    pub async fn stop(self) {
        self.process.stop().await;
    }
}

/// Writes what it reads.
fn lay_out(
    settings: &KeymanagerSettings,
    port: u16,
    more: &[(&str, String)],
) -> Result<(), ServerError> {
    let folder = &settings.folder;
    for made in [folder.clone(), conf(folder), scratch(folder)] {
        private_folder(&made)?;
    }
    let file = conf(folder).join("application-lab.properties");
    private_file(&file, &properties::text(settings, port, more)?)
}

fn command(java: &Path, jars: &Jars, settings: &KeymanagerSettings) -> Command {
    let mut command = virtual_machine(java, settings);
    command.arg(format!("-Dloader.path={}", jars.adapter_folder.display()));
    command.arg("-jar").arg(&jars.service);
    spring(&mut command, &[location(settings)]);
    command
}

fn virtual_machine(java: &Path, settings: &KeymanagerSettings) -> Command {
    let folder = &settings.folder;
    let mut command = Command::new(java);
    command.args(QUICK).args(OPENS).current_dir(folder);
    command.env("SOFTHSM2_CONF", settings.token.configuration());
    command.arg(format!("-Djava.io.tmpdir={}", scratch(folder).display()));
    command
}

/// Where our file lies. It is one of a profile that comes after the jar's own: a plain file loses against that.
fn location(settings: &KeymanagerSettings) -> String {
    format!("file:{}/", conf(&settings.folder).display())
}

fn spring(command: &mut Command, locations: &[String]) {
    let locations = locations.join(",");
    command.arg(format!("--spring.config.additional-location={locations}"));
    command.args([
        "--spring.profiles.active=local,lab",
        "--spring.cloud.config.enabled=false",
    ]);
}

fn conf(folder: &Path) -> PathBuf {
    folder.join("conf")
}

fn scratch(folder: &Path) -> PathBuf {
    folder.join("tmp")
}
