//! SeaweedFS, with the arguments of our chart: one process, of which only the S3 port is spoken to.
//!
//! The chart's image is 4.07. Releases of SeaweedFS are no versions that Go knows, so the program is built from the pinned state of
//! its sources that [`Program::Seaweedfs`] names.

use std::fs;
use std::io::Write;
use std::net::Ipv4Addr;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use mosipctl_artefact::{Artefacts, Program};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::error::{AtPath, ServerError};
use crate::process::{Process, RunAs, free_port};
use crate::shared::not_brought;

/// 2 s was measured on two busy cores; 4.07 took ten times as long.
const PATIENCE: Duration = Duration::from_secs(120);
/// The system takes no longer path of a socket.
const SOCKET_PATH: usize = 108;
/// The ports that it opens for itself, on 127.0.0.1 like the one that counts.
const OWN_PORTS: [&str; 7] = [
    "master.port",
    "master.port.grpc",
    "volume.port",
    "volume.port.grpc",
    "filer.port",
    "filer.port.grpc",
    "s3.port.grpc",
];

/// How a SeaweedFS is to be.
#[derive(Debug, Clone)]
pub struct SeaweedfsSettings {
    /// Where its files lie. One that was used before is the same store again.
    pub folder: PathBuf,
    /// The S3 port on 127.0.0.1; any free one when there is none.
    pub port: Option<u16>,
    /// Who may do everything.
    pub owner: Keys,
    /// Who may use some buckets alone.
    pub guests: Vec<Guest>,
}

/// An access key and its secret.
#[derive(Debug, Clone)]
pub struct Keys {
    /// Access key.
    pub access: String,
    /// Secret key.
    pub secret: SecretString,
}

/// Somebody who may use some buckets alone.
#[derive(Debug, Clone)]
pub struct Guest {
    /// Name.
    pub name: String,
    /// What they log in with.
    pub keys: Keys,
    /// Buckets that they may do everything with.
    pub buckets: Vec<String>,
}

/// A running SeaweedFS.
#[derive(Debug)]
pub struct Seaweedfs {
    process: Process,
    port: u16,
}

impl Seaweedfs {
    /// Starts one and waits until it says that it is healthy; for a moment after that a write can still be refused. What it
    /// writes goes to the file `log` in its folder.
    ///
    /// # Errors
    /// The program cannot be built, or it ends or stays silent.
    pub async fn start(
        artefacts: &Artefacts,
        settings: &SeaweedfsSettings,
    ) -> Result<Self, ServerError> {
        let program = artefacts.program(Program::Seaweedfs).await;
        let help = "install Go 1.26 or newer, or put the program into PATH or the mirror";
        let program = program.map_err(|error| not_brought("SeaweedFS", help, &error))?;
        let folder = &settings.folder;
        let port = settings.port.map_or_else(free_port, Ok).at(folder)?;
        let command = command(&program, settings, port)?;
        let log = folder.join("log");
        let process = Process::start("SeaweedFS", &command, RunAs::Ourselves, &log).await?;
        process.answers(PATIENCE, || is_healthy(port)).await?;
        Ok(Self { process, port })
    }

    /// Its S3 port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Its address.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
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

fn command(
    program: &Path,
    settings: &SeaweedfsSettings,
    port: u16,
) -> Result<Command, ServerError> {
    let folder = &settings.folder;
    let data = folder.join("data");
    fs::create_dir_all(&data).at(&data)?;
    let mut command = Command::new(program);
    command
        .arg("server")
        .arg(format!("-dir={}", data.display()));
    command.args(["-ip=127.0.0.1", "-ip.bind=127.0.0.1"]);
    command.args(["-master.volumeSizeLimitMB=128", "-volume.max=0"]);
    // nobody else is to be told that it goes
    command.arg("-volume.preStopSeconds=0");
    command.args(["-s3", "-s3.ip.bind=127.0.0.1", "-s3.iam=false"]);
    command.arg(format!("-s3.port={port}"));
    command.env("WEED_MASTER_VOLUME_GROWTH_COPY_1", "1");
    // newer ones report to their makers unless told otherwise, and serve two protocols more
    command.args([
        "-master.telemetry=false",
        "-s3.port.iceberg=0",
        "-s3.port.lance=0",
    ]);
    for own in OWN_PORTS {
        let port = free_port().at(folder)?;
        command.arg(format!("-{own}={port}"));
    }
    for socket in ["filer", "s3"] {
        // in the common folder for such files otherwise, where long paths have to be left to
        let path = folder.join(socket);
        if path.as_os_str().len() < SOCKET_PATH {
            command.arg(format!("-{socket}.localSocket={}", path.display()));
        }
    }
    let keys = write_keys(settings)?;
    command.arg(format!("-s3.config={}", keys.display()));
    Ok(command)
}

/// Writes who may do what to a file that only we may read.
fn write_keys(settings: &SeaweedfsSettings) -> Result<PathBuf, ServerError> {
    let identity = |name: &str, keys: &Keys, actions: Vec<String>| {
        let secret = keys.secret.expose_secret();
        let credentials = json!([{"accessKey": keys.access, "secretKey": secret}]);
        json!({"name": name, "credentials": credentials, "actions": actions})
    };
    let all = ["Admin", "Read", "Write", "List", "Tagging"];
    let owner = all.map(str::to_owned).to_vec();
    let mut identities = vec![identity("owner", &settings.owner, owner)];
    for guest in &settings.guests {
        let of = |bucket: &String| all.map(|action| format!("{action}:{bucket}"));
        let actions = guest.buckets.iter().flat_map(of).collect();
        identities.push(identity(&guest.name, &guest.keys, actions));
    }
    let path = settings.folder.join("identities.json");
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(0o600);
    let mut file = options.open(&path).at(&path)?;
    let text = json!({"identities": identities}).to_string();
    file.write_all(text.as_bytes()).at(&path)?;
    Ok(path)
}

async fn is_healthy(port: u16) -> bool {
    let asking = tokio::time::timeout(Duration::from_secs(5), status_line(port));
    asking
        .await
        .is_ok_and(|line| line.is_ok_and(|line| line.contains(" 200")))
}

async fn status_line(port: u16) -> std::io::Result<String> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await?;
    let request = format!("GET /healthz HTTP/1.0\r\nHost: 127.0.0.1:{port}\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    stream.take(1 << 16).read_to_end(&mut answer).await?;
    let answer = String::from_utf8_lossy(&answer);
    Ok(answer.lines().next().unwrap_or_default().to_owned())
}
