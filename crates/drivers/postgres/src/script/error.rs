//! Why a script cannot be read.

use crate::script::place::Place;

/// Why a script cannot be read. Reads after "failed to".
#[derive(Debug, thiserror::Error)]
pub enum ScriptError {
    /// A file is not there or cannot be read.
    #[error("read `{file}`{}", named(.by.as_ref()))]
    File {
        /// The file, from the folder of the scripts on.
        file: String,
        /// The line that names it; none when it is the first.
        by: Option<Place>,
        /// What the system says.
        #[source]
        source: std::io::Error,
    },
    /// A line cannot be understood.
    #[error("read {place}: {problem}")]
    Line {
        /// The line.
        place: Place,
        /// What is wrong with it.
        problem: String,
    },
}

fn named(place: Option<&Place>) -> String {
    place.map_or_else(String::new, |place| format!(", which {place} names"))
}
