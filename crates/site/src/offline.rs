//! The files folder: what a cluster needs and what is no Debian package, as people carry it to hosts without internet.
//!
//! `programs/` for nodes, `images/` as archives that `ctr -n k8s.io images import` takes, `SHA256SUMS` over everything. The
//! programs are the pinned builds of [`mosipctl_artefact`]; the images are made of them here, because no registry can be asked.

mod image;
mod images;
mod postgres;
mod programs;

use std::fmt::Write as _;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use mosipctl_artefact::{Program, Sha256};

pub use image::Image;

use crate::base::Base;
use crate::error::{AtPath, SiteError};
use crate::responder::build_responder;
use programs::Programs;

/// What a node runs without a container.
const ON_NODES: [Program; 5] = [
    Program::Kubelet,
    Program::Kubeadm,
    Program::Kubectl,
    Program::Etcdctl,
    Program::Etcdutl,
];
/// How the folder's list of digests is called.
const SUMS: &str = "SHA256SUMS";
/// How long a folder stays that nobody asks for.
const KEPT: Duration = Duration::from_secs(6 * 60 * 60);
/// Where the folder is made.
const SCRATCH: &str = "files-scratch";
/// What makes the folder; it is made anew when this changes.
const MAKERS: [&str; 6] = [
    include_str!("offline/image.rs"),
    include_str!("offline/images.rs"),
    include_str!("offline/pause.rs"),
    include_str!("offline/postgres.rs"),
    include_str!("offline/postgres.sh"),
    include_str!("offline.rs"),
];

/// The files folder.
#[derive(Debug, Clone)]
pub struct Offline {
    folder: PathBuf,
}

impl Offline {
    /// The folder in a cache folder (see [`SiteSettings::cache`](crate::SiteSettings)). It is made when it is not there, which
    /// takes seconds, or minutes when the programs must be built first; it appears in one move.
    ///
    /// # Errors
    /// The base cannot be made, there is no Go or Rust to build with, or the cache cannot be written.
    pub fn find_or_make(cache: &Path, tell: &dyn Fn(&str)) -> Result<Self, SiteError> {
        let base = Base::find_or_make(cache, tell)?;
        tell("responder: being built");
        let responder = build_responder()?;
        let home = cache.join(format!("files-{}", recipe(&base, &responder)?));
        // another process may be making it, or taking it away
        let lock = cache.join("files.lock");
        let lock_file = File::create(&lock).at(&lock)?;
        lock_file.lock().at(&lock)?;
        if !home.is_dir() {
            let scratch = cache.join(SCRATCH);
            make(&base, &responder, &scratch, tell)?;
            forget_others(cache)?;
            fs::rename(&scratch, &home).at(&home)?;
        }
        let sums = home.join(SUMS);
        let asked = File::options().append(true).open(&sums).at(&sums)?;
        asked.set_modified(SystemTime::now()).at(&sums)?;
        Ok(Self { folder: home })
    }

    /// Where it lies.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// One of its programs.
    pub fn program(&self, program: Program) -> PathBuf {
        self.folder.join("programs").join(program.name())
    }

    /// The archives of its images, by name.
    ///
    /// # Errors
    /// Somebody took the folder away.
    pub fn images(&self) -> Result<Vec<PathBuf>, SiteError> {
        files_in(&self.folder.join("images"))
    }

    /// The archive of an image: `kube-proxy`, `pause`, …
    pub fn image(&self, name: &str) -> PathBuf {
        self.folder.join("images").join(format!("{name}.tar"))
    }
}

/// Changes with everything that decides what is made.
fn recipe(base: &Base, responder: &Path) -> Result<String, SiteError> {
    let responder = Sha256::of_file(responder).at(responder)?;
    let programs = Program::ALL.map(|program| format!("{:?}", program.artefact()));
    let text = [
        &programs.concat(),
        &MAKERS.concat(),
        &*base.folder.to_string_lossy(),
        &responder.to_string(),
        &postgres::digest()?,
    ]
    .concat();
    let digest = Sha256::of(text.as_bytes()).to_string();
    Ok(digest.chars().take(12).collect())
}

fn make(
    base: &Base,
    responder: &Path,
    scratch: &Path,
    tell: &dyn Fn(&str),
) -> Result<(), SiteError> {
    if scratch.exists() {
        fs::remove_dir_all(scratch).at(scratch)?;
    }
    let (to_programs, to_images) = (scratch.join("programs"), scratch.join("images"));
    for folder in [&to_programs, &to_images] {
        fs::create_dir_all(folder).at(folder)?;
    }
    let programs = Programs::get(tell)?;
    for program in ON_NODES {
        let target = to_programs.join(program.name());
        fs::copy(programs.path(program)?, &target).at(&target)?;
    }
    // what images are made of and is no program of ours
    let parts = scratch.join("parts");
    let mut images = images::all(&programs, base, &parts)?;
    images.push(images::responder(responder));
    for image in images {
        tell(&format!("image {}", image.name()));
        image.save(&to_images)?;
    }
    fs::remove_dir_all(&parts).at(&parts)?;
    let sums = scratch.join(SUMS);
    fs::write(&sums, list(scratch, &[to_images, to_programs])?).at(&sums)
}

/// As `sha256sum` writes it, to be checked with `sha256sum --check` in the folder.
fn list(root: &Path, folders: &[PathBuf]) -> Result<String, SiteError> {
    let mut list = String::new();
    for folder in folders {
        for file in files_in(folder)? {
            let digest = Sha256::of_file(&file).at(&file)?;
            let name = file.strip_prefix(root).unwrap_or(&file);
            let _ = writeln!(list, "{digest}  {}", name.display());
        }
    }
    Ok(list)
}

fn files_in(folder: &Path) -> Result<Vec<PathBuf>, SiteError> {
    let entries = fs::read_dir(folder).at(folder)?.flatten();
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    files.sort();
    Ok(files)
}

/// Takes folders away that were made otherwise and that nobody asked for lately: other states of this repository may use them.
fn forget_others(cache: &Path) -> Result<(), SiteError> {
    for folder in files_in(cache)? {
        let asked = fs::metadata(folder.join(SUMS)).and_then(|sums| sums.modified());
        let age = asked.map(|asked| asked.elapsed().unwrap_or_default());
        if age.is_ok_and(|age| age > KEPT) {
            fs::remove_dir_all(&folder).at(&folder)?;
        }
    }
    Ok(())
}
