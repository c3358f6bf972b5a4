//! What is being done, for whoever waits.

use std::time::Duration;

/// What is done with an artefact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Another process makes the same artefact; this one waits for it.
    Waiting,
    /// Bytes come over the network.
    Downloading,
    /// Packages are compiled.
    Building,
    /// It is here.
    Ready,
}

/// How far one artefact is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// Name and version.
    pub what: String,
    /// What is done with it.
    pub action: Action,
    /// Bytes or packages so far.
    pub done: u64,
    /// Bytes or packages in all, when known. A build that finds some in Go's own cache ends below it.
    pub total: Option<u64>,
    /// Since work on this artefact began.
    pub elapsed: Duration,
}

/// Whoever wants to know.
pub trait Progress: Send + Sync {
    /// Called whenever something changed, many times a second at worst.
    fn report(&self, report: &Report);
}

/// Nobody wants to know.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Progress for Silent {
    fn report(&self, _: &Report) {}
}

impl<F: Fn(&Report) + Send + Sync> Progress for F {
    fn report(&self, report: &Report) {
        self(report);
    }
}
