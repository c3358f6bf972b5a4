//! The charts that are compiled into the program.

use include_dir::{Dir, include_dir};
use mosipctl_artefact::Artefacts;
use mosipctl_render::Charts;
use mosipctl_report::Trouble;

use crate::settings::Settings;

/// The repository's `charts/` folder.
static CHARTS: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/../../charts");

/// The charts to render: a folder that the user names, or those in the program, laid out in the cache.
pub(crate) fn charts(settings: &Settings, artefacts: &Artefacts) -> Result<Charts, Trouble> {
    if let Some(folder) = &settings.charts {
        return Ok(Charts::in_folder(folder));
    }
    let folder = artefacts.folder("charts", &CHARTS);
    let folder =
        folder.map_err(|error| Trouble::of(&error).while_doing("failed to lay out the charts"))?;
    Ok(Charts::in_folder(folder))
}
