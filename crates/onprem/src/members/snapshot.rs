//! Snapshots of etcd: taken when somebody asks, and brought here.

use std::fs::File;
use std::io::Write;
use std::time::Duration;

use mosipctl_hosts::{Command, Stream};

use super::Members;
use crate::error::OnpremError;
use crate::etcd::PROGRAM;

/// How long taking and bringing one may take.
const PATIENCE: Duration = Duration::from_secs(600);

/// A snapshot of etcd, on the host where it was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// The host.
    pub host: String,
    /// The file there.
    pub path: String,
    /// SHA-256 of the file, in hex.
    pub sha256: String,
}

impl Members {
    /// Takes a snapshot on the first control plane that can.
    ///
    /// # Errors
    /// None can.
    pub async fn snapshot(&self) -> Result<Snapshot, OnpremError> {
        let what = "take a snapshot of etcd";
        let line = format!("file=$({PROGRAM}) && sha256sum \"$file\" && echo @HOST@");
        let text = self.control_planes.ask(what, &line, PATIENCE).await?;
        let mut words = text.split_whitespace().map(str::to_owned);
        let (Some(sha256), Some(path), Some(host)) = (words.next(), words.next(), words.next())
        else {
            return Err(OnpremError::Unexpected {
                what: what.to_owned(),
                problem: format!("the host says `{}`", text.trim()),
            });
        };
        Ok(Snapshot { host, path, sha256 })
    }

    /// Brings a snapshot into a file here, whole or not at all.
    ///
    /// # Errors
    /// The host cannot be asked, or the file cannot be written.
    pub async fn bring(&self, snapshot: &Snapshot, file: &mut File) -> Result<(), OnpremError> {
        let what = format!("bring `{}`", snapshot.path);
        let connection = self.hosts.connection(&snapshot.host).await?;
        let command = Command::new(&what, ["cat", "--", &snapshot.path]);
        let command = command.as_root().within(PATIENCE);
        let mut written = Ok(());
        let each = |stream, piece: &[u8]| {
            if stream == Stream::Out && written.is_ok() {
                written = file.write_all(piece);
            }
        };
        let ended = connection.follow(&command, each).await?;
        match (ended.is_success(), written) {
            (true, Ok(())) => Ok(()),
            (_, Err(error)) => Err(failed(what, error.to_string())),
            (false, Ok(())) => Err(failed(what, format!("it ended with {ended}"))),
        }
    }
}

fn failed(what: String, problem: String) -> OnpremError {
    OnpremError::Unexpected { what, problem }
}
