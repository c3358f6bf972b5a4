//! Folders that are compiled into the program, laid out on disk for programs that read files.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use include_dir::Dir;

use crate::digest::{Hasher, Sha256};
use crate::error::{ArtefactError, AtPath};

/// Tells apart the scratch folders of one process.
static SCRATCH: AtomicU32 = AtomicU32::new(0);

/// Lays `dir` out under `root` in a folder named by its content; what is there with that content already is used.
pub(crate) fn lay_out(
    root: &Path,
    name: &str,
    dir: &Dir<'static>,
) -> Result<PathBuf, ArtefactError> {
    let embedded = digest_of_embedded(dir);
    let folder = root.join("folders");
    let target = folder.join(format!("{name}-{}", embedded.short()));
    if target.is_dir() {
        if digest_of_disk(&target)? == embedded {
            return Ok(target);
        }
        // Somebody changed it. It goes aside in one move, for a colleague may be reading it.
        let aside = scratch(root, name);
        fs::create_dir_all(root.join("scratch")).at(root)?;
        fs::rename(&target, &aside).at(&target)?;
        fs::remove_dir_all(&aside).at(&aside)?;
    }
    let made = scratch(root, name);
    fs::create_dir_all(&made).at(&made)?;
    write(dir, dir.path(), &made)?;
    fs::create_dir_all(&folder).at(&folder)?;
    match fs::rename(&made, &target) {
        Ok(()) => Ok(target),
        // A colleague was faster, with the same content.
        Err(_) if target.is_dir() => {
            fs::remove_dir_all(&made).at(&made)?;
            Ok(target)
        }
        Err(error) => Err(error).at(&target),
    }
}

fn scratch(root: &Path, name: &str) -> PathBuf {
    let number = SCRATCH.fetch_add(1, Ordering::Relaxed);
    root.join("scratch")
        .join(format!("{name}-{}-{number}", std::process::id()))
}

fn write(dir: &Dir<'static>, base: &Path, target: &Path) -> Result<(), ArtefactError> {
    for file in dir.files() {
        let path = target.join(file.path().strip_prefix(base).unwrap_or(file.path()));
        fs::write(&path, file.contents()).at(&path)?;
    }
    for dir in dir.dirs() {
        let path = target.join(dir.path().strip_prefix(base).unwrap_or(dir.path()));
        fs::create_dir_all(&path).at(&path)?;
        write(dir, base, target)?;
    }
    Ok(())
}

/// The digest of names and contents, in the order of names.
fn digest_of(mut files: Vec<(PathBuf, Sha256)>) -> Sha256 {
    files.sort();
    let mut hasher = Hasher::default();
    for (path, digest) in files {
        hasher.update(format!("{digest} {}\n", path.display()).as_bytes());
    }
    hasher.finish()
}

/// The digest of an embedded folder: names within it and contents.
pub(crate) fn digest_of_embedded(dir: &Dir<'static>) -> Sha256 {
    let mut files = Vec::new();
    collect_embedded(dir, dir.path(), &mut files);
    digest_of(files)
}

fn collect_embedded(dir: &Dir<'static>, base: &Path, files: &mut Vec<(PathBuf, Sha256)>) {
    for file in dir.files() {
        let path = file.path().strip_prefix(base).unwrap_or(file.path());
        files.push((path.to_owned(), Sha256::of(file.contents())));
    }
    dir.dirs()
        .for_each(|dir| collect_embedded(dir, base, files));
}

fn digest_of_disk(root: &Path) -> Result<Sha256, ArtefactError> {
    let mut files = Vec::new();
    collect_disk(root, root, &mut files)?;
    Ok(digest_of(files))
}

fn collect_disk(
    folder: &Path,
    base: &Path,
    files: &mut Vec<(PathBuf, Sha256)>,
) -> Result<(), ArtefactError> {
    for entry in fs::read_dir(folder).at(folder)? {
        let path = entry.at(folder)?.path();
        if path.is_dir() {
            collect_disk(&path, base, files)?;
        } else {
            let digest = Sha256::of_file(&path).at(&path)?;
            files.push((path.strip_prefix(base).unwrap_or(&path).to_owned(), digest));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::go::PROGRAMS;

    #[test]
    fn a_folder_is_laid_out_once_and_mended_when_changed() {
        let root = tempfile::tempdir().unwrap();
        let first = lay_out(root.path(), "programs", &PROGRAMS).unwrap();
        assert!(first.join("helm/go.mod").is_file());
        assert_eq!(lay_out(root.path(), "programs", &PROGRAMS).unwrap(), first);
        fs::write(first.join("helm/go.mod"), "changed").unwrap();
        fs::write(first.join("helm/more"), "").unwrap();
        let mended = lay_out(root.path(), "programs", &PROGRAMS).unwrap();
        assert_eq!(mended, first);
        assert!(!first.join("helm/more").exists());
        assert_ne!(
            fs::read_to_string(first.join("helm/go.mod")).unwrap(),
            "changed"
        );
        assert_eq!(
            fs::read_dir(root.path().join("scratch")).unwrap().count(),
            0
        );
    }
}
