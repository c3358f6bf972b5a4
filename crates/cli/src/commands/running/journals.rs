//! Where the journals and sockets of an environment's runs lie.

use std::path::PathBuf;

use mosipctl_journal::{Place, Reader, RunSummary};
use mosipctl_report::Trouble;

/// The state folder of an environment on the cluster that it used last.
pub(crate) fn place(environment: &str) -> Result<Option<Place>, Trouble> {
    let places = Place::all(environment).map_err(|error| Trouble::of(&error))?;
    let newest = places.into_iter().filter_map(|place| {
        let written = std::fs::metadata(place.journal())
            .and_then(|journal| journal.modified())
            .ok()?;
        Some((written, place))
    });
    Ok(newest
        .max_by_key(|(written, _)| *written)
        .map(|(_, place)| place))
}

/// The socket of the run that may go on.
pub(crate) fn socket(environment: &str) -> Result<PathBuf, Trouble> {
    match place(environment)? {
        Some(place) => Ok(place.control()),
        None => Err(
            Trouble::new("no run of this environment was ever made here")
                .remedy("start one with `mosipctl up`"),
        ),
    }
}

/// The journal of an environment, to read.
pub(crate) fn journal(environment: &str) -> Result<Option<Reader>, Trouble> {
    let Some(place) = place(environment)? else {
        return Ok(None);
    };
    let reader = Reader::open(&place.journal())
        .map_err(|error| Trouble::of(&error).while_doing("failed to read the journal"))?;
    Ok(Some(reader))
}

/// The last run, if there was one.
pub(crate) fn last_run(environment: &str) -> Result<Option<(Reader, RunSummary)>, Trouble> {
    let Some(reader) = journal(environment)? else {
        return Ok(None);
    };
    let last = reader.last_run().map_err(|error| Trouble::of(&error))?;
    Ok(last.map(|last| (reader, last)))
}
