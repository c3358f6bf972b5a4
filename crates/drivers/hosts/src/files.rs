//! Files of a host: looked at, read, and put in place whole.

use std::fmt;

use sha2::{Digest, Sha256};

use crate::command::Command;
use crate::error::HostError;
use crate::shell::Shell;

/// Says what is at a path: `absent`, `folder`, or digest, mode and owner of a file.
const LOOK: &str = include_str!("files/look.sh");
/// Puts its input in place of a file, whole or not at all.
const WRITE: &str = include_str!("files/write.sh");
/// The exit code of a script for a file that is not there.
const ABSENT: u32 = 44;
/// How much is read of a file: settings and certificates have kilobytes.
const LIMIT: usize = 16 << 20;

/// A file as it is to be on a host. It belongs to root, unless another owner is given.
#[derive(Clone)]
pub struct FileOnHost {
    /// Full path.
    pub path: String,
    /// Content. It may be secret: it is never shown.
    pub content: Vec<u8>,
    /// Rights, such as `0o644`.
    pub mode: u32,
    /// `user:group`.
    pub owner: String,
}

impl FileOnHost {
    /// A file of root that everybody may read.
    pub fn new(path: impl Into<String>, content: impl Into<Vec<u8>>) -> Self {
        Self {
            path: path.into(),
            content: content.into(),
            mode: 0o644,
            owner: "root:root".to_owned(),
        }
    }

    /// The same with other rights.
    #[must_use]
    pub fn mode(mut self, mode: u32) -> Self {
        self.mode = mode;
        self
    }

    /// The same with another owner, `user:group`.
    #[must_use]
    pub fn owner(mut self, owner: impl Into<String>) -> Self {
        self.owner = owner.into();
        self
    }

    /// SHA-256 of its content, in hexadecimal digits.
    pub fn digest(&self) -> String {
        hex(&Sha256::digest(&self.content))
    }
}

impl fmt::Debug for FileOnHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            path, mode, owner, ..
        } = self;
        write!(f, "FileOnHost({path}, {mode:o}, {owner})")
    }
}

/// What became of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// SHA-256 of what was there; none when nothing was.
    pub before: Option<String>,
    /// SHA-256 of what is there now.
    pub after: String,
    /// Whether anything was written: content, rights or owner.
    pub is_changed: bool,
}

/// A file as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Present {
    digest: String,
    mode: u32,
    owner: String,
}

/// Puts a file in place, whole or not at all; one that is as it should be is not touched.
///
/// It is written beside its place, checked by SHA-256, written to the disk, and renamed. A link at its place is replaced, not followed.
/// Its folder is made when it is not there.
///
/// # Errors
/// Its folder cannot be made, the disk is full, sudo refuses, the connection broke off; then the old file is still there.
pub async fn write(shell: &dyn Shell, file: &FileOnHost) -> Result<Written, HostError> {
    let what = format!("write `{}`", file.path);
    let present = look(shell, &file.path).await?;
    let digest = file.digest();
    let is_same = present.as_ref().is_some_and(|present| {
        present.digest == digest && present.mode == file.mode && present.owner == file.owner
    });
    let written = Written {
        before: present.map(|present| present.digest),
        after: digest.clone(),
        is_changed: !is_same,
    };
    if is_same {
        return Ok(written);
    }
    let mode = format!("{:o}", file.mode);
    let arguments = [file.path.as_str(), &mode, &file.owner, &digest];
    let command = Command::script(&what, WRITE, arguments).as_root();
    let command = command.input(file.content.clone());
    let output = shell.run(&command).await?;
    output.succeeded(shell.host(), &what)?;
    Ok(written)
}

/// SHA-256 of a file; none when it is not there.
///
/// # Errors
/// A folder is there, or it cannot be read.
pub async fn digest(shell: &dyn Shell, path: &str) -> Result<Option<String>, HostError> {
    let present = look(shell, path).await?;
    Ok(present.map(|present| present.digest))
}

/// Reads a file as root; none when it is not there.
///
/// # Errors
/// It cannot be read, or is larger than any file that is read here.
pub async fn read(shell: &dyn Shell, path: &str) -> Result<Option<Vec<u8>>, HostError> {
    let what = format!("read `{path}`");
    let script = format!("[ -e \"$1\" ] || exit {ABSENT}\nexec cat -- \"$1\"");
    let command = Command::script(&what, &script, [path]);
    let output = shell.run(&command.as_root().at_most(LIMIT)).await?;
    if output.code() == Some(ABSENT) {
        return Ok(None);
    }
    let output = output.succeeded(shell.host(), &what)?;
    Ok(Some(output.stdout))
}

async fn look(shell: &dyn Shell, path: &str) -> Result<Option<Present>, HostError> {
    let what = format!("look at `{path}`");
    let command = Command::script(&what, LOOK, [path]).as_root();
    let output = shell.run(&command).await?;
    let output = output.succeeded(shell.host(), &what)?;
    let text = output.text();
    let problem = match text.trim() {
        "absent" => return Ok(None),
        "folder" => "it is a folder".to_owned(),
        line => match present(line) {
            Some(present) => return Ok(Some(present)),
            None => format!("it answers `{line}`"),
        },
    };
    Err(HostError::Unexpected {
        host: shell.host().to_owned(),
        what,
        problem,
    })
}

fn present(line: &str) -> Option<Present> {
    let mut words = line.split(' ');
    let present = Present {
        digest: words.next().filter(|word| is_digest(word))?.to_owned(),
        mode: u32::from_str_radix(words.next()?, 8).ok()?,
        owner: words.next()?.to_owned(),
    };
    words.next().is_none().then_some(present)
}

fn is_digest(word: &str) -> bool {
    word.len() == 64 && word.bytes().all(|b| b.is_ascii_hexdigit())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_about_a_file_is_read_strictly() {
        let digest = "a".repeat(64);
        let line = format!("{digest} 644 root:root");
        let read = present(&line).unwrap();
        assert_eq!((read.mode, read.owner.as_str()), (0o644, "root:root"));
        for bad in [
            "".to_owned(),
            digest.clone(),
            format!("{digest} 9 root:root"),
            format!("{line} more"),
            "x 644 root:root".to_owned(),
        ] {
            assert_eq!(present(&bad), None, "{bad}");
        }
    }

    #[test]
    fn the_content_of_a_file_is_not_shown() {
        let file = FileOnHost::new("/etc/key", "secret").mode(0o600);
        assert_eq!(format!("{file:?}"), "FileOnHost(/etc/key, 600, root:root)");
    }
}
