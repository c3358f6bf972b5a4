//! What an artefact is: kind, name, version, and where it may come from.

use std::fmt;

use crate::digest::Sha256;
use crate::maven::Coordinates;
use crate::program::Recipe;

/// A sort of artefact; each has its folder in caches and mirrors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Something to run.
    Program,
    /// A packed Helm chart.
    Chart,
    /// A packed folder or a Java program.
    Archive,
}

/// Where an artefact can be got from when it is not here yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A download. Without a digest that somebody has read there is no such source.
    Https {
        /// The address; plain `http` only on the loopback interface.
        url: String,
        /// What the file must hash to.
        sha256: Sha256,
    },
    /// A file of a Maven repository.
    Maven {
        /// Where in the repository.
        coordinates: Coordinates,
        /// What the file must hash to.
        sha256: Sha256,
    },
    /// A build of pinned Go modules.
    GoModule(Recipe),
}

/// One thing from elsewhere, at one version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Artefact {
    /// What sort of thing.
    pub kind: Kind,
    /// Its name, which is its file name too.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Where it can be got from, the best first.
    pub sources: Vec<Source>,
}

impl Kind {
    /// The folder in a cache or a mirror.
    pub fn folder(self) -> &'static str {
        match self {
            Self::Program => "programs",
            Self::Chart => "charts",
            Self::Archive => "archives",
        }
    }
}

impl fmt::Display for Artefact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.name, self.version)
    }
}
