//! Files that somebody asked for, private ones too.

use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use mosipctl_report::Trouble;

/// Whether a file that is there is written over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Over {
    Allowed,
    Refused,
}

/// Writes a file with these permissions from its first byte on.
pub(crate) fn write(file: &Path, mode: u32, text: &str, over: Over) -> Result<(), Trouble> {
    let failed = |error: std::io::Error| {
        unwritable(file, &error.to_string())
            .remedy("name a place in a folder that is there and that you may write to")
    };
    if over == Over::Allowed && file.exists() {
        // one that others may read is not written into
        std::fs::remove_file(file).map_err(failed)?;
    }
    let mut options = OpenOptions::new();
    let mut opened = options
        .write(true)
        .create_new(true)
        .mode(mode)
        .open(file)
        .map_err(failed)?;
    opened.write_all(text.as_bytes()).map_err(failed)
}

/// That a file cannot be written, and why.
pub(crate) fn unwritable(file: &Path, why: &str) -> Trouble {
    Trouble::new(format!("failed to write `{}`: {why}", file.display()))
}
