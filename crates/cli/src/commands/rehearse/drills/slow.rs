//! An API server that is slow to answer.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use mosipctl_journal::RunOutcome;
use mosipctl_rehearse::{DrillReport, SlowWay};
use mosipctl_report::Trouble;

use super::Drilled;
use super::change::change;
use crate::commands::plan::Planned;
use crate::commands::rehearse::stage::{Stage, Telling};

/// How much later everything arrives, in each direction.
const DELAY: Duration = Duration::from_millis(250);

/// Rolls a change out, while every answer takes half a second longer.
pub(super) async fn slow(stage: &Stage<'_>, whole: &Planned) -> Result<Drilled, Trouble> {
    let changed = match change(stage, whole, "slow").await? {
        Ok(changed) => changed,
        Err(why) => return Ok(Drilled::NotRun(why)),
    };
    stage.doing.say("drill", "a slow API server");
    let (way, kubeconfig) = slow_way(stage).await?;
    let started = Instant::now();
    let stage = stage.over(kubeconfig.clone()).await?;
    let report = stage.up(&changed.planned, Vec::new(), Telling::Quiet).await;
    let _ = std::fs::remove_file(kubeconfig);
    drop(way);
    let report = report?;
    let seconds = started.elapsed().as_secs_f64();
    let survived = report.outcome == RunOutcome::Done;
    let failed = report.failed.first();
    let outcome = match failed {
        None if survived => format!("{} steps done, each answer 0.5 s later", report.done.len()),
        None => report
            .reason
            .unwrap_or_else(|| "the run did not end".to_owned()),
        Some(failed) => format!("{}: {}", failed.title, failed.failure.message),
    };
    Ok(Drilled::Ran(DrillReport {
        drill: "API server slow".to_owned(),
        survived,
        outcome,
        seconds,
        ..DrillReport::default()
    }))
}

/// A slow way to the lab's API server, and the kubeconfig that leads there.
async fn slow_way(stage: &Stage<'_>) -> Result<(SlowWay, PathBuf), Trouble> {
    let failed = |error: std::io::Error| {
        Trouble::of(&error).while_doing("failed to make the API server slow")
    };
    let server = stage.lab.address().map_err(failed)?;
    let way = SlowWay::to(server, DELAY).await.map_err(failed)?;
    let kubeconfig = stage.lab.kubeconfig_over(way.address()).map_err(failed)?;
    Ok((way, kubeconfig))
}
