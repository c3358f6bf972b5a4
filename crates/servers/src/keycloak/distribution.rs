//! The archive, unpacked once for all servers of one sort.

use std::path::{Path, PathBuf};
use std::process::Command;

use mosipctl_artefact::{Artefacts, Coordinates, Sha256};

use super::{KeycloakVersion, quarkus};
use crate::error::ServerError;
use crate::process::{RunAs, run};
use crate::shared::{made_once, not_brought};

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
        let make = |folder: PathBuf| async move {
            let archive = archive(artefacts, version).await?;
            unpack(&archive, &folder).await?;
            match version {
                KeycloakVersion::V16 => Ok(()),
                _ => quarkus::build(&folder, version, java).await,
            }
        };
        let home = made_once(artefacts, &version.folder(), make).await?;
        Ok(Self { home })
    }
}

async fn archive(artefacts: &Artefacts, version: KeycloakVersion) -> Result<PathBuf, ServerError> {
    let digest = version.sha256().parse::<Sha256>();
    let digest = digest.map_err(|error| ServerError::Ended {
        what: format!("the bringing of {version}"),
        how: error.to_string(),
        last_lines: Vec::new(),
    })?;
    let file = artefacts
        .file(&version.coordinates().artefact(digest))
        .await;
    file.map_err(|error| {
        let help = "install Maven, or put the archive into the mirror";
        not_brought(&version.to_string(), help, &error)
    })
}

async fn unpack(archive: &Path, folder: &Path) -> Result<(), ServerError> {
    let mut unpack = Command::new("tar");
    unpack.args(["--extract", "--gzip", "--strip-components=1", "--file"]);
    unpack.arg(archive).arg("--directory").arg(folder);
    run("unpack Keycloak", &unpack, RunAs::Ourselves).await?;
    Ok(())
}
