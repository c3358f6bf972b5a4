//! `mosipctl pause`, `resume` and `retry`: telling the run of another process.

use mosipctl_engine::control::{Client, ClientError};
use mosipctl_journal::Command;
use mosipctl_plan::StepId;
use mosipctl_report::{Exit, Trouble};

use crate::arguments::{File, Retry};
use crate::commands::running;
use crate::session::Session;
use crate::settings::Settings;

pub(crate) async fn run(
    file: &File,
    command: Command,
    settings: &Settings,
) -> Result<Exit, Trouble> {
    let session = Session::open(&file.file, settings)?;
    let socket = running::socket(session.environment.name().as_str())?;
    let mut client = Client::connect(&socket).await.map_err(no_run)?;
    client.tell(command, None).await.map_err(no_run)?;
    eprintln!("told the run of `{}`", session.environment.name());
    Ok(Exit::Done)
}

pub(crate) async fn retry(retry: &Retry, settings: &Settings) -> Result<Exit, Trouble> {
    let step = StepId::from(retry.step.clone());
    run(&retry.file, Command::Retry { step }, settings).await
}

fn no_run(error: ClientError) -> Trouble {
    let trouble = Trouble::of(&error);
    match error {
        ClientError::NoRun { .. } => Trouble::new("no run of this environment goes on here")
            .remedy("start one with `mosipctl up`"),
        ClientError::Refused(_) => trouble.remedy("`mosipctl status` shows where the run stands"),
        _ => trouble,
    }
}
