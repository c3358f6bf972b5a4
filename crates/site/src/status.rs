//! What runs.

use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::time::Duration;

use serde::Serialize;

use crate::layout::Host;
use crate::record::Record;

/// How long a host may take to answer a knock on its SSH port; it is on this machine.
const KNOCK: Duration = Duration::from_millis(500);

/// A site.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SiteStatus {
    /// Its name.
    pub name: String,
    /// Its network namespace.
    pub network: String,
    /// Its hosts file.
    pub hosts_file: PathBuf,
    /// Whether the process that was to take it down is gone.
    pub left_over: bool,
    /// Its hosts.
    pub hosts: Vec<HostStatus>,
}

/// A host of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HostStatus {
    /// Which.
    #[serde(flatten)]
    pub host: Host,
    /// Whether it runs.
    pub state: HostState,
    /// How many processes it has.
    pub processes: usize,
    /// Memory that it uses, in bytes, files in memory counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory: Option<u64>,
}

/// Whether a host runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum HostState {
    /// Its SSH port is open.
    Answers,
    /// It has processes, and its SSH port is closed.
    Silent,
    /// It is switched off.
    Off,
}

/// Every site of this machine, whoever made it.
pub fn statuses() -> Vec<SiteStatus> {
    Record::all().iter().map(status).collect()
}

fn status(record: &Record) -> SiteStatus {
    SiteStatus {
        name: record.name.clone(),
        network: record.namespace().name().to_owned(),
        hosts_file: record.folder.join("hosts.yaml"),
        left_over: record.is_left_over(),
        hosts: record
            .hosts
            .iter()
            .map(|host| host_status(record, host))
            .collect(),
    }
}

fn host_status(record: &Record, host: &Host) -> HostStatus {
    let groups = record.groups(host);
    let processes = groups.processes().len();
    let answers = || {
        let address = SocketAddr::from((host.address, 22));
        let knock = move || TcpStream::connect_timeout(&address, KNOCK).is_ok();
        record.namespace().inside(knock).unwrap_or(false)
    };
    let state = match processes {
        0 => HostState::Off,
        _ if answers() => HostState::Answers,
        _ => HostState::Silent,
    };
    let memory = groups.memory().filter(|_| processes > 0);
    HostStatus {
        host: host.clone(),
        state,
        processes,
        memory,
    }
}
