//! The Java that runs a server.

use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::process::Command;

use mosipctl_artefact::Artefacts;

use crate::error::ServerError;
use crate::process::{RunAs, run};

/// Servers of a lab live for minutes: the second compiler would cost more than it gives.
pub(crate) const QUICK: [&str; 4] = [
    "-XX:TieredStopAtLevel=1",
    "-XX:+UseSerialGC",
    "-Xms64m",
    "-Xmx512m",
];

/// A Java of one of these releases, in `JAVA_HOME` or the search path.
pub(crate) async fn find_java(
    artefacts: &Artefacts,
    what: &str,
    releases: RangeInclusive<u32>,
) -> Result<PathBuf, ServerError> {
    let mut seen = Vec::new();
    for path in candidates(artefacts) {
        let release = release(&path).await;
        if release.is_some_and(|release| releases.contains(&release)) {
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
        what: format!("a Java for {what}"),
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
    let version = text.lines().next()?.split_whitespace().nth(1)?;
    version.split(['.', '-', '+']).next()?.parse().ok()
}
