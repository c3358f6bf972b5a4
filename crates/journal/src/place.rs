//! Where the journal of an environment lies.

use std::fs;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy;

/// Overrides the folder in which all state is kept.
pub const STATE_VARIABLE: &str = "MOSIPCTL_STATE";

/// Stands for the cluster's uid as long as there is no cluster.
pub const NO_CLUSTER: &str = "none";

/// The state folder of one environment on one cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    folder: PathBuf,
}

/// Why there is no state folder.
#[derive(Debug, thiserror::Error)]
pub enum PlaceError {
    /// The name cannot be a folder.
    #[error("`{0}` cannot be the name of a folder")]
    BadName(String),
    /// The system tells no home folder.
    #[error("no home folder is known, so there is nowhere to keep state (set {STATE_VARIABLE})")]
    NoHome,
    /// The folder cannot be removed.
    #[error("failed to remove the folder `{path}`")]
    Remove {
        /// The folder.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: std::io::Error,
    },
    /// The folder cannot be made.
    #[error("failed to make the folder `{path}`")]
    Make {
        /// The folder.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: std::io::Error,
    },
}

impl Place {
    /// The place of an environment on the cluster whose namespace `kube-system` has that uid; [`NO_CLUSTER`] before
    /// there is one. It lies under `$MOSIPCTL_STATE`, else under `mosipctl` in the XDG state folder.
    ///
    /// # Errors
    /// A name that cannot be a folder; no home folder.
    pub fn of(environment: &str, cluster: &str) -> Result<Self, PlaceError> {
        Self::under(&base()?, environment, cluster)
    }

    /// The same under a given base folder.
    ///
    /// # Errors
    /// A name that cannot be a folder.
    pub fn under(base: &Path, environment: &str, cluster: &str) -> Result<Self, PlaceError> {
        let folder = of_environment(base, environment)?.join(checked(cluster)?);
        Ok(Self { folder })
    }

    /// Every place that an environment has here, one for each cluster it ran on.
    ///
    /// # Errors
    /// A name that cannot be a folder; no home folder.
    pub fn all(environment: &str) -> Result<Vec<Self>, PlaceError> {
        let entries = fs::read_dir(of_environment(&base()?, environment)?);
        // No folder, no places. The keys of its hosts lie beside them.
        let folders = entries
            .into_iter()
            .flatten()
            .flatten()
            .map(|entry| entry.path())
            .filter(|path| path.is_dir());
        Ok(folders.map(|folder| Self { folder }).collect())
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The journal.
    pub fn journal(&self) -> PathBuf {
        self.folder.join("journal.db")
    }

    /// The socket over which a run takes commands.
    pub fn control(&self) -> PathBuf {
        self.folder.join("control.sock")
    }

    /// Makes the folder, for its owner alone.
    ///
    /// # Errors
    /// The system refuses.
    pub fn make(&self) -> Result<(), PlaceError> {
        make_private(&self.folder).map_err(|source| PlaceError::Make {
            path: self.folder.clone(),
            source,
        })
    }

    /// Removes the folder with its journal.
    ///
    /// # Errors
    /// The system refuses.
    pub fn remove(&self) -> Result<(), PlaceError> {
        let removed = fs::remove_dir_all(&self.folder);
        // the environment's own folder goes with its last cluster
        let _ = self.folder.parent().map(fs::remove_dir);
        removed.map_err(|source| PlaceError::Remove {
            path: self.folder.clone(),
            source,
        })
    }
}

/// The file in which the keys of an environment's hosts are pinned; its folder is made. Hosts are there before any cluster is, so it
/// belongs to the environment alone.
///
/// # Errors
/// A name that cannot be a folder; no home folder; the folder cannot be made.
pub fn known_hosts(environment: &str) -> Result<PathBuf, PlaceError> {
    Ok(own_folder(environment)?.join("known_hosts"))
}

/// The kubeconfig of the cluster that an environment has on hosts of its own. It belongs to the environment alone.
///
/// # Errors
/// A name that cannot be a folder; no home folder; the folder cannot be made.
pub fn kubeconfig(environment: &str) -> Result<PathBuf, PlaceError> {
    Ok(own_folder(environment)?.join("kubeconfig"))
}

/// What belongs to an environment whatever cluster it runs on.
fn own_folder(environment: &str) -> Result<PathBuf, PlaceError> {
    let folder = of_environment(&base()?, environment)?;
    make_private(&folder).map_err(|source| PlaceError::Make {
        path: folder.clone(),
        source,
    })?;
    Ok(folder)
}

/// Makes a folder that only its owner can enter, with those above it.
pub(crate) fn make_private(folder: &Path) -> std::io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true).mode(0o700).create(folder)?;
    fs::set_permissions(folder, fs::Permissions::from_mode(0o700))
}

/// Beside the folder of labs, so that no environment can have a name that is in the way.
fn of_environment(base: &Path, environment: &str) -> Result<PathBuf, PlaceError> {
    Ok(base.join("environments").join(checked(environment)?))
}

fn base() -> Result<PathBuf, PlaceError> {
    if let Some(base) = std::env::var_os(STATE_VARIABLE).filter(|value| !value.is_empty()) {
        return Ok(PathBuf::from(base));
    }
    let strategy = etcetera::choose_base_strategy().map_err(|_| PlaceError::NoHome)?;
    let state = strategy.state_dir().unwrap_or_else(|| strategy.data_dir());
    Ok(state.join("mosipctl"))
}

fn checked(name: &str) -> Result<&str, PlaceError> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if name.is_empty() || name.starts_with('.') || name.len() > 128 || !name.chars().all(plain) {
        return Err(PlaceError::BadName(name.to_owned()));
    }
    Ok(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn environments_and_clusters_are_kept_apart() {
        let place = |environment, cluster| {
            let place = Place::under(Path::new("/state"), environment, cluster).unwrap();
            place.journal().display().to_string()
        };
        assert_eq!(
            place("blue", "7e5c"),
            "/state/environments/blue/7e5c/journal.db"
        );
        assert_eq!(
            place("blue", NO_CLUSTER),
            "/state/environments/blue/none/journal.db"
        );
    }

    #[test]
    fn a_name_cannot_lead_out_of_the_folder() {
        for name in ["", "..", "a/b", ".hidden", "a b"] {
            assert!(Place::under(Path::new("/state"), name, "x").is_err());
        }
    }

    #[test]
    fn the_folder_is_for_its_owner_alone() {
        let base = tempfile::tempdir().unwrap();
        let place = Place::under(base.path(), "blue", "7e5c").unwrap();
        place.make().unwrap();
        place.make().unwrap();
        let mode = fs::metadata(place.folder()).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
    }
}
