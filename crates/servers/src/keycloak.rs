//! Keycloak, as MOSIP 1.2.0.1 runs it and as it is today.
//!
//! 16.1.1 is the last but one that runs on WildFly, 26 runs on Quarkus: other archives, other options, another way to the first
//! administrator. Both keep what they know in a file of their own in the server's folder, so the same folder started again is the
//! same server. The archive is unpacked once into the cache and shared; what a server writes lies in its folder alone.

use std::fmt;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use mosipctl_artefact::Artefacts;
use secrecy::SecretString;

use crate::error::{AtPath, ServerError};
use crate::java::{QUICK, find_java};
use crate::process::{Process, RunAs, free_port};
use distribution::Distribution;

mod answer;
mod distribution;
mod quarkus;
mod wildfly;

/// 17 s was measured on two busy cores.
const PATIENCE: Duration = Duration::from_secs(240);
/// The name of the first administrator.
const ADMINISTRATOR: &str = "admin";
/// Which Keycloak.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KeycloakVersion {
    /// 16.1.1, which MOSIP 1.2.0.1 comes with. It answers under `/auth`.
    V16,
    /// 26.4.0, answering under `/auth` as MOSIP's configuration expects.
    V26,
    /// 26.4.0, answering where it does by default: at the root.
    V26AtRoot,
}

/// How a Keycloak is to be.
#[derive(Debug, Clone)]
pub struct KeycloakSettings {
    /// Which one.
    pub version: KeycloakVersion,
    /// Where its files lie. One that was used before is the same server again.
    pub folder: PathBuf,
    /// The port on 127.0.0.1; any free one when there is none.
    pub port: Option<u16>,
    /// The password of the administrator `admin`, from the first start on.
    pub password: SecretString,
}

/// A running Keycloak.
#[derive(Debug)]
pub struct Keycloak {
    process: Process,
    port: u16,
    version: KeycloakVersion,
}

impl KeycloakVersion {
    /// Its version in full.
    pub fn number(self) -> &'static str {
        match self {
            Self::V16 => "16.1.1",
            Self::V26 | Self::V26AtRoot => "26.4.0",
        }
    }

    /// The releases of Java that it runs on.
    fn java(self) -> RangeInclusive<u32> {
        match self {
            // WildFly 26 asks for the security manager, which is gone since 24
            Self::V16 => 11..=23,
            Self::V26 | Self::V26AtRoot => 17..=25,
        }
    }

    /// What stands before every path of it.
    pub fn path(self) -> &'static str {
        match self {
            Self::V16 | Self::V26 => "/auth",
            Self::V26AtRoot => "",
        }
    }
}

impl fmt::Display for KeycloakVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Keycloak {}", self.number())
    }
}

impl Keycloak {
    /// Starts one and waits until it answers. What it writes goes to the file `log` in its folder.
    ///
    /// # Errors
    /// There is no Java, the archive cannot be brought, or it ends or stays silent.
    pub async fn start(
        artefacts: &Artefacts,
        settings: &KeycloakSettings,
    ) -> Result<Self, ServerError> {
        let version = settings.version;
        let java = find_java(artefacts, &version.to_string(), version.java()).await?;
        let distribution = Distribution::bring(artefacts, version, &java).await?;
        let folder = &settings.folder;
        std::fs::create_dir_all(folder).at(folder)?;
        let port = settings.port.map_or_else(free_port, Ok).at(folder)?;
        let mut command = Command::new(&java);
        command.args(QUICK);
        match version {
            KeycloakVersion::V16 => wildfly::prepare(&mut command, &distribution, settings, port)?,
            _ => quarkus::prepare(&mut command, &distribution, settings, port)?,
        }
        let log = folder.join("log");
        let process =
            Process::start(&version.to_string(), &command, RunAs::Ourselves, &log).await?;
        let started = Self {
            process,
            port,
            version,
        };
        started.answers().await?;
        Ok(started)
    }

    /// Brings what it takes, without starting one.
    ///
    /// # Errors
    /// There is no Java, or the archive cannot be brought.
    pub async fn bring(artefacts: &Artefacts, version: KeycloakVersion) -> Result<(), ServerError> {
        let java = find_java(artefacts, &version.to_string(), version.java()).await?;
        Distribution::bring(artefacts, version, &java)
            .await
            .map(drop)
    }

    /// Its port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Its address, with the path before every other.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}{}", self.port, self.version.path())
    }

    /// The name of its administrator.
    pub fn administrator(&self) -> &'static str {
        ADMINISTRATOR
    }

    /// The process it runs in.
    pub fn process(&self) -> &Process {
        &self.process
    }

    /// Asks it to end, and makes it end when that takes long.
    pub async fn stop(self) {
        self.process.stop().await;
    }

    async fn answers(&self) -> Result<(), ServerError> {
        // the realm is served only when the database is there, unlike the port
        let path = format!("{}/realms/master", self.version.path());
        let ask = || answer::is_ok(self.port, &path);
        self.process.answers(PATIENCE, ask).await
    }
}
