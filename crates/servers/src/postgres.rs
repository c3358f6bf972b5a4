//! PostgreSQL, from the packages of the system.
//!
//! It refuses to be root, so a root gives it to `nobody`, with its folder. It listens on 127.0.0.1 alone and makes no socket file.
//! The scripts of MOSIP ask for the locale `en_US.UTF-8`; where the system lacks it, the server gets one of its own.

use std::fs;
use std::io::Write;
use std::net::Ipv4Addr;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use nix::sys::signal::Signal;
use secrecy::{ExposeSecret, SecretString};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::error::{AtPath, ServerError};
use crate::process::{Process, RunAs, free_port, run};
use locale::Locale;
use programs::Programs;

mod locale;
mod programs;

/// Less than 1 s was measured; after it was killed it first reads its log again.
const PATIENCE: Duration = Duration::from_secs(120);
/// The role that may do everything.
const SUPERUSER: &str = "postgres";
/// What a server that keeps nothing safe leaves out.
const HASTY: [&str; 3] = [
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
];

/// How a PostgreSQL is to be.
#[derive(Debug, Clone)]
pub struct PostgresOptions {
    /// The password of the superuser, from the first start on.
    pub password: SecretString,
    /// Whether what it says is written survives a power cut. Tests are faster without.
    pub fsync: bool,
    /// Settings beside those, as in `postgresql.conf`.
    pub settings: Vec<(String, String)>,
}

/// A running PostgreSQL.
#[derive(Debug)]
pub struct Postgres {
    process: Process,
    port: u16,
    programs: Programs,
    has_locale: bool,
}

impl Postgres {
    /// Starts one and waits until it takes logins. A folder that was used before is the same server again, on the same port when
    /// nobody took it. What it writes goes to the file `log` in the folder.
    ///
    /// # Errors
    /// Its programs are not installed, or it ends or stays silent.
    pub async fn start(folder: &Path, options: &PostgresOptions) -> Result<Self, ServerError> {
        fs::create_dir_all(folder).at(folder)?;
        let folder = fs::canonicalize(folder).at(folder)?;
        let data = folder.join("data");
        let programs = Programs::find(&data)?;
        give(&folder)?;
        let locale = Locale::bring(&folder).await?;
        if !data.is_dir() {
            make_data(&folder, &programs, options).await?;
        }
        let port = port(&folder)?;
        let mut command = command(&programs, &data, port, options);
        locale.show_to(&mut command);
        let log = folder.join("log");
        let process = Process::start("PostgreSQL", &command, RunAs::NotRoot, &log).await?;
        process.answers(PATIENCE, || takes_logins(port)).await?;
        Ok(Self {
            process,
            port,
            programs,
            has_locale: locale.is_there(),
        })
    }

    /// Looks whether its programs are installed, without starting one.
    ///
    /// # Errors
    /// They are not.
    pub fn find() -> Result<(), ServerError> {
        Programs::find(Path::new("")).map(drop)
    }

    /// Where it listens.
    pub fn host(&self) -> &'static str {
        "127.0.0.1"
    }

    /// Its port there.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The role that may do everything.
    pub fn superuser(&self) -> &'static str {
        SUPERUSER
    }

    /// A program of the same release, such as `psql`.
    pub fn bin(&self, name: &str) -> PathBuf {
        self.programs.path(name)
    }

    /// Whether databases of the locale `en_US.UTF-8` can be made.
    pub fn has_locale(&self) -> bool {
        self.has_locale
    }

    /// The process it runs in.
    pub fn process(&self) -> &Process {
        &self.process
    }

    /// Ends it, whoever is still logged in, so that all is written; makes it end when that takes long.
    pub async fn stop(self) {
        // the signal for an end that waits for nobody; the one that follows is ignored after it
        self.process.signal(Signal::SIGINT);
        self.process.stop().await;
    }
}

fn command(programs: &Programs, data: &Path, port: u16, options: &PostgresOptions) -> Command {
    let mut command = Command::new(programs.path("postgres"));
    command.arg("-D").arg(data);
    command.args(["-p", &port.to_string()]);
    command.args(["-c", "listen_addresses=127.0.0.1"]);
    command.args(["-c", "unix_socket_directories="]);
    if !options.fsync {
        command.args(HASTY.iter().flat_map(|setting| ["-c", setting]));
    }
    for (name, value) in &options.settings {
        command.arg("-c").arg(format!("{name}={value}"));
    }
    command
}

/// Makes the folder of an empty server; it appears in one move.
async fn make_data(
    folder: &Path,
    programs: &Programs,
    options: &PostgresOptions,
) -> Result<(), ServerError> {
    let (unready, data) = (folder.join("data.unready"), folder.join("data"));
    if unready.exists() {
        fs::remove_dir_all(&unready).at(&unready)?;
    }
    let password = folder.join("password");
    write_password(&password, &options.password)?;
    let mut command = Command::new(programs.path("initdb"));
    command.arg("-D").arg(&unready);
    command.args(["-U", SUPERUSER, "-E", "UTF8", "--locale=C.UTF-8"]);
    command.args(["--auth-host=scram-sha-256", "--auth-local=scram-sha-256"]);
    command.arg(format!("--pwfile={}", password.display()));
    if !options.fsync {
        command.arg("--no-sync");
    }
    let made = run("initdb", &command, RunAs::NotRoot).await;
    fs::remove_file(&password).at(&password)?;
    made?;
    fs::rename(&unready, &data).at(&data)
}

/// Writes the password to a file that only the server's user may read.
fn write_password(path: &Path, password: &SecretString) -> Result<(), ServerError> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(0o600);
    let mut file = options.open(path).at(path)?;
    file.write_all(password.expose_secret().as_bytes())
        .at(path)?;
    give(path)
}

/// Gives a file or folder to the user that the server runs as, who must be able to get there.
fn give(path: &Path) -> Result<(), ServerError> {
    let Some(user) = RunAs::NotRoot.user().at(path)? else {
        return Ok(());
    };
    for folder in path.ancestors().skip(1) {
        let status = fs::metadata(folder).at(folder)?;
        let is_own = status.uid() == user.as_raw();
        if !is_own && status.mode() & 0o001 == 0 {
            let text = "the user that PostgreSQL runs as may not enter it";
            let error = std::io::Error::new(std::io::ErrorKind::PermissionDenied, text);
            return Err(error).at(folder);
        }
    }
    chown(path, Some(user.as_raw()), None).at(path)
}

/// The port of the last start if it is free, else any free one.
fn port(folder: &Path) -> Result<u16, ServerError> {
    let record = folder.join("port");
    let last = fs::read_to_string(&record).ok();
    let last = last.and_then(|text| text.trim().parse::<u16>().ok());
    let is_free = |port: &u16| std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok();
    if let Some(port) = last.filter(is_free) {
        return Ok(port);
    }
    let port = free_port().at(folder)?;
    fs::write(&record, format!("{port}\n")).at(&record)?;
    Ok(port)
}

async fn takes_logins(port: u16) -> bool {
    let asking = tokio::time::timeout(Duration::from_secs(5), first_answer(port));
    // anything but a question for the password says that it is still starting
    matches!(asking.await, Ok(Ok(b'R')))
}

/// Sends the start of a login, and gives the sort of the answer.
async fn first_answer(port: u16) -> std::io::Result<u8> {
    const VERSION: [u8; 4] = [0, 3, 0, 0];
    let names = b"user\0postgres\0database\0postgres\0\0";
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await?;
    let length = 4 + VERSION.len() + names.len();
    let length = u32::try_from(length).map_err(std::io::Error::other)?;
    let message = [&length.to_be_bytes()[..], &VERSION, names].concat();
    stream.write_all(&message).await?;
    stream.read_u8().await
}
