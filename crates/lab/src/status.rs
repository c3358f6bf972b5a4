//! What can be said about a lab from outside.

use std::collections::BTreeMap;
use std::fs;
use std::io;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::error::{AtPath, Failure, LabError};
use crate::folder::{LabFolder, write_private};
use crate::hold::Hold;

/// What can be said about a lab.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Status {
    /// Its name.
    pub name: String,
    /// How far it is.
    pub phase: Phase,
    /// Since when.
    pub since: Option<Timestamp>,
    /// Address of its API server.
    pub server: Option<String>,
    /// Why it came down.
    pub failure: Option<Failure>,
    /// Its processes, the supervisor first.
    pub programs: Vec<ProgramStatus>,
}

/// How far a lab is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Phase {
    /// There never was one, or it was stopped.
    Stopped,
    /// It comes up.
    Starting,
    /// It runs.
    Running,
    /// A program of it failed, and the rest was stopped.
    Failed,
    /// Its supervisor was killed, and everything with it.
    Killed,
}

/// One process of a lab.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ProgramStatus {
    /// Its name.
    pub program: String,
    /// Its process.
    pub pid: i32,
    /// Resident memory in bytes; none when the process is gone.
    pub memory: Option<u64>,
}

/// What the supervisor writes down.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Record {
    pub(crate) phase: Phase,
    pub(crate) since: Timestamp,
    pub(crate) server: Option<String>,
    pub(crate) failure: Option<Failure>,
    pub(crate) programs: BTreeMap<String, i32>,
}

impl Record {
    pub(crate) fn write(&self, folder: &LabFolder) -> io::Result<()> {
        write_private(&folder.state(), serde_json::to_vec_pretty(self)?)
    }

    /// What was written last; none when nothing was, or not by this program.
    fn read(folder: &LabFolder) -> Option<Self> {
        serde_json::from_slice(&fs::read(folder.state()).ok()?).ok()
    }
}

impl Status {
    /// What can be said about the lab of a folder.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn of(folder: &LabFolder) -> Result<Self, LabError> {
        let supervisor = Hold::holder(&folder.hold()).at(&folder.hold())?;
        let record = Record::read(folder);
        let written = record
            .as_ref()
            .map_or(Phase::Stopped, |record| record.phase);
        let phase = match (supervisor, written) {
            // a supervisor that has not written yet
            (Some(_), Phase::Stopped | Phase::Killed) => Phase::Starting,
            (None, Phase::Starting | Phase::Running) => Phase::Killed,
            (_, phase) => phase,
        };
        let supervisor = supervisor.map(|pid| ("supervisor".to_owned(), pid.as_raw()));
        let programs = record.iter().flat_map(|record| record.programs.clone());
        let is_up = matches!(phase, Phase::Starting | Phase::Running);
        let programs = supervisor
            .into_iter()
            .chain(programs.filter(|_| is_up))
            .map(|(program, pid)| ProgramStatus {
                program,
                pid,
                memory: memory(pid),
            });
        Ok(Self {
            name: folder.name().to_string(),
            phase,
            programs: programs.collect(),
            since: record.as_ref().map(|record| record.since),
            server: record.as_ref().and_then(|record| record.server.clone()),
            failure: record.and_then(|record| record.failure),
        })
    }
}

/// Resident memory of a process.
fn memory(pid: i32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: u64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kib * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lab_without_a_supervisor_was_killed() {
        let state = tempfile::tempdir().unwrap();
        let folder = LabFolder::new(state.path(), "a".parse().unwrap());
        assert_eq!(Status::of(&folder).unwrap().phase, Phase::Stopped);
        folder.create().unwrap();
        let record = Record {
            phase: Phase::Running,
            since: Timestamp::UNIX_EPOCH,
            server: None,
            failure: None,
            programs: [("etcd".to_owned(), 1)].into(),
        };
        record.write(&folder).unwrap();
        let status = Status::of(&folder).unwrap();
        assert_eq!((status.phase, status.programs), (Phase::Killed, Vec::new()));
    }
}
