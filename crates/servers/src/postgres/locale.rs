//! The locale `en_US.UTF-8`, which the scripts of MOSIP ask for and small systems lack.

use std::path::{Path, PathBuf};
use std::process::Command;

use mosipctl_artefact::{Artefacts, Network, Settings};

use crate::error::{AtPath, ServerError};
use crate::process::{RunAs, run};
use crate::shared::made_once;

/// As scripts name it.
const NAME: &str = "en_US.UTF-8";
/// As `locale -a` lists it.
const LISTED: &str = "en_US.utf8";
/// Where the package `locales` puts what a locale is made from.
const SOURCES: &str = "usr/share/i18n";

/// Where a server finds the locale.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Locale {
    /// The system has it.
    OfTheSystem,
    /// It lies in this folder.
    Own(PathBuf),
    /// It cannot be had.
    Absent,
}

impl Locale {
    /// Takes the system's, or makes one in `folder`. A server serves without it too, so what is missing is no error.
    pub(super) async fn bring(folder: &Path) -> Result<Self, ServerError> {
        if system_has_it().await {
            return Ok(Self::OfTheSystem);
        }
        let own = folder.join("locales");
        if own.join(NAME).is_dir() {
            return Ok(Self::Own(own));
        }
        match made().await {
            Some(made) => copy(&made, &own).await.map(|()| Self::Own(own)),
            None => Ok(Self::Absent),
        }
    }

    /// Whether there is one.
    pub(super) fn is_there(&self) -> bool {
        *self != Self::Absent
    }

    /// Tells a program where it is.
    pub(super) fn show_to(&self, command: &mut Command) {
        if let Self::Own(folder) = self {
            command.env("LOCPATH", folder);
        }
    }
}

async fn system_has_it() -> bool {
    let mut command = Command::new("locale");
    command.arg("-a");
    let listed = run("locale", &command, RunAs::Ourselves).await;
    listed.is_ok_and(|text| text.lines().any(|line| line == LISTED || line == NAME))
}

/// The folder of locales in the cache, made on the first call; none when it cannot be made.
async fn made() -> Option<PathBuf> {
    let artefacts = Artefacts::new(Settings::from_environment().ok()?);
    let network = artefacts.settings().network;
    let made = made_once(&artefacts, "locales", |folder| async move {
        let sources = sources(Path::new("/"), &folder, network).await?;
        let mut command = Command::new("localedef");
        command.args(["-i", "en_US", "-f", "UTF-8"]);
        command.arg(folder.join(NAME)).env("I18NPATH", sources);
        run("localedef", &command, RunAs::Ourselves).await?;
        Ok(())
    });
    made.await.ok()
}

/// The folder of what locales are made from: the system's, else that of a package that is only unpacked.
async fn sources(root: &Path, scratch: &Path, network: Network) -> Result<PathBuf, ServerError> {
    let system = root.join(SOURCES);
    if system.join("locales/en_US").is_file() {
        return Ok(system);
    }
    let unpacked = scratch.join("package");
    std::fs::create_dir_all(&unpacked).at(&unpacked)?;
    if network == Network::Allowed {
        let mut download = Command::new("apt-get");
        // where there is no network, that is to show soon
        let patience = ["Acquire::http::Timeout=10", "Acquire::Retries=0"];
        download.args(patience.iter().flat_map(|option| ["-o", option]));
        download.args(["--quiet", "download", "locales"]);
        download.current_dir(&unpacked);
        run("apt-get", &download, RunAs::Ourselves).await?;
    }
    let entries = std::fs::read_dir(&unpacked).at(&unpacked)?;
    let packages = entries.flatten().map(|entry| entry.path());
    let packages: Vec<PathBuf> = packages.collect();
    for package in packages {
        let mut unpack = Command::new("dpkg");
        unpack.arg("--extract").arg(package).arg(&unpacked);
        run("dpkg", &unpack, RunAs::Ourselves).await?;
    }
    Ok(unpacked.join(SOURCES))
}

/// Copies the locale: the server's user cannot look into the cache of root.
async fn copy(made: &Path, own: &Path) -> Result<(), ServerError> {
    std::fs::create_dir_all(own).at(own)?;
    let unready = own.join("unready");
    let mut command = Command::new("cp");
    command.args(["--recursive", "--no-target-directory"]);
    command.arg(made.join(NAME)).arg(&unready);
    run("cp", &command, RunAs::Ourselves).await?;
    let ready = own.join(NAME);
    std::fs::rename(&unready, &ready).at(&ready)
}

#[cfg(test)]
#[allow(clippy::print_stderr, reason = "tests say what they skip")]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_system_without_locales_takes_them_from_the_package() {
        let scratch = tempfile::tempdir().unwrap();
        let empty = tempfile::tempdir().unwrap();
        match sources(empty.path(), scratch.path(), Network::Allowed).await {
            Ok(sources) => assert!(sources.join("locales/en_US").is_file()),
            Err(error) => eprintln!("skipped: {error}"),
        }
    }

    #[tokio::test]
    async fn a_program_is_told_where_a_locale_of_ours_is() {
        let mut command = Command::new("postgres");
        Locale::OfTheSystem.show_to(&mut command);
        assert_eq!(command.get_envs().count(), 0);
        Locale::Own(PathBuf::from("/lab/locales")).show_to(&mut command);
        assert_eq!(command.get_envs().count(), 1);
    }
}
