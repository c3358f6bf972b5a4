//! `mosipctl status`

use std::collections::BTreeMap;
use std::sync::Arc;

use mosipctl_engine::control::Client;
use mosipctl_journal::{RunHistory, RunState, StepState};
use mosipctl_plan::Inventory;
use mosipctl_report::words::{count, time};
use mosipctl_report::{Exit, Paint, Trouble, run as screen};
use serde_json::{Value, json};

use crate::arguments::Status;
use crate::commands::running;
use crate::connect::{StartLab, connect, place};
use crate::output::Doing;
use crate::session::Session;
use crate::settings::Settings;

pub(crate) async fn run(arguments: &Status, settings: &Settings) -> Result<Exit, Trouble> {
    let session = Session::open(&arguments.file.file, settings)?;
    let name = session.environment.name().as_str();
    if arguments.failed {
        return failed(name, settings);
    }
    let doing = Arc::new(Doing::new(settings));
    let connection = connect(&session, StartLab::No, &doing).await?;
    let seen = match &connection {
        Some(connection) => Some(look(connection.kube.as_ref(), &session, settings, &doing).await?),
        None => None,
    };
    doing.done();
    let last = running::last_run(name)?;
    let history = last
        .as_ref()
        .and_then(|(reader, last)| reader.run(&last.run).ok().flatten());
    if settings.json {
        outln!("{}", as_json(&session, seen.as_ref(), history.as_ref()));
    } else {
        tell(&session, seen.as_ref(), history.as_ref(), settings.data).await?;
    }
    let is_whole = seen
        .as_ref()
        .is_some_and(|seen| seen.missing.is_empty() && seen.not_ready.is_empty());
    Ok(if is_whole {
        Exit::Done
    } else {
        Exit::Attention
    })
}

/// What the cluster shows of an environment.
struct Seen {
    inventory: Inventory,
    /// Components whose release or Job is there and ready.
    ready: usize,
    /// Components that are there and not ready, with the reason.
    not_ready: BTreeMap<String, String>,
    /// Components that are not there.
    missing: Vec<String>,
}

async fn look(
    kube: &dyn mosipctl_kube::Kubernetes,
    session: &Session,
    settings: &Settings,
    doing: &Arc<Doing>,
) -> Result<Seen, Trouble> {
    let version = kube.server().version.trim_start_matches('v').to_owned();
    let wanted = session.render(settings, &version, doing).await?;
    let scope = mosipctl_observe::Scope {
        environment: session.environment.name().as_str(),
        desired: &wanted.desired,
    };
    let observed = mosipctl_observe::look(kube, &scope).await;
    let observed = observed
        .map_err(|error| Trouble::of(&error).while_doing("failed to look at the cluster"))?;
    let mut seen = Seen {
        inventory: observed.inventory.clone(),
        ready: 0,
        not_ready: BTreeMap::new(),
        missing: Vec::new(),
    };
    for (name, release) in &wanted.desired.releases {
        let record = observed.releases.get(name);
        let job_done = !wanted.desired.jobs.contains_key(name)
            || observed.inventory.jobs.contains_key(&name.to_string());
        let not_ready = release
            .rendered
            .objects
            .iter()
            .find_map(|object| observed.not_ready.get(&object.key()));
        match (record, not_ready) {
            (None, _) => seen.missing.push(release.component.clone()),
            (Some(_), Some(reason)) => drop(
                seen.not_ready
                    .insert(release.component.clone(), reason.clone()),
            ),
            (Some(record), None) if record.status != "deployed" => {
                drop(seen.not_ready.insert(
                    release.component.clone(),
                    format!("its release is {}", record.status),
                ));
            }
            (Some(_), None) if !job_done => {
                drop(seen.not_ready.insert(
                    release.component.clone(),
                    "its job has not completed".to_owned(),
                ));
            }
            (Some(_), None) => seen.ready += 1,
        }
    }
    Ok(seen)
}

async fn tell(
    session: &Session,
    seen: Option<&Seen>,
    history: Option<&RunHistory>,
    paint: Paint,
) -> Result<(), Trouble> {
    let head = paint.strong(&format!("environment {}", session.environment.name()));
    outln!(
        "{head} · MOSIP {} · {}\n",
        session.environment.spec.mosip,
        place(&session.environment)
    );
    match seen {
        None => outln!(
            "  the lab does not run; `mosipctl up {}` starts it",
            session.file
        ),
        Some(seen) => installed(seen, paint),
    }
    if let Some(history) = history {
        last_run(history, paint);
        if history.summary.state() == RunState::Running {
            going_on(session, paint).await?;
        }
    }
    Ok(())
}

fn installed(seen: &Seen, paint: Paint) {
    outln!(
        "  {} {}",
        paint.good("ready    "),
        count(seen.ready, "component")
    );
    for (component, reason) in &seen.not_ready {
        outln!("  {} {component}: {reason}", paint.warn("not ready"));
    }
    if !seen.missing.is_empty() {
        outln!(
            "  {} {}",
            paint.warn("missing  "),
            mosipctl_report::words::first(&seen.missing, 6)
        );
    }
    let simulated = seen
        .inventory
        .facts
        .values()
        .filter(|fact| fact.simulated)
        .count();
    if simulated > 0 {
        outln!(
            "  simulated {simulated} of databases, clients, buckets and queues: nothing was made there"
        );
    }
    let jobs = seen.inventory.jobs.values();
    let pretended = jobs.filter(|job| job.simulated).count();
    if pretended > 0 {
        let jobs = mosipctl_report::words::count(pretended, "job");
        outln!("  simulated {jobs}: a responder ended in their place, and nothing was done");
    }
    if !seen.inventory.stand_ins.is_empty() {
        let names: Vec<String> = seen.inventory.stand_ins.keys().cloned().collect();
        outln!("  stood in  {}", mosipctl_report::words::first(&names, 6));
    }
}

fn last_run(history: &RunHistory, paint: Paint) {
    let summary = &history.summary;
    let state = match summary.state() {
        RunState::Running => paint.strong("goes on"),
        RunState::Ended(outcome) => format!("ended: {outcome:?}").to_lowercase(),
        RunState::Interrupted => {
            paint.warn("was killed; the next `mosipctl up` goes on from there")
        }
        RunState::Elsewhere => "goes on (or was killed) on another machine".to_owned(),
    };
    let took = summary
        .end
        .as_ref()
        .map(|end| format!(" after {}", time(end.took)))
        .unwrap_or_default();
    outln!(
        "\n  last run  {} by {} · {state}{took}",
        summary.started.strftime("%Y-%m-%d %H:%M:%S UTC"),
        summary.actor
    );
    let counts = history.counts();
    outln!(
        "            {} done, {} failed, {} not tried",
        counts.done + counts.skipped,
        counts.failed,
        counts.not_tried
    );
}

/// The screen of the run that goes on.
async fn going_on(session: &Session, paint: Paint) -> Result<(), Trouble> {
    let name = session.environment.name().as_str();
    let Ok(mut client) = Client::connect(&running::socket(name)?).await else {
        return Ok(());
    };
    if let Ok(progress) = client.status().await {
        outln!();
        for line in screen::live(&progress, name, 40, 100, paint) {
            outln!("{line}");
        }
    }
    Ok(())
}

/// What failed in the last run, and what was not tried because of it.
fn failed(name: &str, settings: &Settings) -> Result<Exit, Trouble> {
    let last = running::last_run(name)?;
    let history = last
        .as_ref()
        .and_then(|(reader, last)| reader.run(&last.run).ok().flatten());
    let Some(history) = history else {
        return Err(
            Trouble::new("no run of this environment was ever made here")
                .remedy("start one with `mosipctl up`"),
        );
    };
    let mut found = 0;
    for (step, entry) in &history.steps {
        match &entry.state {
            StepState::Failed { failure, .. } => {
                outln!(
                    "{} {step}: {}",
                    settings.data.bad("failed   "),
                    failure.message
                );
                for cause in &failure.causes {
                    outln!("            {}", cause.replace('\n', "\n            "));
                }
            }
            StepState::NotTried { failed } => {
                outln!("not tried {step}, because `{failed}` failed")
            }
            _ => continue,
        }
        found += 1;
    }
    if found == 0 {
        outln!("nothing failed in the last run");
    }
    Ok(if found == 0 {
        Exit::Done
    } else {
        Exit::Attention
    })
}

fn as_json(session: &Session, seen: Option<&Seen>, history: Option<&RunHistory>) -> Value {
    json!({
        "environment": session.environment.name(),
        "mosip": session.environment.spec.mosip,
        "reachable": seen.is_some(),
        "ready": seen.map(|seen| seen.ready),
        "notReady": seen.map(|seen| &seen.not_ready),
        "missing": seen.map(|seen| &seen.missing),
        "simulated": seen.map(|seen| seen.inventory.facts.iter().filter(|(_, f)| f.simulated).map(|(fact, _)| fact.to_string()).collect::<Vec<_>>()),
        "simulatedJobs": seen.map(|seen| seen.inventory.jobs.iter().filter(|(_, job)| job.simulated).map(|(name, _)| name).collect::<Vec<_>>()),
        "standIns": seen.map(|seen| &seen.inventory.stand_ins),
        "lastRun": history.map(|history| serde_json::to_value(&history.summary).unwrap_or_default()),
    })
}
