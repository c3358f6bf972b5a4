//! The folder with what hosts cannot bring from elsewhere.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use mosipctl_hosts::Artefact;
use serde::Deserialize;

/// Lists every file with its SHA-256, as `sha256sum` writes it.
const SUMS: &str = "SHA256SUMS";
/// How names of packed archives end.
const PACKED: [&str; 3] = [".tar.zst", ".tar.gz", ".tgz"];

/// Programs and archives of images, each with its digest.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Files {
    /// Programs, by name.
    pub programs: BTreeMap<String, Pinned>,
    /// Archives of images, with the names of the images in each.
    pub images: Vec<(Pinned, Vec<String>)>,
    /// Packed archives of images, into which nobody looks: those of RKE2.
    pub packed: Vec<Pinned>,
}

/// A file here and the digest that it must have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pinned {
    /// Where it lies.
    pub path: PathBuf,
    /// SHA-256, in hex.
    pub sha256: String,
}

impl Pinned {
    /// The same as something that lies on a host.
    pub(crate) fn at(&self, path: String, mode: u32) -> Artefact {
        Artefact {
            local: self.path.clone(),
            sha256: self.sha256.clone(),
            path,
            mode,
        }
    }
}

/// Why the folder cannot be used. Reads after "failed to".
#[derive(Debug, thiserror::Error)]
pub enum FilesError {
    /// A file cannot be read.
    #[error("read `{}`", .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// A line of the list is none.
    #[error("read `{}`: line {line} is not a SHA-256 and a file", .path.display())]
    Line {
        /// The list.
        path: PathBuf,
        /// Number of the line.
        line: usize,
    },
    /// An archive is not one of images.
    #[error("read the archive of images `{}`: it has no list of its images (`manifest.json`)", .path.display())]
    NoImages {
        /// The archive.
        path: PathBuf,
    },
}

impl FilesError {
    /// What a person can do.
    pub fn remedy(&self) -> String {
        match self {
            Self::Read { .. } => format!(
                "`kubernetes.files` in the hosts file names a folder with `programs/`, `images/` and `{SUMS}` over both"
            ),
            Self::Line { .. } => format!(
                "write the list anew: `sha256sum programs/* images/* > {SUMS}` in that folder"
            ),
            Self::NoImages { .. } => {
                "save it as Docker does (`docker save`, `skopeo copy … docker-archive:`)".to_owned()
            }
        }
    }
}

impl Files {
    /// Reads the list of a folder, and the names of the images in its archives.
    ///
    /// # Errors
    /// See [`FilesError`].
    pub fn open(folder: &Path) -> Result<Self, FilesError> {
        let list = folder.join(SUMS);
        let text = std::fs::read_to_string(&list).map_err(|source| FilesError::Read {
            path: list.clone(),
            source,
        })?;
        let mut files = Self::default();
        for (index, line) in text.lines().enumerate() {
            if line.trim().is_empty() {
                continue;
            }
            let (sha256, name) = entry(line).ok_or_else(|| FilesError::Line {
                path: list.clone(),
                line: index + 1,
            })?;
            let pinned = Pinned {
                path: folder.join(name),
                sha256: sha256.to_owned(),
            };
            files.add(name, pinned)?;
        }
        Ok(files)
    }

    fn add(&mut self, name: &str, pinned: Pinned) -> Result<(), FilesError> {
        if let Some(program) = name.strip_prefix("programs/") {
            self.programs.insert(program.to_owned(), pinned);
        } else if name.starts_with("images/") && PACKED.iter().any(|end| name.ends_with(end)) {
            self.packed.push(pinned);
        } else if name.starts_with("images/") {
            let names = images_in(&pinned.path)?;
            self.images.push((pinned, names));
        }
        Ok(())
    }

    /// The full name of the image whose last word is that, such as `pause`.
    pub fn image(&self, word: &str) -> Option<&str> {
        let names = self.images.iter().flat_map(|(_, names)| names);
        let mut named = names.filter(|name| {
            let last = name.rsplit('/').next().unwrap_or_default();
            last.split(':').next() == Some(word)
        });
        named.next().map(String::as_str)
    }
}

fn entry(line: &str) -> Option<(&str, &str)> {
    let (sha256, name) = line.split_once(' ')?;
    let is_digest = sha256.len() == 64 && sha256.bytes().all(|b| b.is_ascii_hexdigit());
    // `*` says that the file was read as it is, which is the same here
    let name = name.trim_start_matches([' ', '*']).trim_end();
    let name = name.strip_prefix("./").unwrap_or(name);
    (is_digest && !name.is_empty()).then_some((sha256, name))
}

#[derive(Deserialize)]
struct Entry {
    #[serde(rename = "RepoTags", default)]
    tags: Option<Vec<String>>,
}

/// The names of the images in an archive as Docker saves it.
fn images_in(path: &Path) -> Result<Vec<String>, FilesError> {
    let unreadable = |source| FilesError::Read {
        path: path.to_owned(),
        source,
    };
    let file = File::open(path).map_err(unreadable)?;
    let mut archive = tar::Archive::new(file);
    for entry in archive.entries_with_seek().map_err(unreadable)? {
        let mut entry = entry.map_err(unreadable)?;
        if entry.path().map_err(unreadable)?.as_ref() != Path::new("manifest.json") {
            continue;
        }
        let mut text = String::new();
        entry.read_to_string(&mut text).map_err(unreadable)?;
        let entries: Vec<Entry> = serde_json::from_str(&text).unwrap_or_default();
        let tags = entries.into_iter().filter_map(|entry| entry.tags);
        return Ok(tags.flatten().collect());
    }
    Err(FilesError::NoImages {
        path: path.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn archive(path: &Path, file: &str, text: &str) {
        let mut archive = tar::Builder::new(File::create(path).unwrap());
        let mut header = tar::Header::new_gnu();
        header.set_size(text.len() as u64);
        archive
            .append_data(&mut header, file, text.as_bytes())
            .unwrap();
        archive.finish().unwrap();
    }

    #[test]
    fn programs_and_images_are_found_by_the_list() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("images")).unwrap();
        let path = folder.path().join("images/pause.tar");
        archive(
            &path,
            "manifest.json",
            r#"[{"RepoTags": ["example.org/pause:3.10"]}]"#,
        );
        let digest = "0".repeat(64);
        let list = format!("{digest}  programs/kubelet\n{digest} *./images/pause.tar\n\n");
        std::fs::write(folder.path().join(SUMS), list).unwrap();
        let files = Files::open(folder.path()).unwrap();
        assert!(files.programs.contains_key("kubelet"));
        assert_eq!(files.image("pause"), Some("example.org/pause:3.10"));
        assert_eq!(files.image("coredns"), None);
    }

    #[test]
    fn a_bad_line_and_a_bad_archive_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let list = folder.path().join(SUMS);
        std::fs::write(&list, "abc  programs/kubelet\n").unwrap();
        let error = Files::open(folder.path()).unwrap_err();
        assert!(error.to_string().contains("line 1"), "{error}");

        std::fs::create_dir(folder.path().join("images")).unwrap();
        archive(&folder.path().join("images/x.tar"), "other", "x");
        std::fs::write(&list, format!("{}  images/x.tar\n", "0".repeat(64))).unwrap();
        let error = Files::open(folder.path()).unwrap_err();
        assert!(error.to_string().contains("manifest.json"), "{error}");
    }
}
