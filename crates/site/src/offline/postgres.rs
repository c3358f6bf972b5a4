//! An image of PostgreSQL, of what this machine has of it.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use mosipctl_artefact::Sha256;

use super::image::Image;
use super::images::libraries;
use crate::error::{AtPath, SiteError};
use crate::run::{output, run};

/// It bears the name that the catalogue asks for, and is Debian's.
const NAME: &str = "postgres:15.18-bookworm";
const PROGRAMS: &str = "/usr/lib/postgresql/15/bin";
const LIBRARIES: &str = "/usr/lib/postgresql/15/lib";
const SHARED: &str = "/usr/share/postgresql/15";
/// Those that a server takes, and people.
const NEEDED: [&str; 5] = ["postgres", "initdb", "psql", "pg_isready", "pg_dump"];
/// Where the package `locales` puts what a locale is made from.
const SOURCES: &str = "/usr/share/i18n";
const ENTRY: &str = include_str!("postgres.sh");
/// Who pods of it run as.
const USERS: &str =
    "root:x:0:0:root:/:/bin/sh\npostgres:x:999:999:postgres:/var/lib/postgresql:/bin/sh\n";

/// What it is made of, where this machine has that.
pub(super) fn is_here() -> bool {
    Path::new(PROGRAMS).join("postgres").exists() && Path::new(SOURCES).is_dir()
}

/// Changes with what this machine has of it.
pub(super) fn digest() -> Result<String, SiteError> {
    let server = Path::new(PROGRAMS).join("postgres");
    match is_here() {
        true => Ok(Sha256::of_file(&server).at(&server)?.to_string()),
        false => Ok(String::new()),
    }
}

/// The image. `shell` is a busybox.
pub(super) fn image(shell: &Path, parts: &Path) -> Result<Image, SiteError> {
    let parts = parts.join("postgres");
    fs::create_dir_all(&parts).at(&parts)?;
    let (entry, users) = (parts.join("entry"), parts.join("passwd"));
    fs::write(&entry, ENTRY).at(&entry)?;
    fs::write(&users, USERS).at(&users)?;
    let mut image = Image::of_program(NAME, "/usr/local/bin/start-postgres", &entry)
        .with("etc/passwd", &users)
        .with("bin/busybox", shell);
    for command in ["sh", "rm", "mv", "cat", "ls"] {
        image = image.linking(&format!("bin/{command}"), "busybox");
    }
    let mut binaries: Vec<PathBuf> = Vec::new();
    for program in NEEDED {
        let path = Path::new(PROGRAMS).join(program);
        image = image.linking(&format!("usr/local/bin/{program}"), &path.to_string_lossy());
        binaries.push(path);
    }
    // the compiler of queries is as large as everything else, and left out
    let of_server = files_below(Path::new(LIBRARIES))?.into_iter();
    let is_needed = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.ends_with(".so") && !name.starts_with("llvmjit")
    };
    binaries.extend(of_server.filter(is_needed));
    let mut files: BTreeSet<PathBuf> = needed_by(&binaries)?;
    files.extend(binaries);
    files.extend(files_below(Path::new(SHARED))?);
    files.extend(files_below(Path::new("/usr/share/zoneinfo/Etc"))?);
    let image = files.into_iter().fold(image, |image, path| {
        image.with(&path.to_string_lossy(), &path)
    });
    with_locale(image, &parts)
}

/// The libraries of programs and of libraries.
fn needed_by(binaries: &[PathBuf]) -> Result<BTreeSet<PathBuf>, SiteError> {
    let list = output(
        "ask for the libraries of PostgreSQL",
        Command::new("ldd").args(binaries),
    )?;
    Ok(libraries(&list)
        .filter(|path| !path.ends_with(':'))
        .map(PathBuf::from)
        .collect())
}

/// MOSIP's databases are of this one.
fn with_locale(image: Image, parts: &Path) -> Result<Image, SiteError> {
    let locale = parts.join("en_US.utf8");
    let mut make = Command::new("localedef");
    make.args(["-i", "en_US", "-f", "UTF-8", "--no-archive"]);
    run("make the locale en_US.UTF-8", make.arg(&locale))?;
    let files = files_below(&locale)?.into_iter();
    Ok(files.fold(image, |image, path| {
        let name = path.strip_prefix(&locale).unwrap_or(&path);
        image.with(
            &format!("usr/lib/locale/en_US.utf8/{}", name.display()),
            &path,
        )
    }))
}

/// All files of a folder and of those in it. Links count as what they lead to.
fn files_below(folder: &Path) -> Result<Vec<PathBuf>, SiteError> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).at(folder)?.flatten() {
        let path = entry.path();
        match fs::metadata(&path) {
            Ok(about) if about.is_dir() => files.extend(files_below(&path)?),
            Ok(_) => files.push(path),
            // a link that leads nowhere, as packages have some
            Err(_) => {}
        }
    }
    Ok(files)
}
