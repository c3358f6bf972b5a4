//! Reading an edition from its files.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use include_dir::Dir;
use indexmap::IndexMap;
use mosipctl_spec::{Complaint, Document, Version, document, nearest};
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_path_to_error::Segment;
use sha2::{Digest, Sha256};

use crate::edition::{Catalogue, Edition, Entry};
use crate::embedded::CATALOGUE;
use crate::layers::{Layers, Origins};
use crate::sizing::Sizing;

/// The head of an edition.
const HEAD: &str = "edition.yaml";
/// What sizing rests on.
const SIZING: &str = "sizing.yaml";
/// The folder of documents that components are laid over.
const LIKE: &str = "like";

/// Where the catalogue's files are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// Compiled into the program.
    Embedded,
    /// A folder with one folder per edition.
    Folder(PathBuf),
}

/// Why an edition could not be read.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum LoadError {
    /// The folder or a file in it cannot be read.
    #[error("failed to read the catalogue at `{path}`")]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: std::io::Error,
    },
    /// No edition has that version.
    #[error("no edition `{version}` in the catalogue")]
    UnknownEdition {
        /// The version asked for.
        version: Version,
        /// What to do.
        #[help]
        help: String,
    },
    /// Nothing is known of the size of that edition.
    #[error("edition `{version}` has no `sizing.yaml`")]
    NoSizing {
        /// The edition.
        version: Version,
    },
    /// Editions extend each other in a circle.
    #[error("edition `{version}` extends itself, by way of {}", .through.join(" and "))]
    Circle {
        /// The edition.
        version: Version,
        /// Those between.
        through: Vec<String>,
    },
    /// A file says something that cannot be.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Wrong(#[from] Box<Complaint>),
    /// The edition does not hold together.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Check(#[from] crate::check::CheckError),
}

/// The files of one edition: path within the edition, and text.
type Files = BTreeMap<String, String>;

impl Source {
    /// The versions of which there is an edition, in order.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn versions(&self) -> Result<Vec<Version>, LoadError> {
        let mut versions: Vec<Version> = match self {
            Self::Embedded => CATALOGUE
                .dirs()
                .filter_map(|d| d.path().to_str()?.parse().ok())
                .collect(),
            Self::Folder(folder) => list(folder)?
                .iter()
                .filter_map(|path| path.file_name()?.to_str()?.parse().ok())
                .collect(),
        };
        versions.sort();
        Ok(versions)
    }

    /// Reads an edition, lays it over those it extends, and checks it.
    ///
    /// # Errors
    /// See [`LoadError`]; a wrong file is shown with its line.
    pub fn load(&self, version: &Version) -> Result<Catalogue, LoadError> {
        let chain = self.chain(version)?;
        let mut edition = Layers::default();
        let mut likes: IndexMap<String, Layers> = IndexMap::new();
        let mut parts: IndexMap<(String, String), Vec<(String, Value)>> = IndexMap::new();
        let mut texts = BTreeMap::new();
        let mut digest = Sha256::new();
        for (version, files) in &chain {
            for (path, text) in files {
                let name = format!("{version}/{path}");
                let steps = path.split('/').collect::<Vec<_>>();
                // Other files, such as the contract, are for tests: they decide nothing.
                if !matches!(steps[..], [HEAD] | [_, _]) {
                    continue;
                }
                digest.update(name.as_bytes());
                digest.update(text.as_bytes());
                texts.insert(name.clone(), text.clone());
                let value = document::read::<Value>(&Document { name: &name, text })?;
                match steps[..] {
                    [LIKE, file] => likes.entry(stem(file)).or_default().lay(value, &name),
                    [module, file] => {
                        let key = (module.to_owned(), stem(file));
                        parts.entry(key).or_default().push((name.clone(), value));
                    }
                    _ => edition.lay(value, &name),
                }
            }
        }
        let (head, origins) = edition.finish();
        let edition: Edition = typed(head, &origins, &texts, "edition.yaml")?;
        let likes = likes
            .into_iter()
            .map(|(name, layers)| (name, layers.finish()))
            .collect();
        let mut components = IndexMap::new();
        for ((module, name), layers) in parts {
            let entry = assemble(module, &name, layers, &likes, &texts)?;
            components.insert(name, entry);
        }
        sort_by_module(&mut components, &edition);
        let digest = crate::hex(&digest.finalize());
        let catalogue = Catalogue {
            edition,
            components,
            digest,
        };
        crate::check::check(&catalogue)?;
        Ok(catalogue)
    }

    /// Reads what sizing rests on, laid over that of the editions it extends. Only sizing needs it, so no plan reads it.
    ///
    /// # Errors
    /// See [`LoadError`]; an edition without a file for it has none.
    pub fn sizing(&self, version: &Version) -> Result<Sizing, LoadError> {
        let mut layers = Layers::default();
        let mut texts = BTreeMap::new();
        for (version, files) in self.chain(version)? {
            if let Some(text) = files.get(SIZING) {
                let name = format!("{version}/{SIZING}");
                layers.lay(document::read(&Document { name: &name, text })?, &name);
                texts.insert(name, text.clone());
            }
        }
        if texts.is_empty() {
            return Err(LoadError::NoSizing {
                version: version.clone(),
            });
        }
        let (value, origins) = layers.finish();
        typed(value, &origins, &texts, SIZING)
    }

    /// The edition and those it extends, the oldest first.
    fn chain(&self, version: &Version) -> Result<Vec<(Version, Files)>, LoadError> {
        let mut chain: Vec<(Version, Files)> = Vec::new();
        let mut next = Some(version.clone());
        while let Some(version) = next {
            if chain.iter().any(|(seen, _)| *seen == version) {
                let through = chain
                    .iter()
                    .map(|(version, _)| format!("`{version}`"))
                    .collect();
                return Err(LoadError::Circle { version, through });
            }
            let files = self.files(&version)?;
            next = extends(&version, &files)?;
            chain.push((version, files));
        }
        chain.reverse();
        Ok(chain)
    }

    fn files(&self, version: &Version) -> Result<Files, LoadError> {
        let mut files = Files::new();
        match self {
            Self::Embedded => {
                if let Some(dir) = CATALOGUE.get_dir(version.as_str()) {
                    embedded(dir, dir.path(), &mut files);
                }
            }
            Self::Folder(folder) => {
                let root = folder.join(version.as_str());
                if root.is_dir() {
                    folder_files(&root, &root, &mut files)?;
                }
            }
        }
        if files.contains_key(HEAD) {
            return Ok(files);
        }
        let versions = self.versions()?;
        let known: Vec<&str> = versions.iter().map(Version::as_str).collect();
        let meant = nearest(version.as_str(), known.iter().copied());
        let help = match meant {
            Some(meant) => format!("did you mean `{meant}`? known: {}", known.join(", ")),
            None => format!("known: {}", known.join(", ")),
        };
        Err(LoadError::UnknownEdition {
            version: version.clone(),
            help,
        })
    }
}

/// Only the field that leads to the next edition; the head is read whole when it is laid.
fn extends(version: &Version, files: &Files) -> Result<Option<Version>, LoadError> {
    let name = format!("{version}/{HEAD}");
    let text = files.get(HEAD).map(String::as_str).unwrap_or_default();
    let value: Value = document::read(&Document { name: &name, text })?;
    match value.get("extends").and_then(Value::as_str) {
        None => Ok(None),
        Some(text_of_version) => text_of_version.parse().map(Some).map_err(|error| {
            let document = Document { name: &name, text };
            Box::new(Complaint::at(&document, &["extends"], format!("{error}"))).into()
        }),
    }
}

fn assemble(
    module: String,
    name: &str,
    own: Vec<(String, Value)>,
    likes: &IndexMap<String, (Value, Origins)>,
    texts: &BTreeMap<String, String>,
) -> Result<Entry, LoadError> {
    let mut layers = Layers::default();
    let like = own
        .iter()
        .rev()
        .find_map(|(file, value)| Some((file, value.get("like")?.as_str()?.to_owned())));
    if let Some((file, like)) = like {
        let Some((value, _)) = likes.get(&like) else {
            let text = texts.get(file).map(String::as_str).unwrap_or_default();
            let complaint = Complaint::at(
                &Document { name: file, text },
                &["like"],
                format!("no `like/{like}.yaml`"),
            );
            let known = likes
                .keys()
                .map(String::as_str)
                .collect::<Vec<_>>()
                .join(", ");
            return Err(Box::new(complaint.with_help(format!("known: {known}"))).into());
        };
        layers.lay(value.clone(), &format!("like/{like}.yaml"));
    }
    for (file, value) in own {
        layers.lay(value, &file);
    }
    let (value, origins) = layers.finish();
    let component = typed(value, &origins, texts, name)?;
    Ok(Entry {
        component,
        module,
        origins,
    })
}

/// The type of a laid document; what does not fit is shown in the file that said it.
fn typed<T: DeserializeOwned>(
    value: Value,
    origins: &Origins,
    texts: &BTreeMap<String, String>,
    what: &str,
) -> Result<T, LoadError> {
    serde_path_to_error::deserialize(value).map_err(|error| {
        let path: Vec<String> = error.path().iter().map(step).collect();
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        let file = origins.of(&format!("/{}", path.join("/"))).unwrap_or(what);
        let text = texts.get(file).map(String::as_str).unwrap_or_default();
        let message = format!("{}: {}", path.join("."), error.inner());
        Box::new(Complaint::at(
            &Document { name: file, text },
            &path,
            message,
        ))
        .into()
    })
}

/// A step of the path to what does not fit, as a JSON pointer names it.
fn step(segment: &Segment) -> String {
    match segment {
        Segment::Seq { index } => index.to_string(),
        other => other.to_string(),
    }
}

/// Modules in the edition's order, components of a module by name; of modules that the edition does not know (the
/// check refuses them) last.
fn sort_by_module(components: &mut IndexMap<String, Entry>, edition: &Edition) {
    let place = |module: &str| edition.modules.get_index_of(module).unwrap_or(usize::MAX);
    components.sort_by(|a, x, b, y| (place(&x.module), a).cmp(&(place(&y.module), b)));
}

fn stem(file: &str) -> String {
    file.strip_suffix(".yaml").unwrap_or(file).to_owned()
}

fn embedded(dir: &Dir<'_>, root: &Path, into: &mut Files) {
    for file in dir.files() {
        insert(
            into,
            file.path(),
            root,
            file.contents_utf8().unwrap_or_default(),
        );
    }
    for dir in dir.dirs() {
        embedded(dir, root, into);
    }
}

fn folder_files(folder: &Path, root: &Path, into: &mut Files) -> Result<(), LoadError> {
    for path in list(folder)? {
        if path.is_dir() {
            folder_files(&path, root, into)?;
        } else {
            let text = std::fs::read_to_string(&path).map_err(|source| LoadError::Read {
                path: path.clone(),
                source,
            })?;
            insert(into, &path, root, &text);
        }
    }
    Ok(())
}

fn insert(into: &mut Files, path: &Path, root: &Path, text: &str) {
    let within = path
        .strip_prefix(root)
        .unwrap_or(path)
        .to_string_lossy()
        .into_owned();
    if within.ends_with(".yaml") {
        into.insert(within, text.to_owned());
    }
}

fn list(folder: &Path) -> Result<Vec<PathBuf>, LoadError> {
    let read = |source| LoadError::Read {
        path: folder.to_owned(),
        source,
    };
    let entries = std::fs::read_dir(folder).map_err(read)?;
    entries
        .map(|entry| entry.map(|entry| entry.path()).map_err(read))
        .collect()
}
