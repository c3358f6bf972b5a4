//! Programs that are installed already: those in `PATH` that say exactly the pinned version.

use std::ffi::OsStr;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use tokio::process::Command;

use crate::program::Program;

/// The first file of that name on the search path, and whether it says the pinned version.
pub(crate) enum Installed {
    /// It is the pinned version.
    Fits(PathBuf),
    /// It says something else.
    OtherVersion(PathBuf),
    /// There is none.
    Absent,
}

/// Looks for a program on the search path.
pub(crate) async fn installed(program: Program, search_path: Option<&OsStr>) -> Installed {
    let Some(path) = find(program.name(), search_path) else {
        return Installed::Absent;
    };
    match says(program, &path).await {
        true => Installed::Fits(path),
        false => Installed::OtherVersion(path),
    }
}

/// The first executable file of that name on the search path.
pub(crate) fn find(name: &str, search_path: Option<&OsStr>) -> Option<PathBuf> {
    std::env::split_paths(search_path?)
        .filter(|folder| folder.is_absolute())
        .map(|folder| folder.join(name))
        .find(|path| is_executable(path))
}

fn is_executable(path: &Path) -> bool {
    path.metadata()
        .is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o111 != 0)
}

/// Whether the file is the program at its pinned version, as it says itself.
pub(crate) async fn says(program: Program, path: &Path) -> bool {
    let output = Command::new(path)
        .args(program.version_arguments())
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await;
    output.is_ok_and(|output| {
        output.status.success()
            && names(&String::from_utf8_lossy(&output.stdout), program.version())
    })
}

/// Whether a text names exactly this version, with or without `v`, as a word.
fn names(text: &str, version: &str) -> bool {
    text.split(|c: char| c.is_whitespace() || "\"',()".contains(c))
        .map(|word| word.strip_prefix('v').unwrap_or(word))
        .any(|word| word == version || word.split_once("+g").is_some_and(|(w, _)| w == version))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_exact_version_fits() {
        for (text, version) in [
            ("etcd Version: 3.6.14\nGit SHA: Not provided", "3.6.14"),
            ("Kubernetes v1.36.1\n", "1.36.1"),
            ("kwok version v0.8.0 go1.26.8 (linux/amd64)", "0.8.0"),
            ("v4.2.4+g2d2f3ab\n", "4.2.4"),
        ] {
            assert!(names(text, version), "{text}");
        }
        for (text, version) in [
            ("Kubernetes v1.36.10", "1.36.1"),
            ("Kubernetes v1.36.1-rc.0", "1.36.1"),
            ("v4.2\n", "4.2.4"),
            ("", "4.2.4"),
        ] {
            assert!(!names(text, version), "{text}");
        }
    }

    #[tokio::test]
    async fn a_program_of_another_version_is_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("helm");
        let search = Some(folder.path().as_os_str());
        assert!(matches!(
            installed(Program::Helm, search).await,
            Installed::Absent
        ));
        for (version, fits) in [("v4.2.4+gabc", true), ("v3.19.0+gabc", false)] {
            std::fs::write(&path, format!("#!/bin/sh\necho {version}\n")).unwrap();
            std::fs::set_permissions(&path, PermissionsExt::from_mode(0o755)).unwrap();
            let found = installed(Program::Helm, search).await;
            assert_eq!(matches!(found, Installed::Fits(_)), fits, "{version}");
        }
    }
}
