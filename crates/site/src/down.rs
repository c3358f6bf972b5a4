//! Taking sites down.

use std::fs;
use std::path::Path;

use crate::error::{AtPath, SiteError};
use crate::record::Record;

/// Where systemd-nspawn hangs what is mounted into a running machine.
const OF_NSPAWN: &str = "/run/systemd/nspawn/propagate";

/// Takes the site of that name down: processes, control groups, network, files.
///
/// # Errors
/// There is none of that name, or the system keeps something.
pub fn take_down(name: &str) -> Result<(), SiteError> {
    remove(&Record::find(name)?)
}

/// Takes down every site whose owner was killed; gives their names.
///
/// # Errors
/// The system keeps something.
pub fn clear() -> Result<Vec<String>, SiteError> {
    let mut cleared = Vec::new();
    for record in Record::all().into_iter().filter(Record::is_left_over) {
        remove(&record)?;
        cleared.push(record.name);
    }
    Ok(cleared)
}

/// Nothing that is gone already is an error, so that it can be tried again after a failure. The record goes last.
pub(crate) fn remove(record: &Record) -> Result<(), SiteError> {
    for host in &record.hosts {
        record.groups(host).kill();
    }
    for host in &record.hosts {
        record.groups(host).remove()?;
    }
    record.namespace().remove()?;
    for host in &record.hosts {
        // systemd-nspawn clears it away itself, unless it is killed
        remove_folder(&Path::new(OF_NSPAWN).join(record.machine(host)))?;
    }
    remove_folder(&record.folder)?;
    remove_folder(&record.run_folder())
}

fn remove_folder(folder: &Path) -> Result<(), SiteError> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error).at(folder),
        _ => Ok(()),
    }
}
