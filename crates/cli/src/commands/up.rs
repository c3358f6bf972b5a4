//! `mosipctl up`

use std::path::Path;
use std::sync::Arc;

use mosipctl_journal::{Counts, RunOutcome};
use mosipctl_kube::RequestCounts;
use mosipctl_plan::{Plan, PlanFile, Risk};
use mosipctl_report::{Exit, Trouble};
use mosipctl_spec::environment::cluster::ClusterKind;
use serde_json::{Value, json};

use crate::arguments::Up;
use crate::commands::certs::Due;
use crate::commands::plan::{Planned, make, speed};
use crate::commands::running::{Ended, Run};
use crate::confirm::ask;
use crate::connect::{StartLab, connect_to_plan, expect};
use crate::lock::Lock;
use crate::output::Doing;
use crate::session::Session;
use crate::settings::Settings;

pub(crate) async fn run(arguments: &Up, settings: &Settings) -> Result<Exit, Trouble> {
    let session = Session::open(&arguments.file.file, settings)?;
    let is_lab = session.environment.spec.cluster.kind == ClusterKind::Lab;
    let doing = Arc::new(Doing::new(settings));
    let connection = connect_to_plan(&session, StartLab::Yes, &doing).await?;
    let connection = connection.ok_or_else(|| Trouble::new("the lab was not started"))?;
    if let Some(ground) = &connection.ground {
        ground.is_fit(&session.file)?;
    }
    // Two who plan at the same time would both be right until the first one acts: the lock comes before the look.
    let lock = Lock::take(&connection, session.environment.name().as_str()).await?;
    // a saved plan is run as it was saved, or not at all
    let due = match arguments.plan {
        Some(_) => Due::Tell,
        None => Due::Make,
    };
    let planned = make(
        session,
        Some(&connection),
        &arguments.planning,
        due,
        settings,
        &doing,
    )
    .await;
    doing.done();
    let result = match planned {
        Ok(planned) => Box::pin(go(planned, arguments, &connection, &lock, is_lab, settings)).await,
        Err(trouble) => Err(trouble),
    };
    lock.release().await;
    if settings.json && matches!(result, Ok((_, Extent::Nothing))) {
        outln!("{}", nothing(&connection.kube.requests()));
    }
    result.map(|(exit, _)| exit)
}

/// Whether there was something to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Extent {
    /// Nothing: everything is as the file says.
    Nothing,
    /// A plan was run.
    Plan,
}

/// What programs are told when there was nothing to do: also what it cost to find that out.
fn nothing(requests: &RequestCounts) -> Value {
    let each = requests
        .iter()
        .map(|(verb, resource, count)| json!({"verb": verb.to_string(), "resource": resource, "count": count}));
    json!({
        "outcome": RunOutcome::Done,
        "counts": Counts::default(),
        "requests": each.collect::<Vec<_>>(),
    })
}

async fn go(
    planned: Planned,
    arguments: &Up,
    connection: &crate::connect::Connection,
    lock: &Lock,
    is_lab: bool,
    settings: &Settings,
) -> Result<(Exit, Extent), Trouble> {
    planned.lacks_nothing()?;
    if let Some(file) = &arguments.plan {
        same_as_saved(&planned.plan, file)?;
    }
    if !settings.json {
        eprint!("{}", planned.screen().text(settings.talk));
    }
    if planned.plan.is_empty() {
        let ended = Run::new(&planned, connection, settings)?
            .note_what_was_seen()
            .await?;
        planned.warn(settings);
        return Ok((attention(&planned, ended), Extent::Nothing));
    }
    let destroys = planned.plan.count(Risk::Destructive) > 0;
    let may_go = arguments.yes || arguments.plan.is_some() || (is_lab && !destroys);
    if !may_go {
        ask("run this plan?", settings)?;
    }
    if is_lab {
        expect(
            &planned.session,
            &planned.wanted,
            speed(&planned.session, &arguments.planning),
        )
        .await?;
    }
    if !settings.json {
        eprintln!();
    }
    let ended = Run::new(&planned, connection, settings)?.go(lock).await?;
    planned.warn(settings);
    Ok((attention(&planned, ended), Extent::Plan))
}

/// A run that went well still ends with 3 when the plan left something to others.
fn attention(planned: &Planned, ended: Ended) -> Exit {
    let report = &planned.report;
    let to_look_at = planned.uncertified.is_some()
        || !report.foreign.is_empty()
        || !report.kept_claims.is_empty()
        || !report.unseen.is_empty();
    match ended.exit {
        Exit::Done if to_look_at => Exit::Attention,
        exit => exit,
    }
}

/// A saved plan is run only when nothing that it touches has changed since.
fn same_as_saved(plan: &Plan, file: &Path) -> Result<(), Trouble> {
    let name = file.display();
    let text = std::fs::read_to_string(file).map_err(|error| {
        Trouble::new(format!("failed to read plan `{name}`: {error}")).exit(Exit::Usage)
    })?;
    let saved: PlanFile = serde_json::from_str(&text).map_err(|error| {
        Trouble::of(&error)
            .while_doing(format!("`{name}` is no saved plan"))
            .exit(Exit::Usage)
    })?;
    if saved.digest == plan.digest {
        return Ok(());
    }
    let remedy = "look at what changed with `mosipctl plan`, and save a new plan";
    if saved.environment != plan.environment {
        let message = format!("plan `{name}` is for environment `{}`", saved.environment);
        return Err(Trouble::new(message)
            .remedy("give the environment file that it was made from")
            .exit(Exit::Usage));
    }
    let moved = plan.moved(&saved.marks);
    let trouble = Trouble::new(format!(
        "plan `{name}` can no longer be run as it was saved"
    ))
    .remedy(remedy);
    Err(match moved.as_slice() {
        [] => trouble.because("the environment file, the catalogue or a chart has changed since"),
        moved => {
            let names: Vec<String> = moved.iter().map(ToString::to_string).collect();
            trouble.because(format!(
                "changed since: {}",
                mosipctl_report::words::first(&names, 3)
            ))
        }
    })
}
