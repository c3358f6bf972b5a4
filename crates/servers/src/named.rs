//! bind9's name server, from the packages of the system, for tests of what is asked of DNS and told to it.
//!
//! It answers for the zones that it is given, which a key may change by dynamic update, and looks nothing up for anybody.

use std::fmt::Write;
use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use tokio::net::TcpStream;

use crate::error::{AtPath, ServerError};
use crate::private::private_file;
use crate::process::{Process, RunAs, installed, on_a_free_port};

/// It answers within a second.
const PATIENCE: Duration = Duration::from_secs(60);
/// Where packages put it; it is not in everybody's search path.
const PROGRAM: &str = "/usr/sbin/named";

/// How a name server is to be.
#[derive(Debug, Clone)]
pub struct NamedSettings {
    /// Its folder; it is made.
    pub folder: PathBuf,
    /// Zones that it answers for, each with its records as they stand in a zone file; SOA and NS are added.
    pub zones: Vec<(String, String)>,
    /// The name of the key that may change the zones.
    pub key: String,
    /// The secret of the key, in base64.
    pub secret: String,
}

/// A running name server.
#[derive(Debug)]
pub struct Named {
    process: Process,
    address: SocketAddr,
}

impl Named {
    /// Starts one on 127.0.0.1 and waits until it answers.
    ///
    /// # Errors
    /// It is not installed, ends or stays silent.
    pub async fn start(settings: &NamedSettings) -> Result<Self, ServerError> {
        Self::find()?;
        let folder = &settings.folder;
        fs::create_dir_all(folder).at(folder)?;
        on_a_free_port(folder, async |port| Self::listening(settings, port).await).await
    }

    /// Looks whether it is installed, without starting one.
    ///
    /// # Errors
    /// It is not.
    pub fn find() -> Result<(), ServerError> {
        installed("named", PROGRAM, "bind9")
    }

    /// Where it answers.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Ends it.
    pub async fn stop(self) {
        self.process.stop().await;
    }

    async fn listening(settings: &NamedSettings, port: u16) -> Result<Self, ServerError> {
        let folder = &settings.folder;
        for (zone, records) in &settings.zones {
            let path = folder.join(format!("{zone}.zone"));
            let text = format!(
                "$TTL 300\n@ IN SOA ns.{zone}. hostmaster.{zone}. 1 3600 900 1209600 1\n@ IN NS ns.{zone}.\nns IN A 127.0.0.1\n{records}\n"
            );
            fs::write(&path, text).at(&path)?;
        }
        let config = folder.join("named.conf");
        private_file(&config, &configuration(settings, port))?;
        let mut command = Command::new(PROGRAM);
        command.args(["-g", "-n", "1", "-c"]).arg(&config);
        let log = folder.join("log");
        let process = Process::start("named", &command, RunAs::Ourselves, &log).await?;
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let listens = || async { TcpStream::connect(address).await.is_ok() };
        process.answers(PATIENCE, listens).await?;
        Ok(Self { process, address })
    }
}

fn configuration(settings: &NamedSettings, port: u16) -> String {
    let (place, key) = (settings.folder.display(), &settings.key);
    let mut text = format!(
        "options {{\n  directory \"{place}\";\n  pid-file \"{place}/pid\";\n  session-keyfile \"{place}/session.key\";\n  \
         listen-on port {port} {{ 127.0.0.1; }};\n  listen-on-v6 {{ none; }};\n  recursion no;\n  dnssec-validation no;\n  \
         allow-transfer {{ none; }};\n}};\ncontrols {{ }};\n\
         key \"{key}\" {{ algorithm hmac-sha256; secret \"{}\"; }};\n",
        settings.secret
    );
    for (zone, _) in &settings.zones {
        let _ = writeln!(
            text,
            "zone \"{zone}\" {{ type primary; file \"{place}/{zone}.zone\"; update-policy {{ grant {key} zonesub ANY; }}; }};"
        );
    }
    text
}
