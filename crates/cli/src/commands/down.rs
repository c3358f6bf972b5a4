//! `mosipctl down`

use std::path::{Path, PathBuf};
use std::sync::Arc;

use mosipctl_engine::Waiver;
use mosipctl_plan::{Action, Data, Risk, Step, plan_down};
use mosipctl_report::words::{count, first};
use mosipctl_report::{Exit, Trouble};

use crate::arguments::{Down, Planning};
use crate::commands::certs::Due;
use crate::commands::plan::{Planned, make};
use crate::commands::running::Run;
use crate::confirm::{Typed, ask};
use crate::connect::{StartLab, connect};
use crate::lock::Lock;
use crate::output::Doing;
use crate::session::Session;
use crate::settings::Settings;

pub(crate) async fn run(arguments: &Down, settings: &Settings) -> Result<Exit, Trouble> {
    let session = Session::open(&arguments.file.file, settings)?;
    let doing = Arc::new(Doing::new(settings));
    let connection = connect(&session, StartLab::No, &doing).await?;
    let Some(connection) = connection else {
        eprintln!(
            "the lab of `{}` does not run: there is nothing to take away",
            session.environment.name()
        );
        return Ok(Exit::Done);
    };
    let lock = Lock::take(&connection, session.environment.name().as_str()).await?;
    let result = Box::pin(down(
        session,
        arguments,
        &connection,
        &lock,
        settings,
        &doing,
    ))
    .await;
    lock.release().await;
    result
}

async fn down(
    session: Session,
    arguments: &Down,
    connection: &crate::connect::Connection,
    lock: &Lock,
    settings: &Settings,
    doing: &Arc<Doing>,
) -> Result<Exit, Trouble> {
    let data = match (arguments.delete_data, &arguments.backup_to) {
        (false, _) => Data::Keep,
        (true, None) => Data::Remove,
        (true, Some(_)) => Data::BackUpAndRemove,
    };
    let planning = Planning {
        only: None,
        speed: 1.0,
    };
    let up = make(
        session,
        Some(connection),
        &planning,
        Due::Tell,
        settings,
        doing,
    )
    .await?;
    doing.done();
    let planned = plan_down(
        &up.session.blueprint,
        &up.wanted.desired,
        &up.observed,
        data,
    );
    let (plan, report) = planned.map_err(|error| Trouble::of(&error))?;
    let planned = Planned { plan, report, ..up };
    if !settings.json {
        show(&planned, arguments.backup_to.is_some(), settings);
    }
    if planned.plan.is_empty() {
        return Ok(Exit::Done);
    }
    let typed = confirm(&planned, arguments, settings)?;
    let backups = match &arguments.backup_to {
        Some(folder) if backs_up(&planned) => Some(new_folder(
            folder,
            planned.session.environment.name().as_str(),
        )?),
        _ => None,
    };
    let run = Run::new(&planned, connection, settings)?
        .with_backups(backups.clone())
        .with_waivers(waivers(&planned, typed));
    let ended = run.go(lock).await?;
    if let (Some(folder), false) = (&backups, settings.json) {
        eprintln!(
            "backups are in {}: encrypt them where they are kept",
            folder.display()
        );
    }
    Ok(ended.exit)
}

/// A folder that was not there before and that only its owner may enter.
fn new_folder(folder: &Path, environment: &str) -> Result<PathBuf, Trouble> {
    let time = jiff::Timestamp::now().strftime("%Y-%m-%dT%H-%M-%SZ");
    let folder = folder.join(format!("{environment}-{time}"));
    let mut builder = std::fs::DirBuilder::new();
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    let made = builder.recursive(true).create(&folder);
    made.map_err(|error| {
        Trouble::of(&error)
            .while_doing(format!("failed to make the folder `{}`", folder.display()))
            .remedy("give `--backup-to` a folder that you may write to; nothing was touched")
    })?;
    Ok(folder)
}

/// What goes for ever without a backup was let pass by the name that was typed, and stands so in the journal.
fn waivers(planned: &Planned, typed: Option<String>) -> Vec<Waiver> {
    let unprotected = planned.report.unprotected.iter();
    let waivers = unprotected.zip(std::iter::repeat(typed.unwrap_or_default()));
    waivers
        .map(|(what, typed)| Waiver {
            what: format!("delete {what} without a backup"),
            typed,
            reason: None,
        })
        .collect()
}

fn is_backup(step: &Step) -> bool {
    matches!(step.action, Action::BackUp { .. })
}

fn backs_up(planned: &Planned) -> bool {
    planned.plan.ordered.steps.iter().any(is_backup)
}

/// How much of what has no backup is named once more below the steps.
const NAMED: usize = 6;

fn show(planned: &Planned, asks_for_backup: bool, settings: &Settings) {
    let paint = settings.talk;
    let name = paint.strong(&format!(
        "environment {}",
        planned.session.environment.name()
    ));
    if planned.plan.is_empty() {
        eprintln!("{name} · nothing of it is installed");
        return;
    }
    eprintln!("{name} · taking it away\n");
    let unprotected = &planned.report.unprotected;
    let is_unprotected = |step: &Step| {
        let names = |what: &String| step.title.strip_prefix("delete ") == Some(what.as_str());
        unprotected.iter().any(names)
    };
    for step in &planned.plan.ordered.steps {
        let mark = match step.risk {
            _ if is_backup(step) => paint.good("backup   "),
            Risk::Destructive if is_unprotected(step) => paint.bad("no backup"),
            Risk::Destructive => paint.bad("data gone"),
            Risk::Safe | Risk::Disruptive => "         ".to_owned(),
        };
        eprintln!("  {mark} {}", step.title);
    }
    for kept in &planned.report.kept {
        eprintln!("  {} {}: {}", paint.good("kept     "), kept.what, kept.why);
    }
    if !unprotected.is_empty() {
        let count = count(unprotected.len(), "thing");
        let what = paint.bad(&format!("{count} without a backup"));
        let how = match (backs_up(planned), asks_for_backup) {
            (true, _) => "",
            (false, false) => {
                "; `--backup-to FOLDER` makes one of databases, realms and tokens with keys"
            }
            (false, true) => {
                "; databases, realms and tokens are only pretended here, or stand outside and stay"
            }
        };
        eprintln!("\n  {what}: {}{how}", first(unprotected, NAMED));
    }
    eprintln!();
}

/// Removing data takes the environment's name, typed, which is given back; anything else a yes.
fn confirm(
    planned: &Planned,
    arguments: &Down,
    settings: &Settings,
) -> Result<Option<String>, Trouble> {
    let name = planned.session.environment.name().as_str();
    if planned.plan.count(Risk::Destructive) == 0 {
        if !arguments.yes && arguments.confirm.as_deref() != Some(name) {
            ask("take it away?", settings)?;
        }
        return Ok(None);
    }
    let typed = Typed {
        what: "this removes data for ever",
        name,
        called: "the environment's name",
        first: "look at the plan, then",
    };
    typed.confirm(arguments.confirm.as_deref(), settings)?;
    Ok(Some(name.to_owned()))
}
