//! `mosipctl lab`

use std::sync::Arc;

use mosipctl_artefact::Program;
use mosipctl_lab::{Lab, Phase, Status};
use mosipctl_report::words::time;
use mosipctl_report::{Exit, Trouble};
use serde_json::json;

use crate::arguments::{File, Lab as Arguments, LabLogs, LabVerb};
use crate::connect::{StartLab, lab, lab_folder, lab_trouble};
use crate::output::Doing;
use crate::session::Session;
use crate::settings::Settings;

/// The process that minds a lab.
pub(crate) fn supervise(arguments: Arguments) -> Result<Exit, Trouble> {
    let LabVerb::Supervise(supervise) = arguments.verb else {
        return Ok(Exit::Usage);
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let runtime = runtime.map_err(|error| Trouble::of(&error))?;
    let _ = runtime.block_on(mosipctl_lab::supervise(supervise.arguments));
    Ok(Exit::Done)
}

pub(crate) async fn run(arguments: &Arguments, settings: &Settings) -> Result<Exit, Trouble> {
    match &arguments.verb {
        LabVerb::Start(file) => start(file, settings).await,
        LabVerb::Status(file) => status(file, settings),
        LabVerb::Stop(file) => stop(file, settings).await,
        LabVerb::Kubeconfig(file) => kubeconfig(file, settings),
        LabVerb::Logs(logs) => self::logs(logs, settings),
        LabVerb::Supervise(_) => Ok(Exit::Usage),
    }
}

async fn start(file: &File, settings: &Settings) -> Result<Exit, Trouble> {
    let session = Session::open(&file.file, settings)?;
    let doing = Arc::new(Doing::new(settings));
    let kubeconfig = lab(&session.environment, StartLab::Yes, &doing).await?;
    doing.done();
    let path = kubeconfig
        .map(|path| path.display().to_string())
        .unwrap_or_default();
    if settings.json {
        outln!("{}", json!({"kubeconfig": path}));
    } else {
        eprintln!("lab `{}` runs", session.environment.name());
        outln!("export KUBECONFIG={path}");
    }
    Ok(Exit::Done)
}

fn status(file: &File, settings: &Settings) -> Result<Exit, Trouble> {
    let session = Session::open(&file.file, settings)?;
    let status = Status::of(&lab_folder(&session.environment)?).map_err(lab_trouble)?;
    if settings.json {
        outln!(
            "{}",
            serde_json::to_string_pretty(&status).unwrap_or_default()
        );
        return Ok(Exit::Done);
    }
    let phase = match status.phase {
        Phase::Stopped => "stopped",
        Phase::Starting => "starting",
        Phase::Running => "running",
        Phase::Failed => "failed",
        Phase::Killed => "killed",
    };
    let server = status
        .server
        .map(|server| format!(" · {server}"))
        .unwrap_or_default();
    outln!("lab {} · {phase}{server}", status.name);
    for program in &status.programs {
        let memory = program
            .memory
            .map_or_else(|| "gone".to_owned(), |bytes| format!("{} MiB", bytes >> 20));
        outln!("  {:<26} pid {:<8} {memory}", program.program, program.pid);
    }
    if let Some(failure) = &status.failure {
        outln!("\n{failure}");
        return Ok(Exit::Attention);
    }
    Ok(Exit::Done)
}

async fn stop(file: &File, settings: &Settings) -> Result<Exit, Trouble> {
    let session = Session::open(&file.file, settings)?;
    let started = std::time::Instant::now();
    Lab::stop_in(&lab_folder(&session.environment)?)
        .await
        .map_err(lab_trouble)?;
    if !settings.json {
        eprintln!(
            "lab `{}` is stopped ({})",
            session.environment.name(),
            time(started.elapsed())
        );
    }
    Ok(Exit::Done)
}

fn kubeconfig(file: &File, settings: &Settings) -> Result<Exit, Trouble> {
    let session = Session::open(&file.file, settings)?;
    let lab = Lab::find(&lab_folder(&session.environment)?).map_err(lab_trouble)?;
    let lab = lab.ok_or_else(|| not_running(&session))?;
    outln!("{}", lab.kubeconfig().display());
    Ok(Exit::Done)
}

fn logs(logs: &LabLogs, settings: &Settings) -> Result<Exit, Trouble> {
    let session = Session::open(&logs.file.file, settings)?;
    let folder = lab_folder(&session.environment)?;
    let lab = Lab::find(&folder)
        .map_err(lab_trouble)?
        .ok_or_else(|| not_running(&session))?;
    let all: Vec<&str> = std::iter::once("supervisor")
        .chain(Program::ALL.iter().map(|program| program.name()))
        .collect();
    let wanted: Vec<&str> = match &logs.program {
        Some(program) => vec![program.as_str()],
        None => all
            .into_iter()
            .filter(|program| *program != Program::Helm.name())
            .collect(),
    };
    for program in wanted {
        for line in lab.last_lines(program, logs.lines) {
            outln!("{program}: {line}");
        }
    }
    Ok(Exit::Done)
}

fn not_running(session: &Session) -> Trouble {
    let name = session.environment.name();
    Trouble::new(format!("lab `{name}` does not run")).remedy(format!(
        "start it with `mosipctl lab start {}`",
        session.file
    ))
}
