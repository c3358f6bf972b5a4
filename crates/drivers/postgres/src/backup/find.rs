//! Where the programs of PostgreSQL are.

use std::path::{Path, PathBuf};

use super::Tools;
use crate::error::PostgresError;

/// Where Debian and Ubuntu put each release's programs.
const RELEASES: &str = "/usr/lib/postgresql";

impl Tools {
    /// The programs on the machine: the newest release of Debian's packages, else those on the way to programs. Newer ones
    /// dump older servers, not the other way round.
    ///
    /// # Errors
    /// There are none.
    pub fn find() -> Result<Self, PostgresError> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let on_path: Vec<PathBuf> = std::env::split_paths(&path).collect();
        let folders = newest_first(Path::new(RELEASES)).into_iter().chain(on_path);
        let both = |folder: PathBuf| {
            let tools = Self {
                dump: folder.join("pg_dump"),
                restore: folder.join("pg_restore"),
            };
            (tools.dump.is_file() && tools.restore.is_file()).then_some(tools)
        };
        let mut found = folders.filter_map(both);
        found.next().ok_or(PostgresError::NoTools)
    }
}

/// The folders of programs of each release.
fn newest_first(releases: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(releases).into_iter().flatten().flatten();
    let mut found: Vec<(u32, PathBuf)> = entries
        .filter_map(|entry| {
            let release = entry.file_name().to_str()?.parse().ok()?;
            Some((release, entry.path().join("bin")))
        })
        .collect();
    found.sort_by_key(|(release, _)| std::cmp::Reverse(*release));
    found.into_iter().map(|(_, folder)| folder).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_release_comes_first_by_number() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["9", "15", "16", "common"] {
            std::fs::create_dir_all(folder.path().join(name)).unwrap();
        }
        let found = newest_first(folder.path());
        let expected = ["16/bin", "15/bin", "9/bin"].map(|name| folder.path().join(name));
        assert_eq!(found, expected);
    }
}
