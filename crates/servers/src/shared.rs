//! What is made once, in the cache, for all servers of one sort.

use std::error::Error;
use std::fs;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use mosipctl_artefact::{ArtefactError, Artefacts};

use crate::error::{AtPath, ServerError};

/// Tells apart the scratch folders of one process.
static SCRATCH: AtomicU32 = AtomicU32::new(0);

/// The folder of that name in the cache, which `make` fills when it is not there. Another process may do the same at a time: the
/// folder appears in one move.
pub(crate) async fn made_once<F>(
    artefacts: &Artefacts,
    name: &str,
    make: impl FnOnce(PathBuf) -> F,
) -> Result<PathBuf, ServerError>
where
    F: Future<Output = Result<(), ServerError>>,
{
    let root = artefacts.settings().cache.join("servers");
    let home = root.join(name);
    if home.is_dir() {
        return Ok(home);
    }
    let number = SCRATCH.fetch_add(1, Ordering::Relaxed);
    let scratch = root.join(format!("{name}.{}-{number}", std::process::id()));
    fs::create_dir_all(&scratch).at(&scratch)?;
    let made = make(scratch.clone()).await;
    let placed = made.and_then(|()| place(&scratch, &home));
    let _ = fs::remove_dir_all(&scratch);
    placed.map(|()| home)
}

fn place(scratch: &Path, home: &Path) -> Result<(), ServerError> {
    match fs::rename(scratch, home) {
        Err(_) if home.is_dir() => Ok(()),
        renamed => renamed.at(home),
    }
}

/// Why an artefact is not there.
pub(crate) fn not_brought(what: &str, help: &str, error: &ArtefactError) -> ServerError {
    match error {
        ArtefactError::Missing { .. } | ArtefactError::Download { .. } => ServerError::Missing {
            what: what.to_owned(),
            reason: chain(error),
            help: help.to_owned(),
        },
        error => ServerError::Ended {
            what: format!("the bringing of {what}"),
            how: chain(error),
            last_lines: Vec::new(),
        },
    }
}

fn chain(error: &(dyn Error + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |error| (*error).source());
    let texts: Vec<String> = causes.map(ToString::to_string).collect();
    texts.join(": ")
}
