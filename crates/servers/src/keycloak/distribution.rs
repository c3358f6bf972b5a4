//! The archive, unpacked once for all servers of one sort.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use mosipctl_artefact::{ArtefactError, Artefacts, Coordinates, Sha256};

use super::{KeycloakVersion, quarkus};
use crate::error::{AtPath, ServerError};
use crate::process::{RunAs, run};

/// Tells apart the scratch folders of one process.
static SCRATCH: AtomicU32 = AtomicU32::new(0);

/// An unpacked archive. Servers only read it.
#[derive(Debug)]
pub(super) struct Distribution {
    pub(super) home: PathBuf,
}

impl KeycloakVersion {
    fn coordinates(self) -> Coordinates {
        Coordinates {
            group: "org.keycloak",
            name: match self {
                Self::V16 => "keycloak-server-dist",
                Self::V26 | Self::V26AtRoot => "keycloak-quarkus-dist",
            },
            version: self.number(),
            packaging: "tar.gz",
            classifier: None,
        }
    }

    /// Of the file in Maven Central, read on 27 Nov 2026.
    fn sha256(self) -> &'static str {
        match self {
            Self::V16 => "bb120dd1433ba7f2713cef2f064556c058bc0409a8ce0a62aa9cccc1349d1ad7",
            Self::V26 | Self::V26AtRoot => {
                "9fe5f9213ecf83f24b53b27409f3e0f20e10edce36aaa0828778a57c80f07a87"
            }
        }
    }

    /// The folder in the cache. Where 26 answers is built in, so there is one for each.
    fn folder(self) -> String {
        let at = match self {
            Self::V26AtRoot => "-root",
            _ => "",
        };
        format!("keycloak-{}{at}-{}", self.number(), &self.sha256()[..12])
    }
}

impl Distribution {
    /// Unpacks it, unless that was done before.
    pub(super) async fn bring(
        artefacts: &Artefacts,
        version: KeycloakVersion,
        java: &Path,
    ) -> Result<Self, ServerError> {
        let root = artefacts.settings().cache.join("servers");
        let home = root.join(version.folder());
        if home.is_dir() {
            return Ok(Self { home });
        }
        let archive = archive(artefacts, version).await?;
        let number = SCRATCH.fetch_add(1, Ordering::Relaxed);
        let scratch = format!("{}.{}-{number}", version.folder(), std::process::id());
        let scratch = root.join(scratch);
        let made = make(&archive, &scratch, version, java).await;
        let placed = made.and_then(|()| place(&scratch, &home));
        let _ = fs::remove_dir_all(&scratch);
        placed.map(|()| Self { home })
    }
}

async fn archive(artefacts: &Artefacts, version: KeycloakVersion) -> Result<PathBuf, ServerError> {
    let wrong = |how: String| ServerError::Ended {
        what: format!("the bringing of {version}"),
        how,
        last_lines: Vec::new(),
    };
    let digest = version.sha256().parse::<Sha256>();
    let digest = digest.map_err(|error| wrong(error.to_string()))?;
    let artefact = version.coordinates().artefact(digest);
    let file = artefacts.file(&artefact).await;
    file.map_err(|error| match error {
        ArtefactError::Missing { .. } | ArtefactError::Download { .. } => ServerError::Missing {
            what: version.to_string(),
            reason: chain(&error),
            help: "install Maven, or put the archive into the mirror".to_owned(),
        },
        error => wrong(chain(&error)),
    })
}

async fn make(
    archive: &Path,
    scratch: &Path,
    version: KeycloakVersion,
    java: &Path,
) -> Result<(), ServerError> {
    fs::create_dir_all(scratch).at(scratch)?;
    let mut unpack = Command::new("tar");
    unpack.args(["--extract", "--gzip", "--strip-components=1", "--file"]);
    unpack.arg(archive).arg("--directory").arg(scratch);
    run("unpack Keycloak", &unpack, RunAs::Ourselves).await?;
    match version {
        KeycloakVersion::V16 => Ok(()),
        _ => quarkus::build(scratch, version, java).await,
    }
}

/// Puts it where servers look for it. Another process may have been faster, with the same.
fn place(scratch: &Path, home: &Path) -> Result<(), ServerError> {
    match fs::rename(scratch, home) {
        Err(_) if home.is_dir() => Ok(()),
        renamed => renamed.at(home),
    }
}

fn chain(error: &ArtefactError) -> String {
    let error: &dyn std::error::Error = error;
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(": ")
}
