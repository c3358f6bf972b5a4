//! Apache Artemis, as our chart runs it: a password, no anonymous log-in, one port for all protocols.
//!
//! Its own `create` writes the settings of an instance once; the password goes into a file, never onto a command line. What it
//! keeps lies in its folder, so the same folder started again is the same broker.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use mosipctl_artefact::{Artefacts, Coordinates, Sha256};
use secrecy::{ExposeSecret, SecretString};
use tokio::net::TcpStream;

use crate::error::{AtPath, ServerError};
use crate::java::{QUICK, find_java};
use crate::process::{Process, RunAs, free_port, run};
use crate::shared::{made_once, not_brought};

const VERSION: &str = "2.44.0";
/// Of the file in Maven Central, read on 27 Nov 2026.
const SHA256: &str = "1030320a8d1af6376361cd750bef12ef3cf7babc7a363bc6097340961d1e3e29";
/// 5 s was measured on two busy cores.
const PATIENCE: Duration = Duration::from_secs(120);
/// As in our chart.
const USER: &str = "artemis";
/// Opens what its scripts open.
const OPENS: [&str; 2] = ["--add-opens", "java.base/jdk.internal.misc=ALL-UNNAMED"];

/// How an Artemis is to be.
#[derive(Debug, Clone)]
pub struct ArtemisSettings {
    /// Where its files lie. One that was used before is the same broker again.
    pub folder: PathBuf,
    /// The port of all protocols on 127.0.0.1; any free one when there is none.
    pub port: Option<u16>,
    /// The password of the user `artemis`. It is set anew at each start, as in our chart.
    pub password: SecretString,
}

/// A running Artemis.
#[derive(Debug)]
pub struct Artemis {
    process: Process,
    port: u16,
}

impl Artemis {
    /// Starts one and waits until it takes connections. What it writes goes to the file `log` in its folder.
    ///
    /// # Errors
    /// There is no Java, the archive cannot be brought, or it ends or stays silent.
    pub async fn start(
        artefacts: &Artefacts,
        settings: &ArtemisSettings,
    ) -> Result<Self, ServerError> {
        let java = java(artefacts).await?;
        let home = bring(artefacts).await?;
        let folder = &settings.folder;
        fs::create_dir_all(folder).at(folder)?;
        let port = settings.port.map_or_else(free_port, Ok).at(folder)?;
        let instance = Instance {
            java: &java,
            home: &home,
            folder: folder.join("broker"),
        };
        instance.create(port).await?;
        instance.set_password(&settings.password)?;
        let log = folder.join("log");
        let process =
            Process::start("Artemis", &instance.command(), RunAs::Ourselves, &log).await?;
        // the acceptor opens last, when queues and messages are loaded
        let ask = || async { TcpStream::connect(("127.0.0.1", port)).await.is_ok() };
        process.answers(PATIENCE, ask).await?;
        Ok(Self { process, port })
    }

    /// Brings what it takes, without starting one.
    ///
    /// # Errors
    /// There is no Java, or the archive cannot be brought.
    pub async fn bring(artefacts: &Artefacts) -> Result<(), ServerError> {
        java(artefacts).await?;
        bring(artefacts).await.map(drop)
    }

    /// The port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The name of its user.
    pub fn user(&self) -> &'static str {
        USER
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

/// A broker's own folder, and what runs it.
struct Instance<'a> {
    java: &'a Path,
    home: &'a Path,
    folder: PathBuf,
}

impl Instance<'_> {
    /// Writes its settings. What it keeps is left as it is.
    async fn create(&self, port: u16) -> Result<(), ServerError> {
        let mut command = self.boot(&[]);
        command.arg("create").arg(&self.folder);
        command.args(["--silent", "--force", "--no-autotune", "--require-login"]);
        command.args(["--user", USER, "--password", "set-in-a-file"]);
        command.args(["--host", "127.0.0.1", "--default-port", &port.to_string()]);
        // the console is left out: it is most of the start, and nothing speaks to it
        command.args(["--no-web", "--no-amqp-acceptor", "--no-hornetq-acceptor"]);
        command.args(["--no-mqtt-acceptor", "--no-stomp-acceptor"]);
        run("set up Artemis", &command, RunAs::Ourselves).await?;
        self.use_full_disks()
    }

    /// A disk with less than a tenth left blocks who sends; what a lab keeps is small, and disks of developers are full.
    fn use_full_disks(&self) -> Result<(), ServerError> {
        let path = self.folder.join("etc/broker.xml");
        let text = fs::read_to_string(&path).at(&path)?;
        let limit = |percent: &str| format!("<max-disk-usage>{percent}</max-disk-usage>");
        fs::write(&path, text.replace(&limit("90"), &limit("100"))).at(&path)
    }

    /// Users stand in a file that only we may read.
    fn set_password(&self, password: &SecretString) -> Result<(), ServerError> {
        let path = self.folder.join("etc/artemis-users.properties");
        // `create` made it for everybody to read
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).at(&path)?;
        let text = format!("{USER} = {}\n", escaped(password.expose_secret()));
        fs::write(&path, text).at(&path)
    }

    fn command(&self) -> Command {
        let etc = self.folder.join("etc");
        let login = etc.join("login.config");
        let scratch = self.folder.join("tmp");
        let mut command = self.boot(&[
            ("java.security.auth.login.config", &login),
            ("artemis.instance", &self.folder),
            ("artemis.instance.etc", &etc),
            ("data.dir", &self.folder.join("data")),
            ("java.io.tmpdir", &scratch),
        ]);
        command.arg("run");
        command
    }

    /// Java itself, not the script around it, so that who ends it ends the broker.
    fn boot(&self, properties: &[(&str, &Path)]) -> Command {
        let mut command = Command::new(self.java);
        command
            .args(QUICK)
            .args(OPENS)
            .arg("-Dlog4j2.disableJmx=true");
        command.arg(format!("-Dartemis.home={}", self.home.display()));
        for (name, value) in properties {
            command.arg(format!("-D{name}={}", value.display()));
        }
        command
            .arg("-classpath")
            .arg(self.home.join("lib/artemis-boot.jar"));
        command.arg("org.apache.activemq.artemis.boot.Artemis");
        command
    }
}

/// As a value in a file of Java properties.
fn escaped(text: &str) -> String {
    let escape = |c: char| match c {
        '\\' | ' ' | '#' | '!' | '=' | ':' => format!("\\{c}"),
        c if c.is_ascii() => c.to_string(),
        c => format!("\\u{:04x}", u32::from(c)),
    };
    text.chars().map(escape).collect()
}

async fn java(artefacts: &Artefacts) -> Result<PathBuf, ServerError> {
    find_java(artefacts, "Artemis", 17..=25).await
}

/// The archive, unpacked once.
async fn bring(artefacts: &Artefacts) -> Result<PathBuf, ServerError> {
    let coordinates = Coordinates {
        group: "org.apache.activemq",
        name: "apache-artemis",
        version: VERSION,
        packaging: "tar.gz",
        classifier: Some("bin"),
    };
    let digest = SHA256.parse::<Sha256>();
    let digest = digest.map_err(|error| ServerError::Ended {
        what: "the bringing of Artemis".to_owned(),
        how: error.to_string(),
        last_lines: Vec::new(),
    })?;
    let name = format!("artemis-{VERSION}-{}", &SHA256[..12]);
    made_once(artefacts, &name, |scratch| async move {
        let file = artefacts.file(&coordinates.artefact(digest)).await;
        let help = "install Maven, or put the archive into the mirror";
        let file = file.map_err(|error| not_brought("Artemis", help, &error))?;
        let mut unpack = Command::new("tar");
        unpack.args(["--extract", "--gzip", "--strip-components=1", "--file"]);
        unpack.arg(&file).arg("--directory").arg(&scratch);
        run("unpack Artemis", &unpack, RunAs::Ourselves).await?;
        Ok(())
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_written_as_java_reads_it() {
        assert_eq!(escaped(r"a=b\c d"), r"a\=b\\c\ d");
        assert_eq!(escaped("ü"), "\\u00fc");
    }
}
