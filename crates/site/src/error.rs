//! Why there is no site.

use std::path::{Path, PathBuf};

/// Why there is no site. Reads after "failed to".
#[derive(Debug, thiserror::Error)]
pub enum SiteError {
    /// The machine cannot have one.
    #[error("have a site on this machine: {reason}")]
    Unfit {
        /// What it lacks.
        reason: String,
    },
    /// A file cannot be used.
    #[error("use `{path}`")]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: std::io::Error,
    },
    /// A program failed.
    #[error("{what}: {how}{}", shown(.last_lines))]
    Command {
        /// What it was to do.
        what: String,
        /// How it ended.
        how: String,
        /// The last lines of what it wrote.
        last_lines: Vec<String>,
    },
    /// A program of the files folder cannot be had.
    #[error("get the programs of the files folder")]
    Program(#[source] mosipctl_artefact::ArtefactError),
    /// A host did not come up.
    #[error("boot host `{host}`: {how}{}", shown(.last_lines))]
    Boot {
        /// The host.
        host: String,
        /// What was seen instead.
        how: String,
        /// The last lines of its console.
        last_lines: Vec<String>,
    },
    /// There is one of that name.
    #[error("make site `{0}`: it is there already")]
    Taken(String),
    /// There is none of that name.
    #[error("find site `{0}`")]
    Absent(String),
    /// The name cannot be one of a site.
    #[error("name a site `{0}`: it is no word of up to 32 lower-case letters, digits and `-`")]
    Name(String),
    /// Only who made the site minds its hosts.
    #[error("mind host `{0}`: another process made this site")]
    NotOurs(String),
    /// The site has no host of that name.
    #[error("find host `{host}`: the site has {known}")]
    NoHost {
        /// What was asked for.
        host: String,
        /// The hosts that it has.
        known: String,
    },
}

impl SiteError {
    /// What a person can do about it.
    pub fn remedy(&self) -> Option<&'static str> {
        match self {
            Self::Unfit { .. } => Some(
                "be root on a Debian, with `apt-get install debootstrap systemd-container openssh-client iproute2`",
            ),
            Self::Taken(_) => {
                Some("use it, take it down with `cargo xtask site down`, or give another `--name`")
            }
            Self::Absent(_) => Some("make one with `cargo xtask site up`"),
            _ => None,
        }
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
    /// The error becomes [`SiteError::File`].
    fn at(self, path: &Path) -> Result<T, SiteError>;
}

impl<T> AtPath<T> for std::io::Result<T> {
    fn at(self, path: &Path) -> Result<T, SiteError> {
        self.map_err(|source| SiteError::File {
            path: path.to_owned(),
            source,
        })
    }
}
