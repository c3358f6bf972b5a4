//! Where repositories come from, when no mirror has them.

use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

use super::GitFolder;
use super::repository::{Gaps, Repository, STALLED, git, said};
use super::tree::ObjectId;
use crate::error::{ArtefactError, AtPath};

/// How long the server may take to say that it has the tag. It stands for every way in which a network does not answer.
const ASK: Duration = Duration::from_secs(20);
/// How long the clone may take: commits and folders of one tag, and the files of one folder.
const CLONE: Duration = Duration::from_secs(300);
/// A repository on a server.
pub(crate) struct Upstream<'a> {
    pub(crate) git: &'a Path,
    /// Such as `https://github.com`.
    pub(crate) server: &'a str,
    pub(crate) wanted: &'a GitFolder,
    pub(crate) tree: ObjectId,
}

impl Upstream<'_> {
    /// Clones what is needed into `target`.
    ///
    /// # Errors
    /// The server does not answer, lacks the tag, or has another folder under it.
    pub(crate) async fn clone(&self, target: &Path) -> Result<Repository, ArtefactError> {
        self.ask().await?;
        let mut command = self.command();
        command.args(["clone", "--quiet", "--bare", "--depth=1"]);
        // files are fetched below, and only those of the folder
        command.args(["--filter=blob:none", "--branch", &self.wanted.reference]);
        command.arg("--").arg(self.url()).arg(target);
        self.run(command, CLONE).await?;
        let gaps = Gaps::Fetched;
        let Some(repository) = Repository::open(self.git, target, gaps) else {
            return Err(self.failed(io::Error::other("the clone is no repository")));
        };
        self.check(&repository).await?;
        self.fetch_files(&repository).await?;
        Ok(repository)
    }

    fn url(&self) -> String {
        format!("{}/{}", self.server, self.wanted.repository)
    }

    fn command(&self) -> Command {
        let mut command = git(self.git);
        command.args(STALLED);
        command
    }

    async fn ask(&self) -> Result<(), ArtefactError> {
        let mut command = self.command();
        command.args(["ls-remote", "--quiet", "--", &self.url()]);
        command.arg(&self.wanted.reference);
        let output = self.run(command, ASK).await?;
        match output.stdout.is_empty() {
            true => {
                let text = format!("it has no tag `{}`", self.wanted.reference);
                Err(self.failed(io::Error::other(text)))
            }
            false => Ok(()),
        }
    }

    async fn check(&self, repository: &Repository) -> Result<(), ArtefactError> {
        let (repository, tree) = (repository.clone(), self.tree);
        let folder = self.wanted.folder.clone();
        let found = crate::resolve::blocking(move || match repository.has(tree)? {
            true => Ok(Ok(())),
            false => repository.tree_at("HEAD", &folder).map(Err),
        });
        match found.await? {
            Ok(()) => Ok(()),
            Err(Some(found)) => Err(ArtefactError::Tree {
                what: self.wanted.to_string(),
                expected: self.tree.to_string(),
                found,
            }),
            Err(None) => {
                let text = format!("it has no folder `{}` there", self.wanted.folder);
                Err(self.failed(io::Error::other(text)))
            }
        }
    }

    /// Fetches the folder's files at one time; those that are missing after that are fetched as they are read.
    async fn fetch_files(&self, repository: &Repository) -> Result<(), ArtefactError> {
        let (blobs, tree) = (repository.clone(), self.tree);
        let ids = crate::resolve::blocking(move || blobs.ids(tree)).await?;
        let list = repository.folder().join("wanted");
        std::fs::write(&list, ids).at(&list)?;
        let mut command = repository.command();
        // as Git itself fetches what it misses: with this, it does not look for commits around the files
        command.args(["-c", "fetch.negotiationAlgorithm=noop"]);
        command.args(["fetch", "--quiet", "--no-tags", "--no-write-fetch-head"]);
        command.args(["--filter=blob:none", "--stdin", "origin"]);
        command.stdin(std::fs::File::open(&list).at(&list)?);
        // a server that gives no single files has sent them all
        let _ = self.run(command, CLONE).await;
        Ok(())
    }

    async fn run(&self, command: Command, patience: Duration) -> Result<Output, ArtefactError> {
        let program = PathBuf::from(command.get_program());
        let mut command = tokio::process::Command::from(command);
        let running = command.kill_on_drop(true).output();
        let Ok(output) = tokio::time::timeout(patience, running).await else {
            let text = format!("no answer within {} s", patience.as_secs());
            return Err(self.failed(io::Error::other(text)));
        };
        let output = output.at(&program)?;
        match output.status.success() {
            true => Ok(output),
            false => Err(self.failed(io::Error::other(said(&output.stderr)))),
        }
    }

    fn failed(&self, source: io::Error) -> ArtefactError {
        ArtefactError::Download {
            what: self.wanted.to_string(),
            url: self.url(),
            source: Box::new(source),
        }
    }
}
