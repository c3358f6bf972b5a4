//! The jars of Kafka, by Maven, pinned all together.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use mosipctl_artefact::{Artefacts, Network, Sha256};

use crate::error::{AtPath, ServerError};
use crate::process::{RunAs, run};
use crate::shared::made_once;

/// What is asked for; what these need, they say themselves. 3.9.1 is the version of our chart's image.
const PROJECT: &str = r#"<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>io.mosipctl</groupId>
  <artifactId>kafka</artifactId>
  <version>1</version>
  <dependencies>
    <dependency>
      <groupId>org.apache.kafka</groupId>
      <artifactId>kafka_2.13</artifactId>
      <version>3.9.1</version>
    </dependency>
    <dependency>
      <groupId>org.slf4j</groupId>
      <artifactId>slf4j-simple</artifactId>
      <version>1.7.36</version>
    </dependency>
  </dependencies>
</project>
"#;
/// What copies the jars of a project out of a repository.
const COPY: &str = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies";
/// Of the 56 jars as Maven Central has them, read on 27 Nov 2026; see [`digest`].
const SHA256: &str = "21ade6a3aeae0d707bd57b8ce6222ea6c67736d59a53e1c01cf373140b055993";

/// The folder of the jars.
pub(super) async fn bring(artefacts: &Artefacts) -> Result<PathBuf, ServerError> {
    let name = format!("kafka-3.9.1-{}", &SHA256[..12]);
    made_once(artefacts, &name, |scratch| async move {
        copy(artefacts, &scratch).await?;
        let found = digest(&scratch)?;
        match found == SHA256 {
            true => Ok(()),
            false => Err(ServerError::Ended {
                what: "the bringing of Kafka".to_owned(),
                how: format!("the jars have the digest {found}, and {SHA256} is pinned"),
                last_lines: Vec::new(),
            }),
        }
    })
    .await
}

async fn copy(artefacts: &Artefacts, scratch: &Path) -> Result<(), ServerError> {
    let maven = maven(artefacts)?;
    let project = scratch.join("pom.xml");
    fs::write(&project, PROJECT).at(&project)?;
    let mut command = Command::new(&maven);
    command.args(["--batch-mode", "--no-transfer-progress", "--quiet"]);
    if artefacts.settings().network == Network::Refused {
        command.arg("--offline");
    }
    command.arg("--file").arg(&project).arg(COPY);
    command.arg("-DincludeScope=runtime");
    command.arg(format!("-DoutputDirectory={}", scratch.display()));
    let copied = run("Maven", &command, RunAs::Ourselves).await;
    fs::remove_file(&project).at(&project)?;
    copied.map(drop).map_err(|error| ServerError::Missing {
        what: "Kafka".to_owned(),
        reason: error.to_string(),
        help: "let Maven reach a repository with `org.apache.kafka:kafka_2.13:3.9.1`".to_owned(),
    })
}

fn maven(artefacts: &Artefacts) -> Result<PathBuf, ServerError> {
    let path = artefacts.settings().search_path.clone().unwrap_or_default();
    let mut files = std::env::split_paths(&path).map(|folder| folder.join("mvn"));
    let found = files.find(|file| file.is_absolute() && file.is_file());
    found.ok_or_else(|| ServerError::Missing {
        what: "Kafka".to_owned(),
        reason: "its jars lie in a Maven repository, and there is no `mvn` in PATH".to_owned(),
        help: "install Maven".to_owned(),
    })
}

/// The digest of a list with the digest and the name of each file, as `sha256sum` writes it, in the order of the names.
fn digest(folder: &Path) -> Result<String, ServerError> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).at(folder)? {
        names.push(entry.at(folder)?.file_name());
    }
    names.sort();
    let mut list = String::new();
    for name in names {
        let path = folder.join(&name);
        let digest = Sha256::of_file(&path).at(&path)?;
        list.push_str(&format!("{digest}  {}\n", name.to_string_lossy()));
    }
    Ok(Sha256::of(list.as_bytes()).to_string())
}
