//! A bare repository that trees are read from. What it says is not believed: whoever reads computes the id anew.

use std::ffi::OsStr;
use std::fs;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Component, Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use super::tree::ObjectId;
use crate::error::{ArtefactError, AtPath};

/// What of the caller's environment would lead Git elsewhere.
const MISLEADING: [&str; 6] = [
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_NAMESPACE",
];

/// A connection that brings less than 1000 bytes a second for so many seconds is given up.
pub(crate) const STALLED: [&str; 4] = [
    "-c",
    "http.lowSpeedLimit=1000",
    "-c",
    "http.lowSpeedTime=20",
];

/// Keeps Git from every server.
const ALONE: [&str; 2] = ["-c", "protocol.allow=never"];

/// A repository on this machine.
#[derive(Debug, Clone)]
pub(crate) struct Repository {
    git: PathBuf,
    folder: PathBuf,
    gaps: Gaps,
}

/// What to do about files that a repository has left where it came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Gaps {
    /// They are missing.
    Stay,
    /// They are fetched.
    Fetched,
}

/// A file of a tree.
struct Blob {
    mode: Mode,
    id: String,
    path: PathBuf,
}

#[derive(Clone, Copy)]
enum Mode {
    Plain = 0o644,
    Runs = 0o755,
}

/// A Git that gives one object after the other.
struct Reader {
    child: Child,
    ask: ChildStdin,
    answers: BufReader<ChildStdout>,
}

/// A command of Git that asks nobody and listens to no environment.
pub(crate) fn git(program: &Path) -> Command {
    let mut command = Command::new(program);
    for variable in MISLEADING {
        command.env_remove(variable);
    }
    command.env_remove("GIT_ASKPASS").env_remove("SSH_ASKPASS");
    command.env("GIT_TERMINAL_PROMPT", "0").env("LC_ALL", "C");
    command.env("GIT_NO_REPLACE_OBJECTS", "1");
    command.stdin(Stdio::null());
    command
}

impl Repository {
    /// The repository in `folder`, if there is one.
    pub(crate) fn open(program: &Path, folder: &Path, gaps: Gaps) -> Option<Self> {
        let bare = [folder.join(".git"), folder.to_owned()];
        let folder = bare.into_iter().find(|it| it.join("objects").is_dir())?;
        Some(Self {
            git: program.to_owned(),
            folder,
            gaps,
        })
    }

    /// Where it is.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Whether it has the tree. Blocks.
    pub(crate) fn has(&self, tree: ObjectId) -> Result<bool, ArtefactError> {
        let mut command = self.command();
        command.args(ALONE);
        command.args(["cat-file", "-t", &tree.to_string()]);
        let output = command.output().at(&self.git)?;
        Ok(output.status.success() && output.stdout.trim_ascii() == b"tree")
    }

    /// The tree that a folder is in a commit, as it says. Blocks.
    pub(crate) fn tree_at(
        &self,
        commit: &str,
        folder: &str,
    ) -> Result<Option<String>, ArtefactError> {
        let mut command = self.command();
        command.args(["rev-parse", "--verify", "--quiet"]);
        command.arg(format!("{commit}:{}", folder.trim_matches('/')));
        let output = command.output().at(&self.git)?;
        let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        Ok(output.status.success().then_some(text))
    }

    /// The ids of all files of a tree, one a line. Blocks.
    pub(crate) fn ids(&self, tree: ObjectId) -> Result<String, ArtefactError> {
        let blobs = self.blobs(tree).at(&self.folder)?;
        Ok(blobs.iter().map(|blob| format!("{}\n", blob.id)).collect())
    }

    /// Writes all files of a tree into an empty folder. Blocks.
    pub(crate) fn write(&self, tree: ObjectId, target: &Path) -> Result<(), ArtefactError> {
        let blobs = self.blobs(tree).at(&self.folder)?;
        let mut reader = Reader::start(self).at(&self.folder)?;
        for blob in blobs {
            let path = target.join(&blob.path);
            let bytes = reader.read(&blob.id).at(&self.folder)?;
            if let Some(parent) = path.parent() {
                fs::create_dir_all(parent).at(parent)?;
            }
            fs::write(&path, bytes).at(&path)?;
            let mode = fs::Permissions::from_mode(blob.mode as u32);
            fs::set_permissions(&path, mode).at(&path)?;
        }
        Ok(())
    }

    fn blobs(&self, tree: ObjectId) -> io::Result<Vec<Blob>> {
        let mut command = self.command();
        command.args(["ls-tree", "-r", "-z", "--full-tree", &tree.to_string()]);
        let output = command.output()?;
        if !output.status.success() {
            return Err(io::Error::other(said(&output.stderr)));
        }
        let lines = output.stdout.split(|byte| *byte == 0);
        lines.filter(|line| !line.is_empty()).map(blob).collect()
    }

    /// A command of Git on this repository.
    pub(crate) fn command(&self) -> Command {
        let mut command = git(&self.git);
        // named outright, it may belong to somebody else
        command.arg("--git-dir").arg(&self.folder);
        match self.gaps {
            Gaps::Stay => command.args(ALONE),
            Gaps::Fetched => command.args(STALLED),
        };
        command
    }
}

/// Reads a line such as `100644 blob ID<TAB>PATH`.
fn blob(line: &[u8]) -> io::Result<Blob> {
    let text = String::from_utf8_lossy(line).into_owned();
    let wrong = || io::Error::other(format!("`{text}` is not an entry that is taken"));
    let tab = line.iter().position(|byte| *byte == b'\t');
    let (head, path) = line.split_at(tab.ok_or_else(wrong)?);
    let head: Vec<&str> = str::from_utf8(head)
        .map_err(|_| wrong())?
        .split(' ')
        .collect();
    let path = PathBuf::from(OsStr::from_bytes(&path[1..]));
    let inside = |part: Component<'_>| matches!(part, Component::Normal(_));
    let (mode, id) = match head[..] {
        ["100644", "blob", id] => (Mode::Plain, id),
        ["100755", "blob", id] => (Mode::Runs, id),
        // links and other repositories lead out of the folder
        _ => return Err(wrong()),
    };
    match path.components().all(inside) {
        true => Ok(Blob {
            mode,
            id: id.to_owned(),
            path,
        }),
        false => Err(wrong()),
    }
}

impl Reader {
    fn start(repository: &Repository) -> io::Result<Self> {
        let mut command = repository.command();
        command.args(["cat-file", "--batch"]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.stderr(Stdio::null()).spawn()?;
        let gone = || io::Error::other("git has no pipe");
        Ok(Self {
            ask: child.stdin.take().ok_or_else(gone)?,
            answers: BufReader::new(child.stdout.take().ok_or_else(gone)?),
            child,
        })
    }

    fn read(&mut self, id: &str) -> io::Result<Vec<u8>> {
        writeln!(self.ask, "{id}")?;
        let mut line = String::new();
        self.answers.read_line(&mut line)?;
        let size = match line.trim_end().split(' ').collect::<Vec<_>>()[..] {
            [_, "blob", size] => size.parse::<u64>().map_err(io::Error::other)?,
            _ => return Err(io::Error::other(format!("it does not give `{id}`"))),
        };
        let mut bytes = Vec::new();
        // one line end follows
        (&mut self.answers).take(size + 1).read_to_end(&mut bytes)?;
        match bytes.pop() {
            Some(b'\n') => Ok(bytes),
            _ => Err(io::Error::other(format!("it ends within `{id}`"))),
        }
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What Git calls fatal; what follows is advice.
pub(crate) fn said(stderr: &[u8]) -> String {
    let text = String::from_utf8_lossy(stderr);
    let fatal = text.lines().find_map(|line| line.strip_prefix("fatal: "));
    let last = || text.lines().rfind(|line| !line.trim().is_empty());
    let line = fatal.or_else(last).unwrap_or("git says nothing");
    line.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391";

    #[test]
    fn only_files_inside_the_folder_are_taken() {
        let taken = |mode: &str, kind: &str, path: &str| {
            blob(format!("{mode} {kind} {ID}\t{path}").as_bytes()).is_ok()
        };
        assert!(taken("100644", "blob", "ddl/keymgr-fk.sql"));
        assert!(taken("100755", "blob", "deploy now.sh"));
        for (mode, kind, path) in [
            ("120000", "blob", "link"),
            ("160000", "commit", "other"),
            ("100644", "blob", "../outside"),
            ("100644", "blob", "/etc/passwd"),
        ] {
            assert!(!taken(mode, kind, path), "{mode} {path}");
        }
    }
}
