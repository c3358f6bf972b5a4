//! The drills that were asked for, in the order in which they are run.
//!
//! Some go wrong while the environment is rolled out, each on what the one before has left to do; the others happen to what
//! stands afterwards.

mod change;
mod config;
mod kill;
mod losses;
mod slow;
mod wrong;

use std::collections::BTreeSet;

use mosipctl_rehearse::{DrillReport, Report, Seen, evict_largest};
use mosipctl_report::Trouble;

use super::stage::Stage;
use crate::arguments::{Drill, Rehearse};
use crate::commands::plan::Planned;

/// A drill that was asked for.
pub(super) enum Drilled {
    /// It was run.
    Ran(DrillReport),
    /// It could not be, for this reason.
    NotRun(String),
}

/// What was asked for, in order and once.
pub(super) fn asked(arguments: &Rehearse) -> BTreeSet<Drill> {
    let asked = arguments.drill.iter().copied();
    match arguments.drill.contains(&Drill::All) {
        true => Drill::EACH.into_iter().collect(),
        false => asked.filter(|drill| *drill != Drill::None).collect(),
    }
}

/// Those that go wrong on the way. They leave the environment half done.
pub(super) async fn on_the_way(
    stage: &Stage<'_>,
    arguments: &Rehearse,
) -> Result<Vec<(Drill, Drilled)>, Trouble> {
    let mut drilled = Vec::new();
    for drill in asked(arguments) {
        let came = match drill {
            Drill::Image => wrong::image(stage).await?,
            Drill::Job => wrong::job(stage).await?,
            _ => continue,
        };
        drilled.push((drill, came));
    }
    Ok(drilled)
}

/// Those that happen to what stands.
pub(super) async fn afterwards(
    stage: &Stage<'_>,
    arguments: &Rehearse,
    whole: &Planned,
    seen: &Seen,
    report: &mut Report,
) -> Result<(), Trouble> {
    for drill in asked(arguments) {
        match drill {
            Drill::All | Drill::None | Drill::Image | Drill::Job => {}
            _ if !report.fits => put(report, drill, nothing_to_lose()),
            Drill::Pod => {
                stage.doing.say("drill", "evicting the largest pod");
                let evicted = evict_largest(&stage.client).await;
                let ran = evicted.map_err(|error| Trouble::of(&error))?;
                put(report, drill, Drilled::Ran(ran));
            }
            Drill::Node | Drill::Zone => losses::each(stage, drill, seen, report).await?,
            Drill::Config => put(report, drill, config::changed(stage, whole).await?),
            Drill::Kill => put(report, drill, kill::kill(stage, whole, arguments).await?),
            Drill::ApiServer => put(report, drill, slow::slow(stage, whole).await?),
        }
    }
    stage.doing.done();
    Ok(())
}

/// What was drilled on the way counts only when everything found a place in the end.
pub(super) fn put(report: &mut Report, drill: Drill, came: Drilled) {
    match came {
        Drilled::Ran(ran) if report.fits => report.drills.push(ran),
        Drilled::Ran(_) => put(report, drill, nothing_to_lose()),
        Drilled::NotRun(why) => report.not_drilled.push(format!("{}: {why}", drill.title())),
    }
}

fn nothing_to_lose() -> Drilled {
    Drilled::NotRun("not everything has a place to begin with".to_owned())
}
