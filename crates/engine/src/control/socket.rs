//! A path that the system accepts as the name of a socket.
//!
//! The name of a Unix socket has at most 108 bytes (unix(7)), and state folders are longer. Its folder, opened, has a
//! short name under `/proc`.

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};

/// What fits everywhere: macOS allows 104 bytes with the one at the end.
const LONGEST: usize = 103;

/// A name for a socket, good for as long as this is kept.
pub(super) struct ShortPath {
    path: PathBuf,
    /// Keeps the name under `/proc` alive.
    _folder: Option<File>,
}

impl ShortPath {
    pub(super) fn of(path: &Path) -> io::Result<Self> {
        let short = path.as_os_str().len() <= LONGEST;
        match (path.parent(), path.file_name()) {
            (Some(folder), Some(name)) if !short => {
                let folder = File::open(folder)?;
                let link = PathBuf::from(format!("/proc/self/fd/{}", folder.as_raw_fd()));
                Ok(Self {
                    path: link.join(name),
                    _folder: Some(folder),
                })
            }
            _ => Ok(Self {
                path: path.to_owned(),
                _folder: None,
            }),
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}
