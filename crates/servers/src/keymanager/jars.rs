//! The jars of keymanager, by Maven.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use mosipctl_artefact::{Artefacts, Coordinates, Sha256};

use crate::error::{AtPath, ServerError};
use crate::private::private_folder;
use crate::shared::not_brought;

/// Of the file in Maven Central, read on 27 Nov 2026.
const SERVICE: Jar = Jar {
    name: "kernel-keymanager-service",
    version: "1.2.0.1",
    sha256: "5fcc4e1c02c51d8dea259d22f65cf47c8eb5c44f2c183c8161dc6c74685ab094",
};
/// What checks tokens. Without it, a password that nobody knows guards everything. Read on 27 Nov 2026.
const ADAPTER: Jar = Jar {
    name: "kernel-auth-adapter",
    version: "1.2.0.1",
    sha256: "9d9ff0a616ef19cb37faa2c9888efc661e95bedec06e128b7c3d373b7ab5f2ba",
};

/// The job that makes keys; 1.2.0.1 of it is not published. Read on 27 Nov 2026.
const GENERATOR: Jar = Jar {
    name: "keys-generator",
    version: "1.2.0-prerel",
    sha256: "88356cea35d5bfb6dba0ad1e83536fb30374bf032bd0eded505359efe18c2510",
};

/// What keys are made from.
#[derive(Debug)]
pub(super) struct GeneratorJars {
    /// The job.
    pub(super) generator: PathBuf,
    /// The service, for the settings in it: the job's own are older than its code.
    pub(super) service: PathBuf,
}

/// What a keymanager is run from.
#[derive(Debug)]
pub(super) struct Jars {
    /// The service, with everything but the adapter in it.
    pub(super) service: PathBuf,
    /// A folder with the adapter alone.
    pub(super) adapter_folder: PathBuf,
}

struct Jar {
    name: &'static str,
    version: &'static str,
    sha256: &'static str,
}

/// Brings all of them.
pub(super) async fn bring(artefacts: &Artefacts) -> Result<(), ServerError> {
    for jar in [SERVICE, ADAPTER, GENERATOR] {
        jar.bring(artefacts).await?;
    }
    Ok(())
}

impl Jars {
    /// Brings them, and links the adapter into the folder of one server: all jars of a folder would be loaded.
    pub(super) async fn bring(artefacts: &Artefacts, folder: &Path) -> Result<Self, ServerError> {
        let service = SERVICE.bring(artefacts).await?;
        let adapter = ADAPTER.bring(artefacts).await?;
        let adapter_folder = folder.join("lib");
        private_folder(&adapter_folder)?;
        let link = adapter_folder.join("kernel-auth-adapter.jar");
        // the cache may have moved since
        let _ = fs::remove_file(&link);
        symlink(&adapter, &link).at(&link)?;
        Ok(Self {
            service,
            adapter_folder,
        })
    }
}

impl GeneratorJars {
    pub(super) async fn bring(artefacts: &Artefacts) -> Result<Self, ServerError> {
        Ok(Self {
            generator: GENERATOR.bring(artefacts).await?,
            service: SERVICE.bring(artefacts).await?,
        })
    }
}

impl Jar {
    async fn bring(&self, artefacts: &Artefacts) -> Result<PathBuf, ServerError> {
        let digest = self.sha256.parse::<Sha256>();
        let digest = digest.map_err(|error| ServerError::Ended {
            what: format!("the bringing of {}", self.name),
            how: error.to_string(),
            last_lines: Vec::new(),
        })?;
        let coordinates = Coordinates {
            group: "io.mosip.kernel",
            name: self.name,
            version: self.version,
            packaging: "jar",
            classifier: None,
        };
        let file = artefacts.file(&coordinates.artefact(digest)).await;
        let help = "install Maven, or put the jar into the mirror";
        file.map_err(|error| not_brought(self.name, help, &error))
    }
}
