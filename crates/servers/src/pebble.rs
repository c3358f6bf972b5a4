//! Pebble, a small ACME authority for tests, from the packages of the system. What it signs, nobody trusts.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use serde_json::json;
use tokio::net::TcpStream;

use crate::error::{AtPath, ServerError};
use crate::private::private_file;
use crate::process::{Process, RunAs, installed, on_a_free_port};

/// It answers within a second.
const PATIENCE: Duration = Duration::from_secs(60);
/// Where packages put it.
const PROGRAM: &str = "/usr/bin/pebble";

/// How an authority is to be.
#[derive(Debug, Clone)]
pub struct PebbleSettings {
    /// Its folder; it is made.
    pub folder: PathBuf,
    /// Its port on 127.0.0.1. Default: a free one.
    pub port: Option<u16>,
    /// The chain that it shows to clients, PEM, for `localhost`.
    pub certificate: String,
    /// The key of that, PEM.
    pub key: String,
    /// The name server that it asks.
    pub dns: SocketAddr,
    /// The port at which it looks for proofs by HTTP.
    pub http_port: u16,
    /// Accounts elsewhere, by their identifier with their key in base64url; when there are any, it asks for one.
    pub external_accounts: Vec<(String, String)>,
    /// Further settings of its own, as environment variables such as `PEBBLE_WFE_NONCEREJECT`.
    pub variables: Vec<(String, String)>,
}

/// A running authority.
#[derive(Debug)]
pub struct Pebble {
    process: Process,
    port: u16,
}

impl Pebble {
    /// Starts one on 127.0.0.1 and waits until it answers. It looks at proofs at once, and refuses every twentieth good nonce unless
    /// a variable says otherwise.
    ///
    /// # Errors
    /// It is not installed, ends or stays silent.
    pub async fn start(settings: &PebbleSettings) -> Result<Self, ServerError> {
        Self::find()?;
        let folder = &settings.folder;
        fs::create_dir_all(folder).at(folder)?;
        if let Some(port) = settings.port {
            return Self::listening(settings, port).await;
        }
        on_a_free_port(folder, async |port| Self::listening(settings, port).await).await
    }

    /// Looks whether it is installed, without starting one.
    ///
    /// # Errors
    /// It is not.
    pub fn find() -> Result<(), ServerError> {
        installed("pebble", PROGRAM, "pebble")
    }

    /// Its port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The address of its directory.
    pub fn directory(&self) -> String {
        format!("https://localhost:{}/dir", self.port)
    }

    /// Ends it.
    pub async fn stop(self) {
        self.process.stop().await;
    }

    async fn listening(settings: &PebbleSettings, port: u16) -> Result<Self, ServerError> {
        let folder = &settings.folder;
        let (certificate, key) = (folder.join("server.pem"), folder.join("server.key"));
        private_file(&certificate, &settings.certificate)?;
        private_file(&key, &settings.key)?;
        let accounts = settings.external_accounts.iter().cloned();
        let accounts: serde_json::Map<_, _> = accounts.map(|(id, key)| (id, key.into())).collect();
        let config = json!({"pebble": {
            "listenAddress": format!("{}:{port}", Ipv4Addr::LOCALHOST),
            "managementListenAddress": "",
            "certificate": certificate,
            "privateKey": key,
            "httpPort": settings.http_port,
            "tlsPort": 0,
            "externalAccountBindingRequired": !accounts.is_empty(),
            "externalAccountMACKeys": accounts,
        }});
        let path = folder.join("config.json");
        private_file(&path, &config.to_string())?;
        let mut command = Command::new(PROGRAM);
        command.arg("-config").arg(&path);
        command.args(["-dnsserver", &settings.dns.to_string()]);
        command.env("PEBBLE_VA_NOSLEEP", "1");
        command.envs(settings.variables.iter().cloned());
        let log = folder.join("log");
        let process = Process::start("pebble", &command, RunAs::Ourselves, &log).await?;
        let listens = || async {
            TcpStream::connect((Ipv4Addr::LOCALHOST, port))
                .await
                .is_ok()
        };
        process.answers(PATIENCE, listens).await?;
        Ok(Self { process, port })
    }
}
