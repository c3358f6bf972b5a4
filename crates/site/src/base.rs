//! The tree that all hosts share, and the packages they may install: made once, kept in the cache.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use sha2::{Digest, Sha256};

use crate::error::{AtPath, SiteError};
use crate::machine::Archive;
use crate::packages;
use crate::private::write;
use crate::record::Record;
use crate::run::{run, run_telling};
use crate::tree::{GUEST, USER};

/// What a host has from the beginning: what a server with SSH has, and no more.
const INCLUDED: &str = "systemd-sysv,dbus,libpam-systemd,openssh-server,sudo,iproute2,procps,kmod,iputils-ping,ca-certificates,nftables";

const FURNISH: &str = include_str!("scripts/furnish.sh");
const UNIT: &str = include_str!("scripts/site-host.service");
const UNIT_SCRIPT: &str = include_str!("scripts/site-host.sh");

/// The base of all hosts.
#[derive(Debug, Clone)]
pub struct Base {
    pub(crate) folder: PathBuf,
}

impl Base {
    pub(crate) fn in_folder(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// The tree of files.
    pub fn tree(&self) -> PathBuf {
        self.folder.join("tree")
    }

    /// Packages that hosts may install, with their list; hosts have no other source.
    pub fn packages(&self) -> PathBuf {
        self.folder.join("packages")
    }

    /// The base in a cache folder. It is made when it is not there, which takes a minute; the folder appears in one move.
    ///
    /// # Errors
    /// Debian's archive cannot be reached, or the cache not be written.
    pub fn find_or_make(cache: &Path, tell: &dyn Fn(&str)) -> Result<Self, SiteError> {
        let archive = Archive::of_this_machine()?;
        let home = cache.join(format!("{}-{}", archive.release, recipe(&archive.release)));
        fs::create_dir_all(cache).at(cache)?;
        let base = Self::in_folder(home.clone());
        if home.is_dir() {
            return Ok(base);
        }
        // another process may be making it
        let lock = cache.join("lock");
        let lock_file = File::create(&lock).at(&lock)?;
        lock_file.lock().at(&lock)?;
        if !home.is_dir() {
            let scratch = cache.join("scratch");
            make(&archive, &scratch, tell)?;
            fs::rename(&scratch, &home).at(&home)?;
            forget_others(cache, &home)?;
        }
        Ok(base)
    }
}

/// Takes bases away that were made otherwise and that no site uses.
fn forget_others(cache: &Path, present: &Path) -> Result<(), SiteError> {
    let used: Vec<PathBuf> = Record::all()
        .into_iter()
        .map(|record| record.base)
        .collect();
    for folder in fs::read_dir(cache)
        .at(cache)?
        .flatten()
        .map(|entry| entry.path())
    {
        let is_base = folder.join("tree").is_dir() && folder.join("packages").is_dir();
        if is_base && folder != present && !used.contains(&folder) {
            fs::remove_dir_all(&folder).at(&folder)?;
        }
    }
    Ok(())
}

/// Changes with everything that decides what is made, but for the day.
fn recipe(release: &str) -> String {
    let parts = [
        release,
        INCLUDED,
        FURNISH,
        UNIT,
        UNIT_SCRIPT,
        USER,
        GUEST,
        &packages::NAMES.join(" "),
    ];
    let digest = Sha256::digest(parts.join("\0"));
    digest
        .iter()
        .take(6)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

fn make(archive: &Archive, scratch: &Path, tell: &dyn Fn(&str)) -> Result<(), SiteError> {
    if scratch.exists() {
        fs::remove_dir_all(scratch).at(scratch)?;
    }
    let tree = scratch.join("tree");
    fs::create_dir_all(&tree).at(&tree)?;
    run_telling("debootstrap", &mut debootstrap(archive, &tree), tell)?;
    packages::bring(archive, &tree, &scratch.join("packages"), tell)?;
    tell("furnishing the base tree");
    furnish(&tree)
}

/// Runs where its mounts are gone with it, whatever happens.
fn debootstrap(archive: &Archive, tree: &Path) -> Command {
    let mut command = Command::new("unshare");
    command.args(["--mount", "--propagation", "slave", "debootstrap"]);
    command.args(["--variant=minbase", "--include", INCLUDED]);
    command
        .arg(&archive.release)
        .arg(tree)
        .arg(&archive.address);
    command
}

fn furnish(tree: &Path) -> Result<(), SiteError> {
    write(&tree.join("usr/local/lib/site-host"), 0o755, UNIT_SCRIPT)?;
    write(
        &tree.join("etc/systemd/system/site-host.service"),
        0o644,
        UNIT,
    )?;
    let script = tree.join("tmp/furnish");
    write(&script, 0o755, FURNISH)?;
    let mut command = Command::new("chroot");
    command.arg(tree).args(["/tmp/furnish", USER, GUEST]);
    run("furnish the base tree", &mut command)?;
    fs::remove_file(&script).at(&script)
}
