//! The Java that runs Keycloak.

use std::path::{Path, PathBuf};
use std::process::Command;

use mosipctl_artefact::Artefacts;

use super::KeycloakVersion;
use crate::error::ServerError;
use crate::process::{RunAs, run};

impl KeycloakVersion {
    /// The releases of Java that it runs on.
    fn java(self) -> std::ops::RangeInclusive<u32> {
        match self {
            // WildFly 26 asks for the security manager, which is gone since 24
            Self::V16 => 11..=23,
            Self::V26 | Self::V26AtRoot => 17..=25,
        }
    }
}

/// A Java in `JAVA_HOME` or the search path that the version runs on.
pub(super) async fn find(
    artefacts: &Artefacts,
    version: KeycloakVersion,
) -> Result<PathBuf, ServerError> {
    let mut seen = Vec::new();
    for path in candidates(artefacts) {
        let release = release(&path).await;
        if release.is_some_and(|release| version.java().contains(&release)) {
            return Ok(path);
        }
        let release = release.map_or_else(|| "no Java".to_owned(), |release| release.to_string());
        seen.push(format!("`{}` is {release}", path.display()));
    }
    let reason = match seen.is_empty() {
        true => "there is no `java` in JAVA_HOME or PATH".to_owned(),
        false => seen.join(", "),
    };
    Err(ServerError::Missing {
        what: format!("a Java for {version}"),
        reason,
        help: "install OpenJDK 17, or name its folder in JAVA_HOME".to_owned(),
    })
}

fn candidates(artefacts: &Artefacts) -> impl Iterator<Item = PathBuf> {
    let home = std::env::var_os("JAVA_HOME").map(|home| PathBuf::from(home).join("bin"));
    let path = artefacts.settings().search_path.clone().unwrap_or_default();
    let folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let files = home.into_iter().chain(folders);
    files
        .map(|folder| folder.join("java"))
        .filter(|path| path.is_absolute() && path.is_file())
}

/// The release of a Java, such as 17.
async fn release(java: &Path) -> Option<u32> {
    let mut command = Command::new(java);
    // unlike `-version`, this one writes where it can be read
    command.arg("--version");
    let text = run("Java", &command, RunAs::Ourselves).await.ok()?;
    parse(&text)
}

fn parse(text: &str) -> Option<u32> {
    let version = text.lines().next()?.split_whitespace().nth(1)?;
    version.split(['.', '-', '+']).next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_release_of_a_java_is_read() {
        assert_eq!(parse("openjdk 17.0.15 2025-04-15\nmore"), Some(17));
        assert_eq!(parse("openjdk 25-ea 2025-09-16"), Some(25));
        assert_eq!(parse("java: not found"), None);
    }
}
