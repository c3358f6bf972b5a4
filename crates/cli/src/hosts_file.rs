//! Files that the user names: the environment file, and the hosts file that it names in turn.

use std::path::{Path, PathBuf};

use mosipctl_report::{Exit, Trouble};
use mosipctl_spec::environment::cluster::ClusterKind;
use mosipctl_spec::{Document, Environment, HostsFile};

/// What to do about an environment file that is not there.
const NO_ENVIRONMENT: &str = "name an environment file, or write one with `mosipctl init`";
/// What to do about a hosts file that is not there.
const NO_HOSTS: &str = "`cluster.hosts` in the environment file names it; its schema is printed by `mosipctl schema hosts`";

/// The text of an environment file.
pub(crate) fn read(file: &Path) -> Result<String, Trouble> {
    read_or(file, NO_ENVIRONMENT)
}

/// Where the hosts file lies: its path starts at the environment file. None where there are no hosts.
pub(crate) fn hosts_path(environment: &Environment, file: &Path) -> Option<PathBuf> {
    let cluster = &environment.spec.cluster;
    let hosts = cluster.hosts.as_ref();
    let hosts = hosts.filter(|_| cluster.kind == ClusterKind::Onprem)?;
    Some(file.parent().unwrap_or(Path::new("")).join(hosts))
}

/// The hosts file that an environment file names; none where there are no hosts.
pub(crate) fn hosts_file(
    environment: &Environment,
    file: &Path,
) -> Result<Option<HostsFile>, Trouble> {
    let path = hosts_path(environment, file);
    path.map(|path| hosts_at(&path)).transpose()
}

/// The hosts file that lies there.
pub(crate) fn hosts_at(path: &Path) -> Result<HostsFile, Trouble> {
    let (name, text) = (path.display().to_string(), read_or(path, NO_HOSTS)?);
    let document = Document {
        name: &name,
        text: &text,
    };
    HostsFile::read(&document).map_err(|complaint| Trouble::in_file(*complaint))
}

fn read_or(path: &Path, remedy: &str) -> Result<String, Trouble> {
    std::fs::read_to_string(path).map_err(|error| {
        Trouble::new(format!("failed to read `{}`: {error}", path.display()))
            .remedy(remedy)
            .exit(Exit::Usage)
    })
}
