//! Settings that every command shares: resolved once, from flags and environment variables.

use std::path::PathBuf;

use mosipctl_catalogue::Source;
use mosipctl_report::Paint;

use crate::arguments::Arguments;

/// What every command knows.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    /// Output for programs.
    pub(crate) json: bool,
    /// Colour of what is said on stderr.
    pub(crate) talk: Paint,
    /// Colour of data on stdout.
    pub(crate) data: Paint,
    /// Whether somebody sits at a terminal and can be asked.
    pub(crate) is_terminal: bool,
    /// The catalogue.
    pub(crate) catalogue: Source,
    /// Charts; those in the program when none are given.
    pub(crate) charts: Option<PathBuf>,
}

impl Settings {
    pub(crate) fn of(arguments: &Arguments) -> Self {
        let shared = &arguments.shared;
        let is_terminal = console::user_attended() && console::user_attended_stderr();
        Self {
            json: shared.json,
            talk: Paint::for_stderr(),
            data: Paint::for_stdout(),
            is_terminal,
            catalogue: match &shared.catalogue {
                Some(folder) => Source::Folder(folder.clone()),
                None => Source::Embedded,
            },
            charts: shared.charts.clone(),
        }
    }
}
