//! What sites there are: a file for each, under `/run`, as lasting as what it tells of.

use std::fs;
use std::path::{Path, PathBuf};

use mosipctl_journal::{Presence, Process};
use serde::{Deserialize, Serialize};

use crate::base::Base;
use crate::error::{AtPath, SiteError};
use crate::groups::Groups;
use crate::layout::Host;
use crate::namespace::Namespace;
use crate::private::write;
use crate::settings::{Keep, SiteSettings};

/// Where the files lie. Gone at the next start of the machine, as the hosts are.
const FOLDER: &str = "/run/mosipctl-site";

/// What is known of a site, written before anything of it is made.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Record {
    pub(crate) name: String,
    pub(crate) hosts: Vec<Host>,
    /// The folder of its files.
    pub(crate) folder: PathBuf,
    /// The tree that its hosts share.
    pub(crate) base: PathBuf,
    /// Who takes it down; without one, people do.
    pub(crate) owner: Option<Process>,
}

impl Record {
    /// Writes down that this site will be.
    pub(crate) fn begin(settings: &SiteSettings, base: &Base) -> Result<Self, SiteError> {
        check(&settings.name)?;
        let record = Self {
            name: settings.name.clone(),
            hosts: settings.hosts.clone(),
            folder: settings.cache.join("sites").join(&settings.name),
            base: base.folder.clone(),
            owner: (settings.keep == Keep::UntilDropped).then(Process::current),
        };
        let folder = record.run_folder();
        fs::create_dir_all(FOLDER).at(Path::new(FOLDER))?;
        match fs::create_dir(&folder) {
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
                return Err(SiteError::Taken(record.name));
            }
            made => made.at(&folder)?,
        }
        let text = serde_json::to_string_pretty(&record).map_err(std::io::Error::other);
        write(&folder.join("site.json"), 0o600, &text.at(&folder)?)?;
        Ok(record)
    }

    /// The site of that name.
    pub(crate) fn find(name: &str) -> Result<Self, SiteError> {
        let found = Self::all().into_iter().find(|record| record.name == name);
        found.ok_or_else(|| SiteError::Absent(name.to_owned()))
    }

    /// Every site of this machine, by name.
    pub(crate) fn all() -> Vec<Self> {
        let entries = fs::read_dir(FOLDER).into_iter().flatten().flatten();
        let texts = entries.filter_map(|entry| fs::read(entry.path().join("site.json")).ok());
        let mut records: Vec<Self> = texts
            .filter_map(|text| serde_json::from_slice(&text).ok())
            .collect();
        records.sort_by(|a, b| a.name.cmp(&b.name));
        records
    }

    /// Whether it was to be taken down by a process that is gone.
    pub(crate) fn is_left_over(&self) -> bool {
        self.owner
            .as_ref()
            .is_some_and(|owner| owner.presence() == Presence::Gone)
    }

    /// The folder of what lasts no longer than the site runs.
    pub(crate) fn run_folder(&self) -> PathBuf {
        Path::new(FOLDER).join(&self.name)
    }

    /// The network namespace with the bridge.
    pub(crate) fn namespace(&self) -> Namespace {
        Namespace::named(format!("mosipctl-site-{}", self.name))
    }

    /// The control groups of a host.
    pub(crate) fn groups(&self, host: &Host) -> Groups {
        Groups::of(&self.name, &host.name)
    }

    /// What systemd-nspawn calls a host.
    pub(crate) fn machine(&self, host: &Host) -> String {
        format!("{}-{}", self.name, host.name)
    }

    /// The files of a host.
    pub(crate) fn host_folder(&self, host: &Host) -> PathBuf {
        self.folder.join("hosts").join(&host.name)
    }
}

/// The name becomes part of file names and of names that have a length of at most 64.
fn check(name: &str) -> Result<(), SiteError> {
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    match (1..=32).contains(&name.len()) && name.chars().all(is_plain) {
        true => Ok(()),
        false => Err(SiteError::Name(name.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_lead_anywhere_else() {
        assert!(check("six-hosts").is_ok());
        for name in ["", "..", "a/b", "A", &"x".repeat(33)] {
            assert!(check(name).is_err(), "{name}");
        }
    }
}
