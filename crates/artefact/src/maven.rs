//! Files of Maven repositories, brought by Maven itself, so that a user's own mirrors and log-ins count.

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;

use crate::artefact::{Artefact, Kind, Source};
use crate::digest::Sha256;
use crate::error::{ArtefactError, AtPath};
use crate::installed::find;
use crate::progress::{Action, Progress, Report};

/// What copies a file out of a repository.
const COPY: &str = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy";
/// How much of Maven's complaint an error shows.
const LINES: usize = 4;

/// A file in a Maven repository.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Coordinates {
    /// Group, such as `org.keycloak`.
    pub group: &'static str,
    /// Name within the group.
    pub name: &'static str,
    /// Version.
    pub version: &'static str,
    /// Packaging, which is how the file's name ends: `jar`, `zip`, `tar.gz`.
    pub packaging: &'static str,
    /// Tells apart files of one name and version.
    pub classifier: Option<&'static str>,
}

/// One file to bring.
pub(crate) struct Copy<'a> {
    /// Name and version, for messages.
    pub(crate) what: &'a str,
    pub(crate) coordinates: &'a Coordinates,
    pub(crate) sha256: Sha256,
    pub(crate) search_path: Option<&'a std::ffi::OsStr>,
}

impl Coordinates {
    /// The name of the file.
    pub fn file_name(&self) -> String {
        let classifier = self.classifier.map(|classifier| format!("-{classifier}"));
        let classifier = classifier.unwrap_or_default();
        format!(
            "{}-{}{classifier}.{}",
            self.name, self.version, self.packaging
        )
    }

    /// The artefact, brought by Maven: where its files come from is for the user's own settings to say.
    pub fn artefact(&self, sha256: Sha256) -> Artefact {
        Artefact {
            kind: Kind::Archive,
            name: self.file_name(),
            version: self.version.to_owned(),
            sources: vec![Source::Maven {
                coordinates: *self,
                sha256,
            }],
        }
    }
}

impl fmt::Display for Coordinates {
    /// As Maven reads it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            group,
            name,
            version,
            packaging,
            classifier,
        } = self;
        write!(f, "{group}:{name}:{version}:{packaging}")?;
        match classifier {
            Some(classifier) => write!(f, ":{classifier}"),
            None => Ok(()),
        }
    }
}

impl Copy<'_> {
    /// Has Maven put the file into `scratch` and gives its path.
    ///
    /// # Errors
    /// There is no Maven, it fails, or what came is not what was pinned.
    pub(crate) async fn fetch(
        &self,
        scratch: &Path,
        progress: &dyn Progress,
    ) -> Result<PathBuf, ArtefactError> {
        progress.report(&Report {
            what: self.what.to_owned(),
            action: Action::Downloading,
            done: 0,
            total: None,
            elapsed: Duration::ZERO,
        });
        let maven = self.maven()?;
        let output = Command::new(&maven)
            .args(["--batch-mode", "--no-transfer-progress", "--quiet", COPY])
            .arg(format!("-Dartifact={}", self.coordinates))
            .arg(format!("-DoutputDirectory={}", scratch.display()))
            // a project, or Maven settings of one, in the caller's folder are not meant
            .current_dir(scratch)
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .output()
            .await
            .at(&maven)?;
        if !output.status.success() {
            return Err(self.failed(&String::from_utf8_lossy(&output.stdout)));
        }
        let path = scratch.join(self.coordinates.file_name());
        let found = Sha256::of_file(&path).at(&path)?;
        if found == self.sha256 {
            return Ok(path);
        }
        Err(ArtefactError::Digest {
            what: self.what.to_owned(),
            expected: self.sha256,
            found,
        })
    }

    fn maven(&self) -> Result<PathBuf, ArtefactError> {
        find("mvn", self.search_path).ok_or_else(|| ArtefactError::Missing {
            what: self.what.to_owned(),
            reason: "it lies in a Maven repository, and there is no `mvn` in PATH".to_owned(),
            help: "install Maven, or put the file into the mirror".to_owned(),
        })
    }

    fn failed(&self, output: &str) -> ArtefactError {
        let lines = output.lines().filter(|line| line.contains("ERROR"));
        let text = lines.take(LINES).collect::<Vec<_>>().join("\n");
        ArtefactError::Download {
            what: self.what.to_owned(),
            url: self.coordinates.to_string(),
            source: text.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::progress::Silent;

    const ARTEMIS: Coordinates = Coordinates {
        group: "org.apache.activemq",
        name: "apache-artemis",
        version: "2.44.0",
        packaging: "zip",
        classifier: Some("bin"),
    };

    #[test]
    fn coordinates_name_a_file_that_only_maven_brings() {
        assert_eq!(ARTEMIS.file_name(), "apache-artemis-2.44.0-bin.zip");
        let artefact = ARTEMIS.artefact(Sha256::of(b""));
        assert!(matches!(
            artefact.sources.as_slice(),
            [Source::Maven { .. }]
        ));
    }

    /// A Maven that does what a script says.
    async fn copy(script: &str) -> Result<String, ArtefactError> {
        let folder = tempfile::tempdir().unwrap();
        let maven = folder.path().join("mvn");
        std::fs::write(&maven, format!("#!/bin/sh\n{script}\n")).unwrap();
        std::fs::set_permissions(&maven, PermissionsExt::from_mode(0o755)).unwrap();
        let copy = Copy {
            what: "Artemis",
            coordinates: &ARTEMIS,
            sha256: Sha256::of(b"right"),
            search_path: Some(folder.path().as_os_str()),
        };
        let path = copy.fetch(folder.path(), &Silent).await?;
        Ok(std::fs::read_to_string(path).unwrap())
    }

    #[tokio::test]
    async fn what_maven_brings_is_used_only_if_it_was_pinned() {
        let file = "apache-artemis-2.44.0-bin.zip";
        let brought = copy(&format!("printf right > {file}")).await;
        assert_eq!(brought.unwrap(), "right");
        let brought = copy(&format!("printf wrong > {file}")).await;
        assert!(matches!(brought, Err(ArtefactError::Digest { .. })));
    }

    #[tokio::test]
    async fn what_maven_complains_of_is_told() {
        let failed = copy("echo '[ERROR] no such file'; exit 1")
            .await
            .unwrap_err();
        let source = std::error::Error::source(&failed).unwrap().to_string();
        assert_eq!(source, "[ERROR] no such file");
    }
}
