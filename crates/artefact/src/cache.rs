//! The cache: one folder per artefact, put there in one move, with the SHA-256 beside the file.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use crate::artefact::Kind;
use crate::digest::Sha256;
use crate::error::{ArtefactError, AtPath};

/// The place of one file in the cache.
#[derive(Debug, Clone)]
pub(crate) struct Slot {
    root: PathBuf,
    kind: Kind,
    folder: String,
    file: String,
}

/// While it lives, nobody else installs into the slot. The system takes the lock back when the process ends.
pub(crate) struct SlotLock {
    _file: File,
}

/// A folder on the cache's own disk that goes away with this value.
pub(crate) struct Scratch(PathBuf);

impl Slot {
    /// The slot of file `name`; `recipe` tells apart what the same version was made from.
    pub(crate) fn new(root: &Path, kind: Kind, name: &str, version: &str, recipe: &Sha256) -> Self {
        Self {
            root: root.to_owned(),
            kind,
            folder: format!("{name}-{version}-{}", recipe.short()),
            file: name.to_owned(),
        }
    }

    /// The file, if it is there and hashes to what was recorded when it was installed. Blocks while it reads.
    pub(crate) fn verified(&self) -> Result<Option<PathBuf>, ArtefactError> {
        let path = self.path();
        let Ok(recorded) = fs::read_to_string(self.record()) else {
            return Ok(None);
        };
        if !path.is_file() {
            return Ok(None);
        }
        let found = Sha256::of_file(&path).at(&path)?;
        Ok((recorded.trim().parse() == Ok(found)).then_some(path))
    }

    /// Takes the lock if nobody holds it.
    pub(crate) fn try_lock(&self) -> Result<Option<SlotLock>, ArtefactError> {
        let (path, file) = self.lock_file()?;
        match file.try_lock() {
            Ok(()) => Ok(Some(SlotLock { _file: file })),
            Err(fs::TryLockError::WouldBlock) => Ok(None),
            Err(fs::TryLockError::Error(error)) => Err(error).at(&path),
        }
    }

    /// Takes the lock, however long somebody else holds it. Blocks.
    pub(crate) fn lock(&self) -> Result<SlotLock, ArtefactError> {
        let (path, file) = self.lock_file()?;
        file.lock().at(&path)?;
        Ok(SlotLock { _file: file })
    }

    /// An empty folder to make the artefact in. Whoever calls holds the lock, so what is there already was left by a
    /// process that was killed.
    pub(crate) fn scratch(&self, _: &SlotLock) -> Result<Scratch, ArtefactError> {
        let path = self.root.join("scratch").join(&self.folder);
        remove(&path)?;
        fs::create_dir_all(&path).at(&path)?;
        Ok(Scratch(path))
    }

    /// Moves a file of the scratch folder into the slot, with its digest beside it.
    pub(crate) fn install(
        &self,
        scratch: &Scratch,
        made: &Path,
        lock: &SlotLock,
    ) -> Result<PathBuf, ArtefactError> {
        let _ = lock;
        let ready = scratch.path().join("ready");
        fs::create_dir_all(&ready).at(&ready)?;
        let file = ready.join(&self.file);
        fs::rename(made, &file).at(made)?;
        let digest = Sha256::of_file(&file).at(&file)?;
        let record = ready.join(format!("{}.sha256", self.file));
        fs::write(&record, format!("{digest}\n")).at(&record)?;
        let target = self.target();
        remove(&target)?;
        if let Some(parent) = target.parent() {
            fs::create_dir_all(parent).at(parent)?;
        }
        fs::rename(&ready, &target).at(&target)?;
        Ok(self.path())
    }

    fn target(&self) -> PathBuf {
        self.root.join(self.kind.folder()).join(&self.folder)
    }

    fn path(&self) -> PathBuf {
        self.target().join(&self.file)
    }

    fn record(&self) -> PathBuf {
        self.target().join(format!("{}.sha256", self.file))
    }

    fn lock_file(&self) -> Result<(PathBuf, File), ArtefactError> {
        let folder = self.root.join("locks");
        fs::create_dir_all(&folder).at(&folder)?;
        let path = folder.join(&self.folder);
        let file = File::create(&path).at(&path)?;
        Ok((path, file))
    }
}

impl Scratch {
    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn remove(folder: &Path) -> Result<(), ArtefactError> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error).at(folder),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slot(root: &Path) -> Slot {
        Slot::new(root, Kind::Program, "tool", "1.0.0", &Sha256::of(b"recipe"))
    }

    fn install(slot: &Slot, content: &str) -> PathBuf {
        let lock = slot.lock().unwrap();
        let scratch = slot.scratch(&lock).unwrap();
        let made = scratch.path().join("made");
        fs::write(&made, content).unwrap();
        slot.install(&scratch, &made, &lock).unwrap()
    }

    #[test]
    fn what_was_installed_is_found_again() {
        let root = tempfile::tempdir().unwrap();
        let slot = slot(root.path());
        assert_eq!(slot.verified().unwrap(), None);
        let path = install(&slot, "one");
        assert_eq!(slot.verified().unwrap(), Some(path.clone()));
        install(&slot, "two");
        assert_eq!(fs::read_to_string(path).unwrap(), "two");
        assert_eq!(
            fs::read_dir(root.path().join("scratch")).unwrap().count(),
            0
        );
    }

    #[test]
    fn a_file_that_was_changed_is_not_used() {
        let root = tempfile::tempdir().unwrap();
        let slot = slot(root.path());
        let path = install(&slot, "one");
        fs::write(path, "changed").unwrap();
        assert_eq!(slot.verified().unwrap(), None);
    }

    #[test]
    fn only_one_installs_at_a_time() {
        let root = tempfile::tempdir().unwrap();
        let slot = slot(root.path());
        let lock = slot.try_lock().unwrap();
        assert!(lock.is_some());
        assert!(slot.try_lock().unwrap().is_none());
        drop(lock);
        assert!(slot.try_lock().unwrap().is_some());
    }

    #[test]
    fn what_a_killed_process_left_is_cleared() {
        let root = tempfile::tempdir().unwrap();
        let slot = slot(root.path());
        let lock = slot.lock().unwrap();
        let left = slot.scratch(&lock).unwrap();
        fs::write(left.path().join("half"), "x").unwrap();
        std::mem::forget(left);
        let scratch = slot.scratch(&lock).unwrap();
        assert_eq!(fs::read_dir(scratch.path()).unwrap().count(), 0);
    }
}
