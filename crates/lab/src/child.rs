//! A program of the control plane as a child process.
//!
//! The supervisor starts itself once more with [`EXEC`]; that process asks the system to be killed when the supervisor ends,
//! takes the program's hold and becomes the program. So no program outlives its supervisor, and should the system fail in that,
//! the hold tells who it is.

use std::collections::VecDeque;
use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use mosipctl_artefact::Program;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::process::{Child, Command};

use crate::folder::LabFolder;
use crate::hold::Hold;
use crate::settings::Launcher;

/// First argument of a supervisor that is to become a program.
pub(crate) const EXEC: &str = "--become";
/// How long a program may take to end by itself.
const GRACE: Duration = Duration::from_secs(5);
/// Percent by which a program's memory may grow before it is collected, twice Go's default: processor time is what labs lack.
const GOGC: &str = "200";
/// How much of a log is read to find its last lines.
const TAIL: u64 = 16 << 10;

/// How much of a line is shown.
const WIDTH: usize = 400;

/// A running program.
#[derive(Debug)]
pub(crate) struct Running {
    pub(crate) program: Program,
    child: Child,
}

/// Starts a program of the lab. What it writes goes to its log.
pub(crate) fn start(
    folder: &LabFolder,
    launcher: &Launcher,
    program: Program,
    path: &Path,
    arguments: &[String],
) -> io::Result<Running> {
    let log = File::create(folder.log(program.name()))?;
    let child = Command::new(&launcher.program)
        .args(&launcher.arguments)
        .arg(EXEC)
        .arg(std::process::id().to_string())
        .arg(folder.hold_of(program))
        .arg(path)
        .args(arguments)
        .env("GOGC", GOGC)
        .envs(&launcher.environment)
        .current_dir(folder.path())
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log)
        .kill_on_drop(true)
        .spawn()?;
    Ok(Running { program, child })
}

/// Becomes a program: `SUPERVISOR-PID HOLD PROGRAM ARGUMENTS…`. Returns only when that fails.
pub(crate) fn become_program(arguments: &[OsString]) -> io::Error {
    match try_become(arguments) {
        Ok(()) => io::Error::other("the supervisor has ended"),
        Err(error) => error,
    }
}

fn try_become(arguments: &[OsString]) -> io::Result<()> {
    let [supervisor, hold, program, arguments @ ..] = arguments else {
        return Err(io::ErrorKind::InvalidInput.into());
    };
    nix::sys::prctl::set_pdeathsig(Signal::SIGKILL)?;
    let parent = nix::unistd::getppid().to_string();
    if OsStr::new(&parent) != supervisor {
        return Ok(());
    }
    let hold = Hold::take(Path::new(hold))?.ok_or(io::ErrorKind::WouldBlock)?;
    hold.keep_through_exec()?;
    Err(std::process::Command::new(program).args(arguments).exec())
}

impl Running {
    /// Its process, while it runs.
    pub(crate) fn pid(&self) -> Option<i32> {
        self.child.id().and_then(|pid| i32::try_from(pid).ok())
    }

    /// Waits for its end.
    pub(crate) async fn ended(&mut self) -> io::Result<ExitStatus> {
        self.child.wait().await
    }

    /// Asks it to end, and makes it end when it takes longer than [`GRACE`].
    pub(crate) async fn stop(mut self) -> io::Result<()> {
        if let Some(pid) = self.pid() {
            // it may have ended in between
            let _ = kill(Pid::from_raw(pid), Signal::SIGTERM);
        }
        if tokio::time::timeout(GRACE, self.child.wait())
            .await
            .is_err()
        {
            self.child.kill().await?;
        }
        Ok(())
    }
}

/// Ends what a killed supervisor left, and waits for it.
pub(crate) async fn end_leftover(hold: &Path) -> io::Result<()> {
    if let Some(pid) = Hold::holder(hold)? {
        let _ = kill(pid, Signal::SIGKILL);
        Hold::released(hold).await?;
    }
    Ok(())
}

/// The last lines of a log; none when there is no log.
pub(crate) fn last_lines(path: &Path, count: usize) -> Vec<String> {
    tail(path)
        .map(|text| {
            let mut lines: VecDeque<&str> = text.lines().rev().take(count).collect();
            lines.make_contiguous().reverse();
            let lines = lines.into_iter();
            lines
                .map(|line| line.chars().take(WIDTH).collect())
                .collect()
        })
        .unwrap_or_default()
}

fn tail(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let length = fs::metadata(path)?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(TAIL)))?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_lines_of_a_log_are_in_order() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        assert!(last_lines(&path, 2).is_empty());
        fs::write(&path, "one\ntwo\nthree\n").unwrap();
        assert_eq!(last_lines(&path, 2), ["two", "three"]);
    }
}
