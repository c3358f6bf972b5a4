//! `mosipctl down`

use std::io::Write;
use std::sync::Arc;

use mosipctl_plan::{Data, Risk, plan_down};
use mosipctl_report::{Exit, Trouble};

use crate::arguments::{Down, Planning};
use crate::commands::plan::{Planned, make};
use crate::commands::running::Run;
use crate::commands::up::ask;
use crate::connect::{StartLab, connect};
use crate::lock::Lock;
use crate::output::Doing;
use crate::session::Session;
use crate::settings::Settings;

pub(crate) async fn run(arguments: &Down, settings: &Settings) -> Result<Exit, Trouble> {
    let session = Session::open(&arguments.file.file, settings)?;
    let doing = Arc::new(Doing::new(settings));
    let connection = connect(&session.environment, StartLab::No, &doing).await?;
    let Some(connection) = connection else {
        eprintln!(
            "the lab of `{}` does not run: there is nothing to take away",
            session.environment.name()
        );
        return Ok(Exit::Done);
    };
    let lock = Lock::take(&connection.kube, session.environment.name().as_str()).await?;
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
    let data = if arguments.delete_data {
        Data::Remove
    } else {
        Data::Keep
    };
    let planning = Planning {
        only: None,
        speed: 1.0,
    };
    let up = make(session, Some(connection), &planning, settings, doing).await?;
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
        show(&planned, settings);
    }
    if planned.plan.is_empty() {
        return Ok(Exit::Done);
    }
    confirm(&planned, arguments, settings)?;
    let ended = Run::new(&planned, connection, settings)?.go(lock).await?;
    Ok(ended.exit)
}

fn show(planned: &Planned, settings: &Settings) {
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
    for step in &planned.plan.ordered.steps {
        let mark = match step.risk {
            Risk::Destructive => paint.bad("data gone"),
            Risk::Safe | Risk::Disruptive => "         ".to_owned(),
        };
        eprintln!("  {mark} {}", step.title);
    }
    for kept in &planned.report.kept {
        eprintln!("  {} {}: {}", paint.good("kept     "), kept.what, kept.why);
    }
    eprintln!();
}

/// Removing data takes the environment's name, typed; anything else a yes.
fn confirm(planned: &Planned, arguments: &Down, settings: &Settings) -> Result<(), Trouble> {
    let name = planned.session.environment.name().as_str();
    if planned.plan.count(Risk::Destructive) == 0 {
        return if arguments.yes || arguments.confirm.as_deref() == Some(name) {
            Ok(())
        } else {
            ask("take it away?", settings)
        };
    }
    let typed = match &arguments.confirm {
        Some(typed) => typed.clone(),
        None if settings.is_terminal && !settings.json => {
            eprint!("this removes data for ever; type the environment's name to confirm: ");
            let _ = std::io::stderr().flush();
            let mut typed = String::new();
            let _ = std::io::stdin().read_line(&mut typed);
            typed.trim().to_owned()
        }
        None => {
            return Err(Trouble::new(
                "this removes data for ever, and nobody can be asked: there is no terminal",
            )
            .remedy(format!("look at the plan, then give `--confirm {name}`"))
            .exit(Exit::Usage));
        }
    };
    match typed == name {
        true => Ok(()),
        false => Err(Trouble::new(format!(
            "`{typed}` is not the environment's name; nothing was touched"
        ))
        .exit(Exit::Usage)),
    }
}
