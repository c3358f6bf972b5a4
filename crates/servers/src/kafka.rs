//! Apache Kafka, one node that keeps its own records of the cluster, with the settings of our chart.
//!
//! Its distribution is in no repository, its jars are: Maven brings them once. What it keeps lies in its folder, so the same folder
//! started again is the same broker.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use mosipctl_artefact::Artefacts;
use tokio::net::TcpStream;

use crate::error::{AtPath, ServerError};
use crate::java::{QUICK, find_java};
use crate::process::{Process, RunAs, free_port, run};

mod jars;

/// 6 s was measured on two busy cores.
const PATIENCE: Duration = Duration::from_secs(120);
/// Sixteen bytes in base64, as in our chart.
const CLUSTER: &str = "bW9zaXBjdGwta2Fma2EtMQ";

/// How a Kafka is to be.
#[derive(Debug, Clone)]
pub struct KafkaSettings {
    /// Where its files lie. One that was used before is the same broker again.
    pub folder: PathBuf,
    /// The port on 127.0.0.1; any free one when there is none.
    pub port: Option<u16>,
    /// Where it tells clients to go, `HOST:PORT`; to where it listens when there is none. In a cluster that is a name which
    /// nobody outside can resolve.
    pub advertised: Option<String>,
}

/// A running Kafka.
#[derive(Debug)]
pub struct Kafka {
    process: Process,
    port: u16,
}

impl Kafka {
    /// Starts one and waits until it takes connections. What it writes goes to the file `log` in its folder.
    ///
    /// # Errors
    /// There is no Java, its jars cannot be brought, or it ends or stays silent.
    pub async fn start(
        artefacts: &Artefacts,
        settings: &KafkaSettings,
    ) -> Result<Self, ServerError> {
        let java = java(artefacts).await?;
        let jars = jars::bring(artefacts).await?;
        let folder = &settings.folder;
        fs::create_dir_all(folder).at(folder)?;
        let port = settings.port.map_or_else(free_port, Ok).at(folder)?;
        let properties = folder.join("server.properties");
        fs::write(&properties, text(settings, port)?).at(&properties)?;
        let mut format = program(&java, &jars, "kafka.tools.StorageTool");
        format.args(["format", "--ignore-formatted", "--cluster-id", CLUSTER]);
        format.arg("--config").arg(&properties);
        run("set up Kafka", &format, RunAs::Ourselves).await?;
        let mut serve = program(&java, &jars, "kafka.Kafka");
        serve.arg(&properties);
        let log = folder.join("log");
        let process = Process::start("Kafka", &serve, RunAs::Ourselves, &log).await?;
        // it listens to clients last
        let ask = || async { TcpStream::connect(("127.0.0.1", port)).await.is_ok() };
        process.answers(PATIENCE, ask).await?;
        Ok(Self { process, port })
    }

    /// Brings what it takes, without starting one.
    ///
    /// # Errors
    /// There is no Java, or its jars cannot be brought.
    pub async fn bring(artefacts: &Artefacts) -> Result<(), ServerError> {
        java(artefacts).await?;
        jars::bring(artefacts).await.map(drop)
    }

    /// The port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
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

async fn java(artefacts: &Artefacts) -> Result<PathBuf, ServerError> {
    find_java(artefacts, "Kafka", 11..=23).await
}

fn program(java: &Path, jars: &Path, class: &str) -> Command {
    let mut command = Command::new(java);
    command.args(QUICK);
    command.arg("-Dorg.slf4j.simpleLogger.defaultLogLevel=warn");
    command.arg("-classpath").arg(jars.join("*")).arg(class);
    command
}

fn text(settings: &KafkaSettings, port: u16) -> Result<String, ServerError> {
    let folder = &settings.folder;
    let controller = free_port().at(folder)?;
    let here = format!("127.0.0.1:{port}");
    let advertised = settings.advertised.as_ref().unwrap_or(&here);
    let data = folder.join("data");
    Ok([
        "process.roles=broker,controller".to_owned(),
        "node.id=0".to_owned(),
        format!("controller.quorum.voters=0@127.0.0.1:{controller}"),
        "controller.listener.names=CONTROLLER".to_owned(),
        "inter.broker.listener.name=CLIENT".to_owned(),
        format!("listeners=CLIENT://{here},CONTROLLER://127.0.0.1:{controller}"),
        format!("advertised.listeners=CLIENT://{advertised}"),
        "listener.security.protocol.map=CLIENT:PLAINTEXT,CONTROLLER:PLAINTEXT".to_owned(),
        format!("log.dirs={}", data.display()),
        "offsets.topic.replication.factor=1".to_owned(),
        "transaction.state.log.replication.factor=1".to_owned(),
        "transaction.state.log.min.isr=1".to_owned(),
        "num.partitions=20".to_owned(),
        "auto.create.topics.enable=true".to_owned(),
        "delete.topic.enable=true".to_owned(),
        String::new(),
    ]
    .join("\n"))
}
