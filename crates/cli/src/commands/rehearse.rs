//! `mosipctl rehearse`

mod drills;
mod found;
pub(crate) mod opening;
mod stage;

use std::sync::{Arc, PoisonError};

use mosipctl_journal::RunOutcome;
use mosipctl_lab::{Lab, LabFolder, Lifetime};
use mosipctl_rehearse::{Report, settled};
use mosipctl_report::{Exit, Trouble};
use mosipctl_spec::Label;
use mosipctl_spec::environment::cluster::Nodes;

use crate::arguments::Rehearse;
use crate::connect::{lab_folder_named, lab_trouble, start_lab};
use crate::output::Doing;
use crate::session::Session;
use crate::settings::Settings;
use opening::Opening;
use stage::{Stage, Telling};

/// As many nodes as Kubernetes is made for at most stand no chance on one machine; a country needs a few dozen.
const MOST: u32 = 500;

pub(crate) async fn run(arguments: &Rehearse, settings: &Settings) -> Result<Exit, Trouble> {
    if !(arguments.speed.is_finite() && arguments.speed >= 1.0) {
        return Err(Trouble::new("`--speed` must be 1 or more").exit(Exit::Usage));
    }
    // what the run tells goes to people; programs get the report
    let quiet = Settings {
        json: false,
        ..settings.clone()
    };
    let doing = Arc::new(Doing::new(&quiet));
    let changes = arguments.host.iter().map(|host| host.clone().change());
    let opening = Opening::new(&arguments.file.file, changes.collect());
    let opening = opening.on_its_nodes(&quiet, &doing).await?;
    doing.done();
    if let Some(lab) = &arguments.joins {
        return join(opening, lab, arguments, &quiet, &doing).await;
    }
    let report = match arguments.find_nodes {
        true => find(&opening, arguments, &quiet).await?,
        false => once(&opening, arguments, &quiet).await?,
    };
    tell(&report, arguments, settings)?;
    Ok(match report.is_good() {
        true => Exit::Done,
        false => Exit::Attention,
    })
}

fn tell(report: &Report, arguments: &Rehearse, settings: &Settings) -> Result<(), Trouble> {
    if let Some(file) = &arguments.html {
        std::fs::write(file, mosipctl_rehearse::html::page(report)).map_err(|error| {
            Trouble::new(format!("failed to write `{}`: {error}", file.display()))
        })?;
    }
    match settings.json {
        true => outln!(
            "{}",
            serde_json::to_string_pretty(report).unwrap_or_default()
        ),
        false => out!(
            "{}",
            mosipctl_rehearse::screen::screen(report, settings.data)
        ),
    }
    Ok(())
}

/// Rolls out in the lab of a rehearsal that goes on.
async fn join(
    opening: Opening,
    lab: &Label,
    arguments: &Rehearse,
    settings: &Settings,
    doing: &Arc<Doing>,
) -> Result<Exit, Trouble> {
    let folder = lab_folder_named(lab.clone())?;
    let lab = Lab::find(&folder).map_err(lab_trouble)?;
    let lab = lab.ok_or_else(|| Trouble::new("the rehearsal's lab does not run"))?;
    let stage = Stage::in_lab(&lab, opening, arguments.speed, settings, doing).await?;
    let planned = stage.plan().await?;
    let report = stage.up(&planned, Vec::new(), Telling::Aloud).await?;
    Ok(match report.outcome {
        RunOutcome::Done => Exit::Done,
        _ => Exit::Failed,
    })
}

/// Rehearses in a lab that is there for nothing else.
pub(crate) async fn once(
    opening: &Opening,
    arguments: &Rehearse,
    settings: &Settings,
) -> Result<Report, Trouble> {
    let doing = Arc::new(Doing::new(settings));
    let session = opening.session(settings)?;
    let folder = folder(&session)?;
    // what a rehearsal that was killed has left
    Lab::stop_in(&folder).await.map_err(lab_trouble)?;
    let cluster = opening.cluster(&session);
    let lab = start_lab(cluster, folder, Lifetime::WithCaller, &doing).await?;
    let stage = Stage::in_lab(&lab, opening.clone(), arguments.speed, settings, &doing).await;
    let rehearsed = match stage {
        Ok(stage) => Box::pin(rehearse(session, &stage, arguments)).await,
        Err(trouble) => Err(trouble),
    };
    lab.stop().await.map_err(lab_trouble)?;
    rehearsed
}

/// Rehearses on more and more nodes until all is well, then on fewer until it no longer is.
async fn find(
    opening: &Opening,
    arguments: &Rehearse,
    settings: &Settings,
) -> Result<Report, Trouble> {
    if opening.likeness.is_some() {
        return Err(Trouble::new("`--find-nodes` tries nodes of one shape, which only `cluster: {kind: lab, nodes: …}` names")
            .remedy("leave it away: the report tells how many more nodes of the cluster's largest shape would help")
            .exit(Exit::Usage));
    }
    let nodes = opening.session(settings)?.environment.spec.cluster.nodes;
    let nodes = nodes.unwrap_or_default();
    let (mut bad, mut good): (u32, Option<(u32, Report)>) = (0, None);
    let mut next = nodes.count.max(1);
    loop {
        eprintln!("\n── on {next} nodes");
        let tried = Nodes {
            count: next,
            ..nodes.clone()
        };
        let opening = opening.with(Arc::new(move |environment| {
            environment.spec.cluster.nodes = Some(tried.clone());
        }));
        let report = Box::pin(once(&opening, arguments, settings)).await?;
        match report.is_good() {
            true => good = Some((next, report)),
            // whatever is wrong, more of the same nodes do not mend it
            false if !report.fits && !report.more_nodes_help => return Ok(report),
            false => bad = next,
        }
        next = match good {
            None if next >= MOST => {
                return Err(Trouble::new(format!("even {next} nodes are not enough"))
                    .remedy("give the nodes more cores and memory in `cluster.nodes`"));
            }
            None => (next * 2).min(MOST),
            Some((count, mut report)) if count - bad <= 1 => {
                report.smallest = Some(count);
                return Ok(report);
            }
            Some((count, _)) => bad + (count - bad) / 2,
        };
    }
}

/// A folder of its own: the environment's own lab may run.
fn folder(session: &Session) -> Result<LabFolder, Trouble> {
    let name = format!("{}-rehearsal", session.environment.name());
    let name = name.parse().map_err(|_| {
        Trouble::new(format!("`{name}` is too long for the name of a lab"))
            .remedy("give the environment a shorter name")
            .exit(Exit::Usage)
    })?;
    lab_folder_named(name)
}

async fn rehearse(
    session: Session,
    stage: &Stage<'_>,
    arguments: &Rehearse,
) -> Result<Report, Trouble> {
    let _nothing_stays = stage.journal(&session)?;
    stage.put_neighbours().await?;
    let whole = stage.plan_of(session).await?;
    let on_the_way = drills::on_the_way(stage, arguments).await?;
    let left = match on_the_way.is_empty() {
        true => None,
        false => Some(stage.plan().await?),
    };
    let left = left.as_ref().unwrap_or(&whole);
    let is_done = match left.plan.is_empty() {
        true => true,
        false => {
            let report = stage.up(left, Vec::new(), Telling::Aloud).await?;
            report.outcome == RunOutcome::Done
        }
    };
    let seen = settled(&stage.client).await;
    let seen = seen.map_err(|error| Trouble::of(&error))?;
    let mut report = found::found(&whole, &seen)?;
    report.likeness = stage
        .opening
        .likeness
        .as_ref()
        .map(|likeness| likeness.report());
    if report.fits && !is_done {
        return Err(Trouble::new(
            "the roll-out of the rehearsal did not end well, and not for want of room",
        )
        .remedy("what stopped it is named above; `mosipctl up` in a lab shows the same"));
    }
    for (drill, came) in on_the_way {
        drills::put(&mut report, drill, came);
    }
    drills::afterwards(stage, arguments, &whole, &seen, &mut report).await?;
    let peaks = stage.peaks.lock().unwrap_or_else(PoisonError::into_inner);
    peaks.note(&mut report.nodes);
    Ok(report)
}
