//! OpenSSH's server, from the packages of the system, for tests of what works over SSH.
//!
//! It has a host key, a configuration and a port of its own and runs as whoever runs this program; only root can let it have users and
//! disks of its own, in a mount namespace that ends with it. Its client keys are made beside it.

use std::fs;
use std::net::Ipv4Addr;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, Uid};
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;

use crate::error::{AtPath, ServerError};
use crate::process::{Process, RunAs, installed, on_a_free_port, run};

/// It answers within milliseconds; a busy machine may start many of them.
const PATIENCE: Duration = Duration::from_secs(60);
/// Where packages put it; it is not in everybody's search path, and wants to be started by its full path.
const PROGRAM: &str = "/usr/sbin/sshd";
/// A root's server gives up what it can in this folder, which Debian makes at start-up.
const EMPTY: &str = "/run/sshd";

/// How an SSH server is to be.
#[derive(Debug, Clone)]
pub struct SshdSettings {
    /// Its folder; it is made.
    pub folder: PathBuf,
    /// Its port on 127.0.0.1. Default: a free one.
    pub port: Option<u16>,
    /// Public keys that open it, each a line of `authorized_keys`.
    pub authorized: Vec<String>,
    /// Lines for its configuration; they come first, so they win.
    pub lines: Vec<String>,
    /// A shell script that runs before it, in a mount namespace that only it sees. Root alone can have that.
    pub private: Option<String>,
}

/// A running SSH server.
#[derive(Debug)]
pub struct Sshd {
    connections: Connections,
    process: Process,
    port: u16,
    host_key: PathBuf,
}

impl SshdSettings {
    /// One that these public keys open.
    pub fn new(folder: impl Into<PathBuf>, authorized: &[&str]) -> Self {
        Self {
            folder: folder.into(),
            port: None,
            authorized: authorized.iter().map(|key| (*key).to_owned()).collect(),
            lines: Vec::new(),
            private: None,
        }
    }
}

impl Sshd {
    /// Starts one and waits until it answers. A folder that was used before keeps its host key.
    ///
    /// # Errors
    /// It is not installed, ends or stays silent; or something private was asked for, and this is not root.
    pub async fn start(settings: &SshdSettings) -> Result<Self, ServerError> {
        Self::find()?;
        let folder = &settings.folder;
        fs::create_dir_all(folder).at(folder)?;
        let folder = fs::canonicalize(folder).at(folder)?;
        if Uid::effective().is_root() {
            let mut builder = fs::DirBuilder::new();
            let made = builder.recursive(true).mode(0o755).create(EMPTY);
            made.at(Path::new(EMPTY))?;
        }
        let host_key = folder.join("host_key");
        if !host_key.exists() {
            make_key(&host_key, "").await?;
        }
        let (process, port) = match settings.port {
            Some(port) => (listening(&folder, port, settings).await?, port),
            None => {
                let start = async |port| Ok((listening(&folder, port, settings).await?, port));
                on_a_free_port(&folder, start).await?
            }
        };
        Ok(Self {
            connections: Connections(process.pid()),
            process,
            port,
            host_key,
        })
    }

    /// Looks whether it is installed, without starting one.
    ///
    /// # Errors
    /// It is not.
    pub fn find() -> Result<(), ServerError> {
        installed("sshd", PROGRAM, "openssh-server")
    }

    /// Its port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The file of its private host key; the public one lies beside it as `.pub`.
    pub fn host_key(&self) -> &Path {
        &self.host_key
    }

    /// The process it runs in.
    pub fn process(&self) -> &Process {
        &self.process
    }

    /// Breaks off every connection, as a cut line does: nobody says goodbye. New ones are taken.
    pub fn cut(&self) {
        self.connections.cut();
    }

    /// How many connections it has.
    pub fn connections(&self) -> usize {
        children(self.process.pid()).len()
    }

    /// Ends it, with all connections.
    pub async fn stop(self) {
        self.cut();
        self.process.stop().await;
    }
}

/// The processes of an sshd's connections. They would outlive it.
#[derive(Debug)]
struct Connections(Pid);

impl Connections {
    fn cut(&self) {
        for child in children(self.0) {
            let _ = kill(child, Signal::SIGKILL);
        }
    }
}

impl Drop for Connections {
    fn drop(&mut self) {
        self.cut();
    }
}

/// Makes a pair of keys at a path, of kind ed25519, with a passphrase that is no secret; gives the public line.
///
/// # Errors
/// `ssh-keygen` is not installed or fails.
pub async fn make_key(path: &Path, passphrase: &str) -> Result<String, ServerError> {
    let mut command = Command::new("ssh-keygen");
    command.args([
        "-q",
        "-t",
        "ed25519",
        "-C",
        "made for a test",
        "-N",
        passphrase,
    ]);
    command.arg("-f").arg(path);
    run("ssh-keygen", &command, RunAs::Ourselves).await?;
    let public = path.with_extension("pub");
    fs::read_to_string(&public).at(&public)
}

async fn listening(
    folder: &Path,
    port: u16,
    settings: &SshdSettings,
) -> Result<Process, ServerError> {
    let config = configure(folder, port, settings)?;
    let command = command(&config, settings.private.as_deref())?;
    let log = folder.join("log");
    let process = Process::start("sshd", &command, RunAs::Ourselves, &log).await?;
    process.answers(PATIENCE, || greets(port)).await?;
    Ok(process)
}

fn configure(folder: &Path, port: u16, settings: &SshdSettings) -> Result<PathBuf, ServerError> {
    let keys = folder.join("authorized_keys");
    fs::write(&keys, settings.authorized.join("\n")).at(&keys)?;
    fs::set_permissions(&keys, fs::Permissions::from_mode(0o644)).at(&keys)?;
    let place = folder.display();
    // a home of its own: what this machine's user has in `.bashrc` would run before each command
    let text = format!(
        "{}\nPort {port}\nListenAddress {}\nHostKey {place}/host_key\nAuthorizedKeysFile {place}/authorized_keys\n\
         PidFile none\nStrictModes no\nUsePAM no\nPasswordAuthentication no\nKbdInteractiveAuthentication no\n\
         PermitRootLogin prohibit-password\nMaxStartups 200\nPrintMotd no\nUseDNS no\nSetEnv HOME={place}\n",
        settings.lines.join("\n"),
        Ipv4Addr::LOCALHOST,
    );
    let config = folder.join("config");
    fs::write(&config, text).at(&config)?;
    Ok(config)
}

fn command(config: &Path, private: Option<&str>) -> Result<Command, ServerError> {
    let Some(script) = private else {
        let mut command = Command::new(PROGRAM);
        command.args(["-D", "-e", "-f"]).arg(config);
        return Ok(command);
    };
    if !Uid::effective().is_root() {
        return Err(ServerError::Missing {
            what: "a mount namespace for sshd".to_owned(),
            reason: "only root can have one".to_owned(),
            help: "run this as root".to_owned(),
        });
    }
    let mut command = Command::new("unshare");
    let script = format!("set -eu\n{script}\nexec {PROGRAM} -D -e -f \"$1\"");
    command.args([
        "--mount",
        "--propagation=private",
        "sh",
        "-c",
        &script,
        "sh",
    ]);
    command.arg(config);
    Ok(command)
}

/// Whether it says who it is.
async fn greets(port: u16) -> bool {
    let Ok(mut stream) = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await else {
        return false;
    };
    let mut greeting = [0; 4];
    stream.read_exact(&mut greeting).await.is_ok() && &greeting == b"SSH-"
}

/// The processes that a process started.
fn children(parent: Pid) -> Vec<Pid> {
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = processes.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    let is_child = |pid: &i32| {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        // the name of the program may hold anything; what follows its bracket is state and parent
        let rest = stat.rsplit_once(") ").map(|(_, rest)| rest);
        rest.and_then(|rest| rest.split(' ').nth(1)) == Some(parent.to_string().as_str())
    };
    pids.filter(is_child).map(Pid::from_raw).collect()
}
