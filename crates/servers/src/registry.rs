//! A registry of images: the one that the distribution specification was written from.

use std::fs;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use mosipctl_artefact::{Artefacts, Program};
use serde_json::json;
use tokio::net::TcpStream;

use crate::error::{AtPath, ServerError};
use crate::process::{Process, RunAs, free_port};
use crate::shared::not_brought;

/// It listens within 100 ms on quiet cores.
const PATIENCE: Duration = Duration::from_secs(60);

/// How a registry is to be.
#[derive(Debug, Clone)]
pub struct RegistrySettings {
    /// Where its files lie.
    pub folder: PathBuf,
    /// Who may use it, as a line of `htpasswd` with a bcrypt hash; everybody when there is none.
    pub user: Option<String>,
}

/// A running registry, without TLS.
#[derive(Debug)]
pub struct Registry {
    process: Process,
    port: u16,
}

impl Registry {
    /// Starts one and waits until it listens. What it writes goes to the file `log` in its folder.
    ///
    /// # Errors
    /// The program cannot be built, or it ends or stays silent.
    pub async fn start(
        artefacts: &Artefacts,
        settings: &RegistrySettings,
    ) -> Result<Self, ServerError> {
        let program = artefacts.program(Program::Registry).await;
        let help = "install Go 1.26 or newer, or put the program into PATH or the mirror";
        let program = program.map_err(|error| not_brought("the registry", help, &error))?;
        let folder = &settings.folder;
        fs::create_dir_all(folder).at(folder)?;
        let port = free_port().at(folder)?;
        let mut command = Command::new(&program);
        command
            .arg("serve")
            .arg(configuration(settings, port)?)
            // nobody collects what it traces
            .env("OTEL_TRACES_EXPORTER", "none");
        let log = folder.join("log");
        let process = Process::start("registry", &command, RunAs::Ourselves, &log).await?;
        process.answers(PATIENCE, || listens(port)).await?;
        Ok(Self { process, port })
    }

    /// Its host and port, as they stand before the name of an image.
    pub fn host(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Asks it to end, and makes it end when that takes long.
    pub async fn stop(self) {
        self.process.stop().await;
    }
}

/// Writes its configuration; JSON is YAML.
fn configuration(settings: &RegistrySettings, port: u16) -> Result<PathBuf, ServerError> {
    let folder = &settings.folder;
    let mut configuration = json!({
        "version": 0.1,
        "log": {"level": "warn", "accesslog": {"disabled": true}},
        "storage": {"filesystem": {"rootdirectory": folder.join("data")}},
        "http": {"addr": format!("127.0.0.1:{port}")},
    });
    if let Some(user) = &settings.user {
        let users = folder.join("users");
        write(&users, user)?;
        configuration["auth"] = json!({"htpasswd": {"realm": "registry", "path": users}});
    }
    let path = folder.join("configuration.yaml");
    write(&path, &configuration.to_string())?;
    Ok(path)
}

fn write(path: &Path, text: &str) -> Result<(), ServerError> {
    fs::write(path, text).at(path)
}

async fn listens(port: u16) -> bool {
    TcpStream::connect((Ipv4Addr::LOCALHOST, port))
        .await
        .is_ok()
}
