//! Folders of Git repositories, such as the SQL scripts of a database, pinned by the id of their tree.
//!
//! The cache is looked at first, then a folder of mirrors, then the server that the repository is at home on. The tree's id alone
//! decides what is right, so a mirror serves even where it lacks the tag, and nobody on the way has to be trusted: the id is
//! computed from the files, when they are read and each time they are used.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Instant;

use crate::error::{ArtefactError, AtPath};
use crate::installed::find;
use crate::progress::{Action, Report};
use crate::resolve::{Artefacts, blocking};
use crate::settings::{MIRROR_VARIABLE, Network};
use repository::{Gaps, Repository};
use tree::{ObjectId, tree_of};
use upstream::Upstream;

mod repository;
mod tree;
mod upstream;

/// Tells apart the scratch folders of one process.
static SCRATCH: AtomicU32 = AtomicU32::new(0);

/// A folder of a Git repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GitFolder {
    /// `OWNER/NAME`.
    pub repository: String,
    /// Tag that has it.
    pub reference: String,
    /// The folder in it.
    pub folder: String,
    /// Id of its tree, which pins its content: 40 hexadecimal digits.
    pub tree: String,
}

/// A folder that is looked for, and where it ends up.
struct Search {
    git: PathBuf,
    wanted: GitFolder,
    tree: ObjectId,
    target: PathBuf,
    scratch: Scratch,
}

/// A folder that goes away with this value.
struct Scratch(PathBuf);

impl GitFolder {
    /// The tree's id, if all that goes to Git is what it claims to be.
    fn checked(&self) -> Result<ObjectId, ArtefactError> {
        let wrong = |reason: String| ArtefactError::Missing {
            what: self.to_string(),
            reason,
            help: "correct it in the catalogue".to_owned(),
        };
        let is_name = |part: &str| {
            let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
            !part.is_empty() && !part.starts_with(['.', '-']) && part.bytes().all(fits)
        };
        let parts: Vec<&str> = self.repository.split('/').collect();
        if parts.len() != 2 || !parts.iter().all(|part| is_name(part)) {
            return Err(wrong(format!("`{}` is no OWNER/NAME", self.repository)));
        }
        if !self.reference.split('/').all(is_name) {
            return Err(wrong(format!("`{}` is no tag", self.reference)));
        }
        let tree = self.tree.parse::<ObjectId>();
        tree.map_err(|error| wrong(error.to_string()))
    }

    fn name(&self) -> &str {
        let name = self.repository.rsplit('/').next();
        name.unwrap_or(&self.repository)
    }

    /// Where a mirror of the repository may be.
    fn places(&self, mirrors: &Path) -> [PathBuf; 4] {
        let repository = &self.repository;
        let joined = repository.replace('/', "+");
        [
            mirrors.join(format!("{repository}.git")),
            mirrors.join(repository),
            mirrors.join(joined).join("repo"),
            mirrors.join(format!("{}.git", self.name())),
        ]
    }
}

impl fmt::Display for GitFolder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            repository,
            reference,
            folder,
            ..
        } = self;
        write!(f, "`{folder}` of {repository} at {reference}")
    }
}

impl Artefacts {
    /// A folder in the cache with exactly the files of a tree. It is not to be written to.
    ///
    /// # Errors
    /// Nobody has it, or what somebody has is not what was pinned; see [`ArtefactError`].
    pub async fn git_folder(&self, wanted: &GitFolder) -> Result<PathBuf, ArtefactError> {
        let started = Instant::now();
        let tree = wanted.checked()?;
        let folder = format!("{}-{}", wanted.name(), tree.short());
        let target = self.settings().cache.join("git").join(&folder);
        let cached = target.clone();
        if blocking(move || Ok(is_whole(&cached, tree))).await? {
            return Ok(target);
        }
        let search = Search {
            git: find("git", self.settings().search_path.as_deref())
                .ok_or_else(|| no_git(wanted))?,
            wanted: wanted.clone(),
            tree,
            target: target.clone(),
            scratch: Scratch::new(&self.settings().cache, &folder),
        };
        self.bring_folder(search).await?;
        self.ready(wanted, started);
        Ok(target)
    }

    async fn bring_folder(&self, search: Search) -> Result<(), ArtefactError> {
        let mirrors = self.settings().git_mirrors.clone();
        let looked = blocking(move || {
            let found = mirrors.map(|mirrors| search.in_mirrors(&mirrors));
            let taken = found.transpose()?.flatten();
            let taken = taken.map(|mirror| search.take(&mirror)).transpose()?;
            Ok((search, taken.is_some()))
        });
        let (search, taken) = looked.await?;
        if taken {
            return Ok(());
        }
        if self.settings().network == Network::Refused {
            let reason = "and the network is not to be used";
            return Err(self.not_here(&search.wanted, reason));
        }
        self.tell_download(&search.wanted);
        let bare = search.scratch.0.join("upstream");
        let upstream = Upstream {
            git: &search.git,
            server: &self.settings().git_server,
            wanted: &search.wanted,
            tree: search.tree,
        };
        let cloned = upstream.clone(&bare).await?;
        blocking(move || search.take(&cloned)).await
    }

    fn tell_download(&self, wanted: &GitFolder) {
        self.progress.report(&Report {
            what: wanted.to_string(),
            action: Action::Downloading,
            done: 0,
            total: None,
            elapsed: std::time::Duration::ZERO,
        });
    }

    fn not_here(&self, wanted: &GitFolder, reason: &str) -> ArtefactError {
        let looked = match &self.settings().git_mirrors {
            Some(mirrors) => format!("no mirror in `{}` has its tree", mirrors.display()),
            None => format!("{MIRROR_VARIABLE} names no folder of mirrors"),
        };
        let GitFolder {
            repository, tree, ..
        } = wanted;
        ArtefactError::Missing {
            what: wanted.to_string(),
            reason: format!("not in the cache, {looked}, {reason} (tree {tree})"),
            help: format!(
                "put a bare mirror of {repository} as `{repository}.git` into the folder that {MIRROR_VARIABLE} names, \
                 made with `git clone --mirror {}/{repository}`",
                self.settings().git_server
            ),
        }
    }
}

impl Search {
    /// The first mirror that has the tree.
    fn in_mirrors(&self, mirrors: &Path) -> Result<Option<Repository>, ArtefactError> {
        for place in self.wanted.places(mirrors) {
            let repository = Repository::open(&self.git, &place, Gaps::Stay);
            if let Some(repository) = repository
                && repository.has(self.tree)?
            {
                return Ok(Some(repository));
            }
        }
        Ok(None)
    }

    /// Takes the tree out of a repository that has it, and puts it into the cache once it is proven.
    fn take(&self, repository: &Repository) -> Result<(), ArtefactError> {
        let made = self.scratch.0.join("tree");
        fs::create_dir_all(&made).at(&made)?;
        repository.write(self.tree, &made)?;
        let found = tree_of(&made).at(&made)?;
        match found == self.tree {
            true => self.place(&made),
            false => Err(ArtefactError::Tree {
                what: format!("{} in `{}`", self.wanted, repository.folder().display()),
                expected: self.tree.to_string(),
                found: found.to_string(),
            }),
        }
    }

    fn place(&self, made: &Path) -> Result<(), ArtefactError> {
        let target = &self.target;
        if target.exists() && !is_whole(target, self.tree) {
            // somebody changed it; it goes aside in one move, for a colleague may be reading it
            let aside = self.scratch.0.join("changed");
            fs::rename(target, &aside).at(target)?;
        }
        if let Some(parent) = target.parent() {
            fs::create_dir_all(parent).at(parent)?;
        }
        match fs::rename(made, target) {
            // a colleague was faster
            Err(_) if is_whole(target, self.tree) => Ok(()),
            renamed => renamed.at(target),
        }
    }
}

impl Scratch {
    fn new(cache: &Path, name: &str) -> Self {
        let number = SCRATCH.fetch_add(1, Ordering::Relaxed);
        let name = format!("{name}-{}-{number}", std::process::id());
        Self(cache.join("scratch").join(name))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Whether the folder is exactly the tree.
fn is_whole(folder: &Path, tree: ObjectId) -> bool {
    tree_of(folder).is_ok_and(|found| found == tree)
}

fn no_git(wanted: &GitFolder) -> ArtefactError {
    ArtefactError::Missing {
        what: wanted.to_string(),
        reason: "not in the cache, and there is no `git` in PATH to read it with".to_owned(),
        help: "apt-get install git".to_owned(),
    }
}
