//! Files by their digests.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

use sha2::{Digest, Sha256};

/// SHA-256 of files in hexadecimal, by their paths in a folder.
pub(super) type Digests = BTreeMap<String, String>;

/// Digests of all files in a folder.
pub(super) fn digests(folder: &Path) -> io::Result<Digests> {
    let mut all = Digests::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let digest = Sha256::digest(fs::read(&path)?);
            let name = path.strip_prefix(folder).unwrap_or(&path);
            let digits: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
            all.insert(name.display().to_string(), digits);
        }
    }
    Ok(all)
}

/// Reads what `sha256sum` says of files in the folder where it runs.
pub(super) fn parse(text: &str) -> Digests {
    let lines = text.lines().filter_map(|line| line.split_once("  "));
    let named = lines.map(|(digest, name)| {
        let name = name.strip_prefix("./").unwrap_or(name);
        (name.to_owned(), digest.to_owned())
    });
    named.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_are_those_that_sha256sum_tells() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("token")).unwrap();
        fs::write(folder.path().join("token/a.object"), "abc").unwrap();
        let told =
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  ./token/a.object\n";
        assert_eq!(digests(folder.path()).unwrap(), parse(told));
    }
}
