//! The folder that Helm takes for its home.
//!
//! It goes with the process that made it. One that was killed leaves its folder behind; the next to make one takes it away.
//! Whose owner lives is told by a file in it that the owner holds locked: the system gives the lock back however a process
//! ends, and no number of a process is mistaken for that of another.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use tempfile::TempDir;

const PREFIX: &str = "mosipctl-helm-";
/// The file that the owner holds locked.
const HELD: &str = "held";

/// A home of Helm's.
#[derive(Debug)]
pub(super) struct Home {
    // dropped first: a folder that is going is still held
    folder: TempDir,
    _held: File,
}

impl Home {
    /// Makes one among the system's temporary folders.
    pub(super) fn new() -> io::Result<Self> {
        Self::new_in(&std::env::temp_dir())
    }

    fn new_in(base: &Path) -> io::Result<Self> {
        let folder = TempDir::with_prefix_in(PREFIX, base)?;
        let held = File::create(folder.path().join(HELD))?;
        held.lock()?;
        // what cannot be taken away does no harm to who comes after
        let _ = take_away_left(base, folder.path());
        Ok(Self {
            folder,
            _held: held,
        })
    }

    pub(super) fn path(&self) -> &Path {
        self.folder.path()
    }
}

/// Takes away the homes of processes of this user that are gone.
fn take_away_left(base: &Path, own: &Path) -> io::Result<()> {
    let user = fs::metadata(own)?.uid();
    for entry in fs::read_dir(base)?.flatten() {
        let path = entry.path();
        let is_home = entry.file_name().to_string_lossy().starts_with(PREFIX);
        if is_home && path != own && is_left(&path, user) {
            let _ = fs::remove_dir_all(&path);
        }
    }
    Ok(())
}

/// Whether a folder of this user has an owner no more. One without the file is being made, or is nobody's of ours.
fn is_left(folder: &Path, user: u32) -> bool {
    let is_own = fs::symlink_metadata(folder)
        .is_ok_and(|metadata| metadata.is_dir() && metadata.uid() == user);
    is_own && File::open(folder.join(HELD)).is_ok_and(|held| held.try_lock().is_ok())
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    /// What a process leaves that is killed: its folder, and no lock.
    fn left_in(base: &Path) -> PathBuf {
        let Home { folder, _held } = Home::new_in(base).unwrap();
        folder.keep()
    }

    fn count(base: &Path) -> usize {
        fs::read_dir(base).unwrap().count()
    }

    #[test]
    fn a_home_goes_with_its_owner() {
        let base = tempfile::tempdir().unwrap();
        let home = Home::new_in(base.path()).unwrap();
        assert!(home.path().starts_with(base.path()));
        drop(home);
        assert_eq!(count(base.path()), 0);
    }

    #[test]
    fn homes_of_killed_processes_go_and_those_of_living_ones_stay() {
        let base = tempfile::tempdir().unwrap();
        let alive = Home::new_in(base.path()).unwrap();
        let left = left_in(base.path());
        fs::create_dir_all(left.join("cache/deep")).unwrap();
        let next = Home::new_in(base.path()).unwrap();
        assert!(!left.exists());
        assert!(alive.path().exists() && next.path().exists());
    }

    #[test]
    fn what_is_being_made_and_what_only_looks_like_a_home_stays() {
        let base = tempfile::tempdir().unwrap();
        let young = base.path().join("mosipctl-helm-young");
        fs::create_dir(&young).unwrap();
        let elsewhere = tempfile::tempdir().unwrap();
        let target = left_in(elsewhere.path());
        let link = base.path().join("mosipctl-helm-link");
        std::os::unix::fs::symlink(&target, &link).unwrap();
        drop(Home::new_in(base.path()).unwrap());
        assert!(young.exists() && target.exists() && link.exists());
    }
}
