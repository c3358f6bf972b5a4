//! What goes wrong with a lab.

use std::fmt;
use std::path::PathBuf;

use mosipctl_artefact::ArtefactError;
use serde::{Deserialize, Serialize};

/// What goes wrong with a lab.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum LabError {
    /// A program cannot be had.
    #[error("failed to get a program of the control plane")]
    #[diagnostic(forward(0))]
    Artefact(#[from] ArtefactError),
    /// The lab runs already.
    #[error("lab `{0}` runs already")]
    #[diagnostic(help("`mosipctl lab stop` stops it"))]
    Running(String),
    /// It did not come up, or came down.
    #[error("lab `{name}` failed: {failure}")]
    Failed {
        /// Its name.
        name: String,
        /// Why.
        failure: Failure,
    },
    /// Its state cannot be read or written.
    #[error("failed to use `{path}`")]
    State {
        /// The file.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: std::io::Error,
    },
    /// Its API server does not answer.
    #[error("failed to speak to the API server of lab `{name}`")]
    Unreachable {
        /// Its name.
        name: String,
        /// What the client says.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// Why a lab came down, or never came up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// The program that is to blame, when one is.
    pub program: Option<String>,
    /// What happened.
    pub what: String,
    /// The last lines of its log.
    pub last_lines: Vec<String>,
}

impl Failure {
    /// Something that no program is to blame for.
    pub(crate) fn of(what: impl fmt::Display) -> Self {
        Self {
            program: None,
            what: what.to_string(),
            last_lines: Vec::new(),
        }
    }

    /// The whole chain of an error.
    pub(crate) fn caused(what: &str, error: &dyn std::error::Error) -> Self {
        let mut text = format!("{what}: {error}");
        let mut source = error.source();
        while let Some(error) = source {
            text = format!("{text}: {error}");
            source = error.source();
        }
        Self::of(text)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.program {
            Some(program) => write!(f, "`{program}` {}", self.what)?,
            None => f.write_str(&self.what)?,
        }
        if !self.last_lines.is_empty() {
            f.write_str("; its last lines:")?;
        }
        self.last_lines
            .iter()
            .try_for_each(|line| write!(f, "\n  {line}"))
    }
}

/// Attaches the path to what the system says.
pub(crate) trait AtPath<T> {
    /// The error becomes [`LabError::State`].
    fn at(self, path: &std::path::Path) -> Result<T, LabError>;
}

impl<T> AtPath<T> for std::io::Result<T> {
    fn at(self, path: &std::path::Path) -> Result<T, LabError> {
        self.map_err(|source| LabError::State {
            path: path.to_owned(),
            source,
        })
    }
}
