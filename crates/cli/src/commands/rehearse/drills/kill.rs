//! A run that is killed in the middle, and the next one.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Stdio;
use std::time::Instant;

use mosipctl_catalogue::Source;
use mosipctl_helm::Releases;
use mosipctl_journal::RunOutcome;
use mosipctl_object::ReleaseName;
use mosipctl_plan::Risk;
use mosipctl_rehearse::{DrillReport, Seen, until};
use mosipctl_report::Trouble;
use tokio::process::{Child, Command};

use super::Drilled;
use super::change::change;
use crate::arguments::{HostName, Rehearse};
use crate::commands::plan::Planned;
use crate::commands::rehearse::stage::{Stage, Telling};

/// The run is killed when one of so many of the workloads that it restarts has begun anew.
const SHARE: usize = 3;

/// Kills a run of its own process while it rolls a change out, and lets the next one do the rest.
pub(super) async fn kill(
    stage: &Stage<'_>,
    whole: &Planned,
    arguments: &Rehearse,
) -> Result<Drilled, Trouble> {
    let changed = match change(stage, whole, "kill").await? {
        Ok(changed) => changed,
        Err(why) => return Ok(Drilled::NotRun(why)),
    };
    stage.doing.say("drill", "a run that is killed");
    let before = revisions(stage).await?;
    let started = Instant::now();
    let child = child(stage, arguments, &changed.name)?;
    if !killed_on_its_way(stage, child, &changed.planned).await? {
        return Ok(Drilled::NotRun(
            "the run was over before it could be killed".to_owned(),
        ));
    }
    let opening = stage.opening.with(changed.name.change());
    let left = stage.plan_of(opening.session(stage.settings)?).await?;
    let report = stage.up(&left, Vec::new(), Telling::Quiet).await?;
    let (steps, all) = (report.done.len(), changed.planned.plan.ordered.steps.len());
    let after = revisions(stage).await?;
    let (survived, outcome) = match (report.outcome, doubled(&before, &after)) {
        (RunOutcome::Done, None) => (
            true,
            format!("the next run did the other {steps} of {all} steps · nothing was made twice"),
        ),
        (RunOutcome::Done, Some(release)) => (false, format!("release {release} was made twice")),
        _ => (false, "the next run did not end well".to_owned()),
    };
    Ok(Drilled::Ran(DrillReport {
        drill: "run killed on its way".to_owned(),
        survived,
        outcome,
        seconds: started.elapsed().as_secs_f64(),
        ..DrillReport::default()
    }))
}

/// Kills a run when some of its work is done; false when it was over before.
async fn killed_on_its_way(
    stage: &Stage<'_>,
    mut run: Child,
    planned: &Planned,
) -> Result<bool, Trouble> {
    let some = restarts(planned).div_ceil(SHARE);
    let seen = Seen::of(&stage.client).await;
    let seen = seen.map_err(|error| Trouble::of(&error))?;
    let old: BTreeSet<String> = seen.pods.into_iter().map(|pod| pod.uid).collect();
    let is_some = |seen: &Seen| {
        let new = seen.pods.iter().filter(|pod| !old.contains(&pod.uid));
        new.count() >= some
    };
    tokio::select! {
        some = until(&stage.client, is_some) => drop(some.map_err(|error| Trouble::of(&error))?),
        _ = run.wait() => return Ok(false),
    }
    // SIGKILL: no chance to tidy up
    let killed = run.kill().await;
    killed.map_err(|error| Trouble::of(&error).while_doing("failed to kill the run"))?;
    Ok(true)
}

/// How many releases begin anew.
fn restarts(planned: &Planned) -> usize {
    let steps = planned.plan.ordered.steps.iter();
    steps.filter(|step| step.risk == Risk::Disruptive).count()
}

/// The newest revision of each release.
async fn revisions(stage: &Stage<'_>) -> Result<BTreeMap<ReleaseName, u32>, Trouble> {
    let heads = Releases::of(stage.connection.kube.clone()).heads().await;
    let mut newest = BTreeMap::new();
    for head in heads.map_err(|error| Trouble::of(&error))? {
        let revision = newest.entry(head.release).or_insert(0);
        *revision = head.revision.max(*revision);
    }
    Ok(newest)
}

/// A release that has more new revisions than one roll-out makes.
fn doubled<'a>(
    before: &BTreeMap<ReleaseName, u32>,
    after: &'a BTreeMap<ReleaseName, u32>,
) -> Option<&'a ReleaseName> {
    let mut after = after.iter();
    let once = |release: &ReleaseName| before.get(release).map_or(1, |revision| revision + 1);
    after
        .find(|(release, revision)| **revision > once(release))
        .map(|(release, _)| release)
}

/// A process that rolls the same environment out in the same lab.
fn child(stage: &Stage<'_>, arguments: &Rehearse, changed: &HostName) -> Result<Child, Trouble> {
    let failed = |error: std::io::Error| {
        Trouble::of(&error).while_doing("failed to start a run that can be killed")
    };
    let mut command = Command::new(std::env::current_exe().map_err(failed)?);
    command.arg("rehearse").arg(&arguments.file.file);
    command.arg("--speed").arg(arguments.speed.to_string());
    command
        .arg("--joins")
        .arg(stage.lab.folder().name().as_str());
    command.arg("--host").arg(changed.to_string());
    if let Source::Folder(folder) = &stage.settings.catalogue {
        command.arg("--catalogue").arg(folder);
    }
    if let Some(charts) = &stage.settings.charts {
        command.arg("--charts").arg(charts);
    }
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command.kill_on_drop(true).spawn().map_err(failed)
}
