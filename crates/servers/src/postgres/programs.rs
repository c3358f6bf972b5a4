//! Where PostgreSQL's programs are.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use crate::error::ServerError;

/// Where the packages of Debian put each release.
const RELEASES: &str = "/usr/lib/postgresql";
/// What a server needs.
const NEEDED: [&str; 2] = ["initdb", "postgres"];

/// A folder with PostgreSQL's programs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Programs(PathBuf);

impl Programs {
    /// Those of the release that made `data`; for a new server the newest.
    pub(super) fn find(data: &Path) -> Result<Self, ServerError> {
        let release = fs::read_to_string(data.join("PG_VERSION")).ok();
        let release = release.and_then(|text| text.trim().parse().ok());
        let path = std::env::var_os("PATH").unwrap_or_default();
        Self::look(Path::new(RELEASES), &path, release).ok_or_else(|| missing(release))
    }

    fn look(releases: &Path, path: &OsString, release: Option<u32>) -> Option<Self> {
        let installed = fs::read_dir(releases).into_iter().flatten().flatten();
        let numbered = installed.filter_map(|entry| {
            let number: u32 = entry.file_name().to_str()?.parse().ok()?;
            Some((number, entry.path().join("bin")))
        });
        let usable = numbered.filter(|(number, folder)| {
            release.is_none_or(|release| release == *number) && has_all(folder)
        });
        let newest = usable.max().map(|(_, folder)| folder);
        // those do not tell their release by their place; a server of another one says so itself
        let in_path = || std::env::split_paths(path).find(|folder| has_all(folder));
        newest.or_else(in_path).map(Self)
    }

    /// One of them.
    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

fn has_all(folder: &Path) -> bool {
    folder.is_absolute() && NEEDED.iter().all(|name| folder.join(name).is_file())
}

fn missing(release: Option<u32>) -> ServerError {
    let release = release.map(|release| format!("-{release}"));
    let what = format!("postgresql{}", release.unwrap_or_default());
    ServerError::Missing {
        what: "PostgreSQL".to_owned(),
        reason: format!("`initdb` and `postgres` are neither in {RELEASES}/*/bin nor in PATH"),
        help: format!("apt-get install {what}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn release(releases: &Path, number: &str, programs: &[&str]) {
        let folder = releases.join(number).join("bin");
        fs::create_dir_all(&folder).unwrap();
        for program in programs {
            fs::write(folder.join(program), "").unwrap();
        }
    }

    #[test]
    fn a_new_server_is_of_the_newest_release_and_an_old_one_stays_of_its_own() {
        let releases = tempfile::tempdir().unwrap();
        for number in ["9", "15", "17"] {
            release(releases.path(), number, &NEEDED);
        }
        // only the client was installed
        release(releases.path(), "18", &["psql"]);
        let look = |wanted| Programs::look(releases.path(), &OsString::new(), wanted);
        let of = |number: &str| Some(Programs(releases.path().join(number).join("bin")));
        assert_eq!(look(None), of("17"));
        assert_eq!(look(Some(15)), of("15"));
        assert_eq!(look(Some(16)), None);
    }

    #[test]
    fn a_server_in_the_search_path_serves_where_there_is_no_package() {
        let elsewhere = tempfile::tempdir().unwrap();
        release(elsewhere.path(), "here", &NEEDED);
        let folder = elsewhere.path().join("here/bin");
        let path = std::env::join_paths([Path::new("relative"), &folder]).unwrap();
        let found = Programs::look(&elsewhere.path().join("none"), &path, None);
        assert_eq!(found.unwrap().path("psql"), folder.join("psql"));
    }

    #[test]
    fn what_to_install_is_said() {
        let error = missing(Some(16));
        assert!(error.is_missing());
        assert_eq!(error.help(), Some("apt-get install postgresql-16"));
    }
}
