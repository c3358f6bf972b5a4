//! A configuration value that many read is changed.

use std::collections::BTreeSet;
use std::time::Instant;

use mosipctl_journal::RunOutcome;
use mosipctl_plan::{Action, Risk};
use mosipctl_rehearse::{DrillReport, Seen, settled};
use mosipctl_report::Trouble;
use mosipctl_report::words::{count, first};

use super::Drilled;
use super::change::change;
use crate::commands::plan::Planned;
use crate::commands::rehearse::stage::{Stage, Telling};

/// How many releases are named.
const NAMED: usize = 3;

/// Rolls out a change: its readers have to begin anew, and nobody else.
pub(super) async fn changed(stage: &Stage<'_>, whole: &Planned) -> Result<Drilled, Trouble> {
    let changed = match change(stage, whole, "config").await? {
        Ok(changed) => changed,
        Err(why) => return Ok(Drilled::NotRun(why)),
    };
    stage
        .doing
        .say("drill", &format!("changing {}", changed.host));
    let look = || async {
        let seen = settled(&stage.client).await;
        seen.map_err(|error| Trouble::of(&error))
    };
    let before = look().await?;
    let started = Instant::now();
    let report = stage
        .up(&changed.planned, Vec::new(), Telling::Quiet)
        .await?;
    let seconds = started.elapsed().as_secs_f64();
    let (moved, restarted) = restarted(&before, &look().await?);
    let wanted = disruptive(&changed.planned);
    let odd: Vec<String> = restarted.symmetric_difference(&wanted).cloned().collect();
    let (survived, outcome) = match report.outcome {
        RunOutcome::Done if odd.is_empty() => {
            let releases = count(restarted.len(), "release");
            (
                true,
                format!(
                    "{releases} began anew, {}; nothing else",
                    count(moved, "pod")
                ),
            )
        }
        RunOutcome::Done => (false, format!("not as planned: {}", first(&odd, NAMED))),
        _ => (
            false,
            "the roll-out of the change did not end well".to_owned(),
        ),
    };
    Ok(Drilled::Ran(DrillReport {
        drill: format!("{} changed", changed.host),
        survived,
        outcome,
        moved,
        seconds,
        ..DrillReport::default()
    }))
}

/// Releases whose pods the plan replaces.
fn disruptive(planned: &Planned) -> BTreeSet<String> {
    let steps = planned
        .plan
        .ordered
        .steps
        .iter()
        .filter(|step| step.risk == Risk::Disruptive);
    let releases = steps.filter_map(|step| match &step.action {
        Action::ApplyRelease { release, .. } => Some(release.to_string()),
        _ => None,
    });
    releases.collect()
}

/// How many pods are new, and whose.
fn restarted(before: &Seen, after: &Seen) -> (usize, BTreeSet<String>) {
    let known: BTreeSet<&str> = before.pods.iter().map(|pod| pod.uid.as_str()).collect();
    let new = after
        .pods
        .iter()
        .filter(|pod| !known.contains(pod.uid.as_str()));
    let new: Vec<String> = new
        .map(|pod| format!("{}/{}", pod.namespace, pod.release))
        .collect();
    (new.len(), new.into_iter().collect())
}
