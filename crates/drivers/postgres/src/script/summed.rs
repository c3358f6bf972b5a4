//! A folder that keeps the checksum of each file that was read.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader};

use sha2::{Digest, Sha256};

use crate::script::{Files, Folder};

/// How much of a file is in memory.
const PART: usize = 64 * 1024;

/// SHA-256 by file, in hexadecimal.
pub(crate) type Sums = BTreeMap<String, String>;

/// A folder that keeps the checksum of each file that a script names.
#[derive(Debug)]
pub(crate) struct Summed {
    folder: Folder,
    sums: RefCell<Sums>,
}

impl Summed {
    /// Nothing was read in it yet.
    pub(crate) fn new(folder: Folder) -> Self {
        Self {
            folder,
            sums: RefCell::default(),
        }
    }

    /// The checksums of what was read.
    pub(crate) fn into_sums(self) -> Sums {
        self.sums.into_inner()
    }

    fn keep(&self, path: &str, hash: Sha256) {
        let hex = hash
            .finalize()
            .into_iter()
            .map(|byte| format!("{byte:02x}"));
        self.sums
            .borrow_mut()
            .insert(path.to_owned(), hex.collect());
    }
}

impl Files for Summed {
    fn read(&self, path: &str) -> io::Result<Vec<u8>> {
        let bytes = self.folder.read(path)?;
        self.keep(path, Sha256::new().chain_update(&bytes));
        Ok(bytes)
    }

    fn find(&self, path: &str) -> io::Result<()> {
        let mut hash = Sha256::new();
        let mut file = BufReader::with_capacity(PART, File::open(self.folder.0.join(path))?);
        loop {
            let part = file.fill_buf()?;
            if part.is_empty() {
                break;
            }
            hash.update(part);
            let length = part.len();
            file.consume(length);
        }
        self.keep(path, hash);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_and_what_is_only_found_have_their_checksum() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("a.sql"), "abc").unwrap();
        std::fs::write(folder.path().join("b.csv"), "").unwrap();
        std::fs::write(folder.path().join("c.sql"), "not asked for").unwrap();
        let files = Summed::new(Folder(folder.path().to_owned()));
        files.read("a.sql").unwrap();
        files.find("b.csv").unwrap();
        assert!(files.find("none").is_err());
        // the examples of the standard
        let expected = [
            (
                "a.sql",
                "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
            ),
            (
                "b.csv",
                "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            ),
        ];
        let expected = expected.map(|(file, sum)| (file.to_owned(), sum.to_owned()));
        assert_eq!(files.into_sums(), Sums::from(expected));
    }
}
