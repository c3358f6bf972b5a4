//! Packages of the distribution.
//!
//! Hosts need no internet: what is installed are files that were brought to the host, or what its own sources have. Two families are
//! spoken to: Debian's with dpkg and apt, that of RHEL with rpm and dnf. A host's `/etc/os-release` says of which it is; where that names
//! neither, dpkg is used if it is there. Any other is told, not guessed at.

use std::collections::BTreeMap;

use crate::command::Command;
use crate::error::HostError;
use crate::shell::Shell;

/// A script for both families: which one it is, then what either does.
macro_rules! either {
    ($name:literal) => {
        concat!(
            include_str!("packages/family.sh"),
            "if of_rpm; then\n",
            include_str!(concat!("packages/dnf/", $name)),
            "\nelse\n",
            include_str!(concat!("packages/apt/", $name)),
            "\nfi\n"
        )
    };
}

/// Tells by `of_rpm` whether a host is of the RHEL family; for scripts that ask more about packages.
pub const FAMILY: &str = include_str!("packages/family.sh");
/// Functions of the shell that remove packages of either family; for a script that takes away more than packages.
pub const REMOVE: &str = concat!(
    include_str!("packages/family.sh"),
    include_str!("packages/remove.sh")
);
/// Says which of the packages are installed, in which version.
const LOOK: &str = either!("look.sh");
/// Installs those of the files whose package is not there in that version; says which.
const INSTALL: &str = either!("install.sh");
/// Installs those that are not there from the host's own sources; says which.
const BRING: &str = either!("bring.sh");
/// What a script ends with where there is no dpkg.
const NO_DPKG: u32 = 45;
/// What a script ends with on a host of the RHEL family without rpm and dnf.
const NO_DNF: u32 = 46;
/// What a script ends with when no source has a package.
const NO_SOURCE: u32 = 47;
/// Packages run scripts of their own.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(600);

/// The installed version of each package; none when it is not installed, or only half.
///
/// # Errors
/// The host is of neither family, or could not be asked.
pub async fn installed(
    shell: &dyn Shell,
    names: &[&str],
) -> Result<BTreeMap<String, Option<String>>, HostError> {
    let what = "look at packages";
    let command = Command::script(what, LOOK, names.iter().copied());
    let text = run(shell, what, &command).await?;
    let mut found: BTreeMap<String, Option<String>> = names
        .iter()
        .map(|name| ((*name).to_owned(), None))
        .collect();
    for line in text.lines() {
        let Some((name, version)) = line.split_once('\t') else {
            return Err(unexpected(shell, what, line));
        };
        found.insert(name.to_owned(), Some(version.to_owned()));
    }
    Ok(found)
}

/// Installs package files that lie on the host, all in one go, so that they may need each other. One that is installed in the version of
/// its file is not touched. Gives the names of those that were installed.
///
/// # Errors
/// A file is no package, something that it needs is lacking, the disk is full, or sudo refuses.
pub async fn install(shell: &dyn Shell, files: &[&str]) -> Result<Vec<String>, HostError> {
    let what = "install packages";
    let command = Command::script(what, INSTALL, files.iter().copied());
    let text = run(shell, what, &command.as_root().within(PATIENCE)).await?;
    Ok(text.lines().map(str::to_owned).collect())
}

/// Installs packages by name from the sources that the host has: a mirror, a folder, the distribution's. Those that are installed, in
/// whatever version, are not touched. Gives the names of those that were installed.
///
/// # Errors
/// No source has one of them, the disk is full, or sudo refuses.
pub async fn bring(shell: &dyn Shell, names: &[&str]) -> Result<Vec<String>, HostError> {
    let what = format!("install {}", names.join(", "));
    let command = Command::script(&what, BRING, names.iter().copied());
    let text = run(shell, &what, &command.as_root().within(PATIENCE)).await?;
    Ok(text.lines().map(str::to_owned).collect())
}

async fn run(shell: &dyn Shell, what: &str, command: &Command) -> Result<String, HostError> {
    let output = shell.run(command).await?;
    let problem = match output.code() {
        Some(NO_DPKG) => {
            "it has no dpkg, and is not of the RHEL family: other kinds of packages are not known"
        }
        Some(NO_DNF) => {
            "it is of the RHEL family, and has no dnf and rpm: releases before 8 are not known"
        }
        Some(NO_SOURCE) => {
            return Err(HostError::NoSource {
                host: shell.host().to_owned(),
                what: what.to_owned(),
                said: output.said(),
                hints: Vec::new(),
            });
        }
        _ => return Ok(output.succeeded(shell.host(), what)?.text()),
    };
    Err(unexpected(shell, what, problem))
}

fn unexpected(shell: &dyn Shell, what: &str, problem: &str) -> HostError {
    HostError::Unexpected {
        host: shell.host().to_owned(),
        what: what.to_owned(),
        problem: problem.to_owned(),
    }
}
