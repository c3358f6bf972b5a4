//! What is to be changed, and how to go back.

use std::time::Duration;

use crate::error::HostError;
use crate::files::FileOnHost;

/// How long a host waits for a confirmation.
const SPAN: Duration = Duration::from_secs(60);

/// A change of files and of what reads them. Scripts are for the POSIX shell and run as root; the search path has `/usr/sbin`.
#[derive(Debug, Clone)]
pub struct Change {
    name: &'static str,
    files: Vec<FileOnHost>,
    span: Duration,
    remedy: String,
    pub(super) keep: String,
    pub(super) check: String,
    pub(super) apply: String,
    pub(super) back: String,
    pub(super) settle: String,
    pub(super) state: String,
}

impl Change {
    /// These files, and nothing else yet. The name stands in units and folders of the host: lower-case letters.
    pub fn new(name: &'static str, files: Vec<FileOnHost>) -> Self {
        let nothing = || ":".to_owned();
        Self {
            name,
            files,
            span: SPAN,
            remedy: "see what the new files say, mend them, and try again".to_owned(),
            keep: nothing(),
            check: nothing(),
            apply: nothing(),
            back: nothing(),
            settle: nothing(),
            state: nothing(),
        }
    }

    /// The same, with another time after which the host puts back what was before. Default: a minute.
    #[must_use]
    pub fn within(mut self, span: Duration) -> Self {
        self.span = span;
        self
    }

    /// The same, with what a person can do when it would have cut us off.
    #[must_use]
    pub fn remedy(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = remedy.into();
        self
    }

    /// The same, with a script that notes down in the folder `$1` what is in force and lies in no file.
    #[must_use]
    pub fn keep(mut self, script: impl Into<String>) -> Self {
        self.keep = script.into();
        self
    }

    /// The same, with a script that fails when the new files cannot work.
    #[must_use]
    pub fn check(mut self, script: impl Into<String>) -> Self {
        self.check = script.into();
        self
    }

    /// The same, with a script that puts the new files in force.
    #[must_use]
    pub fn apply(mut self, script: impl Into<String>) -> Self {
        self.apply = script.into();
        self
    }

    /// The same, with a script that puts in force what was before: the files are back, and what was noted down is in the folder `$1`.
    #[must_use]
    pub fn back(mut self, script: impl Into<String>) -> Self {
        self.back = script.into();
        self
    }

    /// The same, with a script that makes it last over a start of the host; it runs when the change was confirmed.
    #[must_use]
    pub fn settle(mut self, script: impl Into<String>) -> Self {
        self.settle = script.into();
        self
    }

    /// The same, with a script that prints what is in force, so that a change by another hand is seen.
    #[must_use]
    pub fn state(mut self, script: impl Into<String>) -> Self {
        self.state = script.into();
        self
    }

    /// Its name.
    pub fn name(&self) -> &str {
        self.name
    }

    /// Its files.
    pub fn files(&self) -> &[FileOnHost] {
        &self.files
    }

    /// After which time the host puts back what was before.
    pub fn span(&self) -> Duration {
        self.span
    }

    /// What is done, for errors.
    pub(super) fn what(&self) -> String {
        format!("change `{}`", self.name)
    }

    /// The error for a change that is undone.
    pub(super) fn put_back(&self, host: &str, source: Option<HostError>) -> HostError {
        HostError::PutBack {
            host: host.to_owned(),
            what: self.what(),
            remedy: self.remedy.clone(),
            source: source.map(Box::new),
        }
    }
}
