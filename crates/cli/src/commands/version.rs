//! `mosipctl version`

use mosipctl_artefact::Program;
use mosipctl_report::{Exit, Trouble};
use serde_json::{Map, json};

use crate::session::unloadable;
use crate::settings::Settings;

/// Prints the version of this program, the editions it knows and the programs it runs.
pub(crate) fn run(settings: &Settings) -> Result<Exit, Trouble> {
    let version = env!("CARGO_PKG_VERSION");
    let editions = settings.catalogue.versions().map_err(unloadable)?;
    let editions: Vec<String> = editions.iter().map(ToString::to_string).collect();
    let programs = Program::ALL
        .iter()
        .filter(|program| !program.is_for_tests());
    let programs = programs.map(|program| (program.name(), program.version()));
    if settings.json {
        let programs = programs.map(|(name, version)| (name.to_owned(), json!(version)));
        let programs: Map<_, _> = programs.collect();
        outln!(
            "{}",
            json!({"version": version, "editions": editions, "programs": programs})
        );
        return Ok(Exit::Done);
    }
    outln!("mosipctl {version}");
    outln!("  MOSIP {}", editions.join(", "));
    for (name, version) in programs {
        outln!("  {name} {version}");
    }
    Ok(Exit::Done)
}
