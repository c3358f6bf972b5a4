//! How small files of hosts would change, line by line.

use std::collections::BTreeMap;

use mosipctl_hosts::{Connection, FileOnHost, HostError, files};
use serde::Serialize;
use similar::TextDiff;

use super::Site;
use crate::error::OnpremError;
use crate::item::Item;
use crate::work::Task;

/// How a small file of a host would change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FileDiff {
    /// The host.
    pub host: String,
    /// Full path of the file.
    pub path: String,
    /// SHA-256 of what is there; none when nothing is.
    pub before: Option<String>,
    /// SHA-256 of what would be there.
    pub after: String,
    /// The lines as `diff -u` shows them; none of a file for its owner alone, which may hold a secret.
    pub diff: Option<String>,
}

/// A file, and whether everybody may see what is in it.
type Wanted<'a> = (&'a FileOnHost, bool);

impl Site {
    /// How files would change by these works. Files whose content is as it should be are left out.
    ///
    /// # Errors
    /// A host cannot be asked.
    pub async fn diffs<'a>(
        &self,
        works: impl IntoIterator<Item = &'a str>,
    ) -> Result<Vec<FileDiff>, OnpremError> {
        let mut on: BTreeMap<String, Vec<Wanted<'_>>> = BTreeMap::new();
        for work in works.into_iter().filter_map(|id| self.works.get(id)) {
            if let Task::Items(items) = &work.task {
                let files = items.iter().flat_map(wanted);
                on.entry(work.host.clone()).or_default().extend(files);
            }
        }
        on.retain(|_, files| !files.is_empty());
        let names: Vec<String> = on.keys().cloned().collect();
        let asked = self.hosts.each(&names, |connection| {
            let files = on.get(connection.name()).cloned().unwrap_or_default();
            async move { of_host(&connection, &files).await }
        });
        let mut diffs = Vec::new();
        for (_, found) in asked.await {
            diffs.extend(found?);
        }
        Ok(diffs)
    }
}

/// Small files of an item. The configuration of nginx names its keys and holds none.
fn wanted(item: &Item) -> Vec<Wanted<'_>> {
    let is_open = |file: &FileOnHost| file.mode & 0o044 != 0;
    match item {
        Item::File(file) => vec![(file, is_open(file))],
        Item::Nginx(file) => vec![(file, true)],
        Item::Guarded(change) => {
            let files = change.files().iter();
            files.map(|file| (file, is_open(file))).collect()
        }
        _ => Vec::new(),
    }
}

async fn of_host(
    connection: &Connection,
    files: &[Wanted<'_>],
) -> Result<Vec<FileDiff>, HostError> {
    let mut diffs = Vec::new();
    for (file, is_open) in files {
        let present = files::read(connection, &file.path).await?;
        diffs.extend(diff(connection.name(), file, present.as_deref(), *is_open));
    }
    Ok(diffs)
}

fn diff(host: &str, file: &FileOnHost, present: Option<&[u8]>, is_open: bool) -> Option<FileDiff> {
    if present == Some(&file.content) {
        return None;
    }
    let before = String::from_utf8_lossy(present.unwrap_or_default());
    let after = String::from_utf8_lossy(&file.content);
    let lines = || {
        let diff = TextDiff::from_lines(&before, &after);
        diff.unified_diff().context_radius(2).to_string()
    };
    Some(FileDiff {
        host: host.to_owned(),
        path: file.path.clone(),
        before: present.map(|present| FileOnHost::new(&file.path, present).digest()),
        after: file.digest(),
        diff: is_open.then(lines),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_change_are_shown_with_what_stands_around_them() {
        let file = FileOnHost::new("/etc/x", "one\ntwo\nthree\n");
        let found = diff("w1", &file, Some(b"one\n2\nthree\n"), true).unwrap();
        let lines = found.diff.unwrap();
        assert!(lines.contains(" one\n-2\n+two\n three\n"), "{lines}");
        assert_eq!(found.after, file.digest());
        assert_eq!(diff("w1", &file, Some(b"one\ntwo\nthree\n"), true), None);
        let new = diff("w1", &file, None, true).unwrap();
        assert!(new.before.is_none() && new.diff.unwrap().contains("+one\n+two\n"));
    }

    #[test]
    fn what_is_for_its_owner_alone_is_told_and_not_shown() {
        let key = Item::File(FileOnHost::new("/etc/key", "secret").mode(0o600));
        let (file, is_open) = wanted(&key)[0];
        let found = diff("w1", file, Some(b"old secret"), is_open).unwrap();
        assert!(found.before.is_some() && found.diff.is_none());
    }
}
