//! Control groups: every host has one in each hierarchy, so that its processes are known and can be ended together.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::error::{AtPath, SiteError};
use crate::machine::control_group_mounts;

/// Between two looks at processes that were told to end. The system tells nobody when the last one is gone.
const LOOK: Duration = Duration::from_millis(10);
/// After so many looks, five seconds, something holds them that a signal does not end.
const LOOKS: usize = 500;

/// The control groups of one host.
#[derive(Debug, Clone)]
pub(crate) struct Groups {
    folders: Vec<PathBuf>,
}

impl Groups {
    pub(crate) fn of(site: &str, host: &str) -> Self {
        let name = format!("mosipctl-site.{site}.{host}");
        let folders = control_group_mounts()
            .into_iter()
            .map(|mount| mount.join(&name));
        Self {
            folders: folders.collect(),
        }
    }

    /// Makes them.
    pub(crate) fn make(&self) -> Result<(), SiteError> {
        for folder in &self.folders {
            fs::create_dir_all(folder).at(folder)?;
            // A group of the first version's `cpuset` takes no process before it has cores and memory.
            for file in ["cpuset.cpus", "cpuset.mems"] {
                let own = folder.join(file);
                let above = folder.parent().map(|parent| parent.join(file));
                if let Some(above) = above.filter(|above| above.exists() && own.exists()) {
                    let value = fs::read_to_string(&above).at(&above)?;
                    fs::write(&own, value).at(&own)?;
                }
            }
        }
        Ok(())
    }

    /// The folders, for who enters them.
    pub(crate) fn folders(&self) -> &[PathBuf] {
        &self.folders
    }

    /// Every process in them.
    pub(crate) fn processes(&self) -> Vec<i32> {
        let mut all: Vec<i32> = self
            .folders
            .iter()
            .flat_map(|folder| processes_below(folder))
            .collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    /// Memory that is used in them, in bytes, where the system counts it.
    pub(crate) fn memory(&self) -> Option<u64> {
        let files = self.folders.iter().flat_map(|folder| {
            ["memory.usage_in_bytes", "memory.current"].map(|name| folder.join(name))
        });
        let mut values =
            files.filter_map(|file| fs::read_to_string(file).ok()?.trim().parse().ok());
        values.next()
    }

    /// Ends every process in them, at once and for good.
    pub(crate) fn kill(&self) {
        kill_all(|| self.processes());
    }

    /// Takes them away. Those that are not there are no error.
    pub(crate) fn remove(&self) -> Result<(), SiteError> {
        self.kill();
        for folder in &self.folders {
            remove_below(folder).at(folder)?;
        }
        Ok(())
    }
}

/// Ends processes until there is none left, or none that can be ended.
pub(crate) fn kill_all(list: impl Fn() -> Vec<i32>) {
    for _ in 0..LOOKS {
        let processes = list();
        if processes.is_empty() {
            return;
        }
        for process in processes {
            let _ = kill(Pid::from_raw(process), Signal::SIGKILL);
        }
        pause();
    }
}

fn pause() {
    #[expect(
        clippy::disallowed_methods,
        reason = "the system tells nobody when a group of processes is empty"
    )]
    std::thread::sleep(LOOK);
}

fn processes_below(folder: &Path) -> Vec<i32> {
    let text = fs::read_to_string(folder.join("cgroup.procs")).unwrap_or_default();
    let own = text.lines().filter_map(|line| line.parse().ok());
    own.chain(
        folders_in(folder)
            .iter()
            .flat_map(|below| processes_below(below)),
    )
    .collect()
}

fn remove_below(folder: &Path) -> std::io::Result<()> {
    for below in folders_in(folder) {
        remove_below(&below)?;
    }
    match fs::remove_dir(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn folders_in(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let folders = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
    folders.map(|entry| entry.path()).collect()
}
