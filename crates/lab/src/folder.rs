//! The folder of one lab: what lies where.

use std::fs;
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy;
use mosipctl_artefact::Program;
use mosipctl_spec::Label;

/// Names the folder of all state; without it, `mosipctl` in the XDG state folder.
pub const STATE_VARIABLE: &str = "MOSIPCTL_STATE";

/// The folder of one lab. It exists only while the lab has state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabFolder {
    state: PathBuf,
    name: Label,
}

impl LabFolder {
    /// The lab `name` under a folder of all state.
    pub fn new(state: impl Into<PathBuf>, name: Label) -> Self {
        Self {
            state: state.into(),
            name,
        }
    }

    /// The lab `name` under [`STATE_VARIABLE`] or the XDG state folder. None when there is no home folder either.
    pub fn from_environment(name: Label) -> Option<Self> {
        let state = match std::env::var_os(STATE_VARIABLE) {
            Some(folder) => PathBuf::from(folder),
            None => {
                let folders = etcetera::base_strategy::Xdg::new().ok()?;
                folders.state_dir()?.join("mosipctl")
            }
        };
        Some(Self::new(state, name))
    }

    /// The labs that have state beside this one, itself included, by name.
    ///
    /// # Errors
    /// The folder of all labs cannot be read.
    pub fn all(&self) -> io::Result<Vec<Self>> {
        let entries = match fs::read_dir(self.labs()) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries?,
        };
        let mut labs = Vec::new();
        for entry in entries {
            let name = entry?.file_name();
            let name = name.to_str().and_then(|name| name.parse().ok());
            labs.extend(name.map(|name| Self {
                state: self.state.clone(),
                name,
            }));
        }
        labs.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(labs)
    }

    /// The lab's name.
    pub fn name(&self) -> &Label {
        &self.name
    }

    /// The folder itself.
    pub fn path(&self) -> PathBuf {
        self.labs().join(self.name.as_str())
    }

    /// The folder of all state.
    pub(crate) fn state_folder(&self) -> &Path {
        &self.state
    }

    fn labs(&self) -> PathBuf {
        self.state.join("lab")
    }

    /// The administrator's kubeconfig.
    pub fn kubeconfig(&self) -> PathBuf {
        self.path().join("kubeconfig")
    }

    /// The administrator's kubeconfig over another address.
    pub(crate) fn kubeconfig_over(&self) -> PathBuf {
        self.path().join("kubeconfig-over")
    }

    /// What a program writes; the supervisor's under `supervisor`.
    pub fn log(&self, program: &str) -> PathBuf {
        self.path().join("logs").join(format!("{program}.log"))
    }

    /// Where certificates and keys lie.
    pub(crate) fn pki(&self, file: &str) -> PathBuf {
        self.path().join("pki").join(file)
    }

    /// Held by the supervisor while it lives.
    pub(crate) fn hold(&self) -> PathBuf {
        self.path().join("supervisor.hold")
    }

    /// Held by a program while it lives.
    pub(crate) fn hold_of(&self, program: Program) -> PathBuf {
        self.path().join(format!("{program}.hold"))
    }

    /// What the supervisor is to do.
    pub(crate) fn order(&self) -> PathBuf {
        self.path().join("order.json")
    }

    /// What the supervisor says about the lab.
    pub(crate) fn state(&self) -> PathBuf {
        self.path().join("state.json")
    }

    /// etcd's data.
    pub(crate) fn data(&self) -> PathBuf {
        self.path().join("etcd")
    }

    /// Log lines of simulated containers.
    pub(crate) fn pod_logs(&self) -> PathBuf {
        self.path().join("pod-logs")
    }

    /// What a real server keeps as long as the lab: its volumes.
    pub(crate) fn real(&self, name: &str) -> PathBuf {
        self.path().join("real").join(name)
    }

    /// Makes the folder and those in it, for nobody else to read.
    pub(crate) fn create(&self) -> io::Result<()> {
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true).mode(0o700);
        for folder in ["", "logs", "pki", "pod-logs"] {
            builder.create(self.path().join(folder))?;
        }
        Ok(())
    }

    /// Removes everything, and the folders above that are empty then.
    pub(crate) fn remove(&self) -> io::Result<()> {
        absent(fs::remove_dir_all(self.path()))?;
        // others may lie in them
        let _ = fs::remove_dir(self.labs()).and_then(|()| fs::remove_dir(&self.state));
        Ok(())
    }

    /// Removes everything but logs and holds: logs are for reading, and a hold that is removed protects nothing.
    pub(crate) fn clear(&self) -> io::Result<()> {
        let real = self.path().join("real");
        for folder in [self.data(), self.path().join("pki"), self.pod_logs(), real] {
            absent(fs::remove_dir_all(folder))?;
        }
        for file in [
            self.kubeconfig(),
            self.kubeconfig_over(),
            self.order(),
            self.path().join("kwok.json"),
        ] {
            absent(fs::remove_file(file))?;
        }
        Ok(())
    }
}

fn absent(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        result => result,
    }
}

/// Writes a file that only its owner reads, in one move.
pub(crate) fn write_private(path: &Path, content: impl AsRef<[u8]>) -> io::Result<()> {
    use std::io::Write;
    let part = path.with_added_extension("part");
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(0o600);
    options.open(&part)?.write_all(content.as_ref())?;
    fs::rename(&part, path)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn lab(state: &Path, name: &str) -> LabFolder {
        LabFolder::new(state, name.parse().unwrap())
    }

    #[test]
    fn labs_are_listed_by_name() {
        let state = tempfile::tempdir().unwrap();
        assert_eq!(lab(state.path(), "a").all().unwrap(), []);
        for name in ["b", "a"] {
            lab(state.path(), name).create().unwrap();
        }
        let names = lab(state.path(), "a").all().unwrap();
        assert_eq!(names, [lab(state.path(), "a"), lab(state.path(), "b")]);
    }

    #[test]
    fn only_the_owner_reads_what_is_secret() {
        let state = tempfile::tempdir().unwrap();
        let lab = lab(state.path(), "a");
        lab.create().unwrap();
        write_private(&lab.kubeconfig(), "x").unwrap();
        let mode = |path: PathBuf| path.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(lab.kubeconfig()), 0o600);
        assert_eq!(mode(lab.path()), 0o700);
        lab.clear().unwrap();
        assert!(!lab.kubeconfig().exists());
    }
}
