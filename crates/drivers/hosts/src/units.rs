//! Units of systemd.

use crate::command::Command;
use crate::error::HostError;
use crate::shell::Shell;

/// Brings a unit to a state; says `same`, or what was done.
const BRING: &str = include_str!("units/bring.sh");
/// A unit may take its time to start.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(180);

/// How a unit is to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// Started now and at each start of the host.
    Running,
    /// The same; one that runs is started anew, because what it reads has changed.
    Restarted,
    /// Neither.
    Stopped,
}

/// Brings a unit to a state. One that is in it is not touched, unless it is to be restarted. True when anything was done.
///
/// # Errors
/// There is no such unit, it does not start (with the last lines of its log), or sudo refuses.
pub async fn bring(shell: &dyn Shell, unit: &str, wanted: Wanted) -> Result<bool, HostError> {
    let word = match wanted {
        Wanted::Running => "running",
        Wanted::Restarted => "restarted",
        Wanted::Stopped => "stopped",
    };
    let what = format!("have unit `{unit}` {word}");
    let command = Command::script(&what, BRING, [unit, word]);
    let output = shell.run(&command.as_root().within(PATIENCE)).await?;
    let output = output.succeeded(shell.host(), &what)?;
    match output.text().trim() {
        "same" => Ok(false),
        "done" => Ok(true),
        line => Err(HostError::Unexpected {
            host: shell.host().to_owned(),
            what,
            problem: format!("it answers `{line}`"),
        }),
    }
}
