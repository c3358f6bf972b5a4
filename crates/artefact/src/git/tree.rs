//! The id of a Git tree, computed from files.
//!
//! A tree's id is the SHA-1 of its list: each entry's mode, name and id, where the id of a file is the SHA-1 of its bytes. So it
//! pins a folder as a whole, and whoever has the folder can compute it without a repository.

use std::ffi::OsString;
use std::fmt;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::str::FromStr;

use sha1::{Digest, Sha1};

/// The id of an object of Git: a SHA-1. Text form: 40 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ObjectId([u8; 20]);

/// A line of a tree.
struct Entry {
    /// A folder's ends with `/`, for the order.
    key: Vec<u8>,
    mode: &'static str,
    name: OsString,
    id: ObjectId,
}

/// The id of the tree that a folder would be. Blocks while it reads.
///
/// # Errors
/// It cannot be read, or holds what is neither file nor folder.
pub(crate) fn tree_of(folder: &Path) -> io::Result<ObjectId> {
    let mut entries = Vec::new();
    for entry in fs::read_dir(folder)? {
        entries.push(Entry::of(&entry?)?);
    }
    entries.sort_by(|one, other| one.key.cmp(&other.key));
    let mut list = Vec::new();
    for entry in entries {
        list.extend_from_slice(entry.mode.as_bytes());
        list.push(b' ');
        list.extend_from_slice(entry.name.as_bytes());
        list.push(0);
        list.extend_from_slice(&entry.id.0);
    }
    Ok(ObjectId::of("tree", &list))
}

impl Entry {
    fn of(entry: &fs::DirEntry) -> io::Result<Self> {
        let (path, name) = (entry.path(), entry.file_name());
        let key = name.as_bytes().to_vec();
        let kind = entry.file_type()?;
        if kind.is_dir() {
            return Ok(Self {
                key: [&key[..], b"/"].concat(),
                mode: "40000",
                name,
                id: tree_of(&path)?,
            });
        }
        if !kind.is_file() {
            let text = format!("`{}` is neither file nor folder", path.display());
            return Err(io::Error::other(text));
        }
        let runs = entry.metadata()?.permissions().mode() & 0o100 != 0;
        Ok(Self {
            key,
            mode: if runs { "100755" } else { "100644" },
            name,
            id: ObjectId::of("blob", &fs::read(&path)?),
        })
    }
}

impl ObjectId {
    fn of(kind: &str, bytes: &[u8]) -> Self {
        let mut hasher = Sha1::new();
        hasher.update(format!("{kind} {}\0", bytes.len()));
        hasher.update(bytes);
        Self(hasher.finalize().into())
    }

    /// The first twelve digits, for folder names.
    pub(crate) fn short(&self) -> String {
        self.to_string()[..12].to_owned()
    }
}

impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl FromStr for ObjectId {
    type Err = io::Error;

    fn from_str(text: &str) -> io::Result<Self> {
        let wrong = || io::Error::other(format!("`{text}` is no id of Git: 40 hexadecimal digits"));
        if text.len() != 40 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(wrong());
        }
        let mut bytes = [0; 20];
        for (byte, at) in bytes.iter_mut().zip((0..40).step_by(2)) {
            *byte = u8::from_str_radix(&text[at..at + 2], 16).map_err(|_| wrong())?;
        }
        Ok(Self(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_those_that_git_computes() {
        // every repository knows these two
        let nothing = "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391";
        assert_eq!(ObjectId::of("blob", b"").to_string(), nothing);
        let folder = tempfile::tempdir().unwrap();
        let empty = "4b825dc642cb6eb9a060e54bf8d69288fbee4904";
        assert_eq!(tree_of(folder.path()).unwrap().to_string(), empty);
        assert_eq!(empty.parse::<ObjectId>().unwrap().to_string(), empty);
    }

    #[test]
    fn only_40_hexadecimal_digits_are_an_id() {
        for wrong in ["", "--help", "HEAD", &"x".repeat(40), &"ä".repeat(20)] {
            assert!(wrong.parse::<ObjectId>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_link_is_not_taken_for_what_it_points_to() {
        let folder = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink("/etc/passwd", folder.path().join("link")).unwrap();
        assert!(tree_of(folder.path()).is_err());
    }
}
