//! Why a server is not there.

use std::path::PathBuf;

/// Why a server is not there. Reads after "failed to".
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// Its program, or something that it needs, is not on this machine and cannot be brought.
    #[error("find {what}: {reason}")]
    Missing {
        /// What is missing.
        what: String,
        /// Where it was looked for.
        reason: String,
        /// How to bring it.
        help: String,
    },
    /// A file or the program cannot be used.
    #[error("use `{path}`")]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: std::io::Error,
    },
    /// It ended when it should run, or a command that sets it up failed.
    #[error("run {what}: {how}{}", shown(.last_lines))]
    Ended {
        /// The server or command.
        what: String,
        /// How it ended.
        how: String,
        /// The last lines of what it wrote.
        last_lines: Vec<String>,
    },
    /// It does not answer in time.
    #[error("wait for {what}: no answer within {seconds} s{}", shown(.last_lines))]
    Silent {
        /// The server.
        what: String,
        /// How long was waited.
        seconds: u64,
        /// The last lines of what it wrote.
        last_lines: Vec<String>,
    },
}

impl ServerError {
    /// What a person can do about it.
    pub fn help(&self) -> Option<&str> {
        match self {
            Self::Missing { help, .. } => Some(help),
            _ => None,
        }
    }

    /// Whether this machine lacks something, so that a report can say the part was skipped.
    pub fn is_missing(&self) -> bool {
        matches!(self, Self::Missing { .. })
    }
}

fn shown(lines: &[String]) -> String {
    match lines {
        [] => String::new(),
        lines => format!("; its last lines:\n  {}", lines.join("\n  ")),
    }
}

/// Attaches the path to what the system says.
pub(crate) trait AtPath<T> {
    /// The error becomes [`ServerError::File`].
    fn at(self, path: &std::path::Path) -> Result<T, ServerError>;
}

impl<T> AtPath<T> for std::io::Result<T> {
    fn at(self, path: &std::path::Path) -> Result<T, ServerError> {
        self.map_err(|source| ServerError::File {
            path: path.to_owned(),
            source,
        })
    }
}
