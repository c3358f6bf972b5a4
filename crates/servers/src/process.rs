//! A server as a child process that ends with this one.
//!
//! `setpriv` asks the system to kill the server when the thread that started it ends; so each server has a thread of its own
//! that does nothing but wait for it. Where there is no `setpriv`, servers end when their [`Process`] is dropped.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::future::Future;
use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, Uid, User};
use tokio::sync::{oneshot, watch};

use crate::error::{AtPath, ServerError};

/// How long a server may take to end by itself.
const GRACE: Duration = Duration::from_secs(10);
/// Between two questions to a server that does not listen yet. There is nothing to wait on before it does.
const KNOCK: Duration = Duration::from_millis(100);
/// How many lines of a log an error shows.
const LINES: usize = 8;

/// A running server.
#[derive(Debug)]
pub struct Process {
    name: String,
    pid: Pid,
    log: PathBuf,
    ended: watch::Receiver<Option<ExitStatus>>,
}

/// Who a server runs as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum RunAs {
    /// Whoever runs this program.
    #[default]
    Ourselves,
    /// Nobody, when this program is run by root: PostgreSQL refuses to be root.
    NotRoot,
}

impl RunAs {
    /// Options of `setpriv`; none when there is nothing to change.
    pub(crate) fn options(self) -> &'static [&'static str] {
        match self {
            Self::NotRoot if Uid::effective().is_root() => {
                &["--reuid=nobody", "--regid=nogroup", "--clear-groups"]
            }
            _ => &[],
        }
    }

    /// The user that files of the server must belong to; none when that is whoever runs this program.
    pub(crate) fn user(self) -> io::Result<Option<Uid>> {
        if self.options().is_empty() {
            return Ok(None);
        }
        let user = User::from_name("nobody")?;
        let none = || io::Error::other("there is no user `nobody`");
        user.map(|user| Some(user.uid)).ok_or_else(none)
    }
}

impl Process {
    /// Starts a server. What it writes goes to `log`.
    ///
    /// # Errors
    /// The program cannot be started, or its log not be written.
    pub(crate) async fn start(
        name: &str,
        command: &Command,
        run_as: RunAs,
        log: &Path,
    ) -> Result<Self, ServerError> {
        let output = File::create(log).at(log)?;
        let errors = output.try_clone().at(log)?;
        let mut command = guarded(command, run_as);
        command.stdin(Stdio::null()).stdout(output).stderr(errors);
        let program = PathBuf::from(command.get_program());
        let (tell_pid, pid) = oneshot::channel();
        let (tell_end, ended) = watch::channel(None);
        std::thread::spawn(move || match command.spawn() {
            Ok(mut child) => {
                let _ = tell_pid.send(Ok(child.id()));
                if let Ok(status) = child.wait() {
                    tell_end.send_replace(Some(status));
                }
            }
            Err(error) => drop(tell_pid.send(Err(error))),
        });
        let gone = |_| Err(io::Error::other("the thread that starts it is gone"));
        let pid = pid.await.unwrap_or_else(gone).at(&program)?;
        let pid = i32::try_from(pid).map_err(io::Error::other).at(&program)?;
        Ok(Self {
            name: name.to_owned(),
            pid: Pid::from_raw(pid),
            log: log.to_owned(),
            ended,
        })
    }

    /// Asks until it answers.
    ///
    /// # Errors
    /// It ended, or did not answer within `patience`.
    pub(crate) async fn answers<F: Future<Output = bool>>(
        &self,
        patience: Duration,
        mut ask: impl FnMut() -> F,
    ) -> Result<(), ServerError> {
        let asking = async {
            while !ask().await {
                tokio::time::sleep(KNOCK).await;
            }
        };
        tokio::select! {
            answered = tokio::time::timeout(patience, asking) => answered.map_err(|_| ServerError::Silent {
                what: self.name.clone(),
                seconds: patience.as_secs(),
                last_lines: self.last_lines(),
            }),
            status = self.ended() => Err(ServerError::Ended {
                what: self.name.clone(),
                how: status.map_or_else(|| "it is gone".to_owned(), |status| format!("it ended with {status}")),
                last_lines: self.last_lines(),
            }),
        }
    }

    /// Waits for its end; none when the system does not tell how it ended.
    pub async fn ended(&self) -> Option<ExitStatus> {
        let mut ended = self.ended.clone();
        let status = ended.wait_for(Option::is_some).await;
        status.ok().and_then(|status| *status)
    }

    /// Its name, for messages.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its number in the system.
    pub(crate) fn pid(&self) -> Pid {
        self.pid
    }

    /// The last lines of its log.
    pub fn last_lines(&self) -> Vec<String> {
        let text = fs::read(&self.log).unwrap_or_default();
        last_lines(&String::from_utf8_lossy(&text))
    }

    /// Sends it a signal. A server that has ended takes no notice.
    pub(crate) fn signal(&self, signal: Signal) {
        // after its end the number may be somebody else's
        if self.ended.borrow().is_none() {
            let _ = kill(self.pid, signal);
        }
    }

    /// Asks it to end, and makes it end when that takes long.
    pub async fn stop(self) {
        self.signal(Signal::SIGTERM);
        if tokio::time::timeout(GRACE, self.ended()).await.is_err() {
            self.signal(Signal::SIGKILL);
            self.ended().await;
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.signal(Signal::SIGKILL);
    }
}

/// Runs a command that sets a server up, and gives what it printed.
///
/// # Errors
/// It cannot be started, or fails.
pub(crate) async fn run(
    what: &str,
    command: &Command,
    run_as: RunAs,
) -> Result<String, ServerError> {
    let command = guarded(command, run_as);
    let program = PathBuf::from(command.get_program());
    let mut command = tokio::process::Command::from(command);
    command.stdin(Stdio::null()).kill_on_drop(true);
    let output = command.output().await.at(&program)?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() {
        return Ok(text);
    }
    let all = format!("{text}\n{}", String::from_utf8_lossy(&output.stderr));
    Err(ServerError::Ended {
        what: what.to_owned(),
        how: output.status.to_string(),
        last_lines: last_lines(all.trim_end()),
    })
}

/// The command as a child that ends with this process, as somebody else if need be.
fn guarded(command: &Command, run_as: RunAs) -> Command {
    let setpriv = Path::new("/usr/bin/setpriv");
    let mut guarded = if setpriv.exists() {
        let mut guarded = Command::new(setpriv);
        guarded.arg("--pdeathsig=KILL").args(run_as.options());
        guarded.arg(command.get_program());
        guarded
    } else {
        Command::new(command.get_program())
    };
    guarded.args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => guarded.env(name, value),
            None => guarded.env_remove(name),
        };
    }
    if let Some(folder) = command.get_current_dir() {
        guarded.current_dir(folder);
    }
    guarded
}

fn last_lines(text: &str) -> Vec<String> {
    // of a Java exception the words are wanted, the places would push them out
    let is_place = |line: &&str| line.trim_start().starts_with("at ");
    let lines: Vec<&str> = text.lines().filter(|line| !is_place(line)).collect();
    let from = lines.len().saturating_sub(LINES);
    lines[from..]
        .iter()
        .map(|line| (*line).to_owned())
        .collect()
}

/// How many free ports are tried.
const ATTEMPTS: usize = 5;

/// Starts a server on a free port. Where many are started, somebody may take it in between; then it is another one.
pub(crate) async fn on_a_free_port<T>(
    folder: &Path,
    start: impl AsyncFn(u16) -> Result<T, ServerError>,
) -> Result<T, ServerError> {
    let mut attempts = 0;
    loop {
        attempts += 1;
        match start(free_port().at(folder)?).await {
            Err(ServerError::Ended { .. }) if attempts < ATTEMPTS => {}
            result => return result,
        }
    }
}

/// Whether a program of Debian is installed.
///
/// # Errors
/// It is not.
pub(crate) fn installed(what: &str, program: &str, package: &str) -> Result<(), ServerError> {
    match Path::new(program).exists() {
        true => Ok(()),
        false => Err(ServerError::Missing {
            what: what.to_owned(),
            reason: format!("there is no {program}"),
            help: format!("apt-get install {package}"),
        }),
    }
}

/// A port that nobody uses now and that this process was not given before. Somebody else may take it before the server does.
///
/// # Errors
/// There is none.
pub fn free_port() -> io::Result<u16> {
    // a port is free again until its server listens: the next to ask, even for the same server, must not be given it too
    static GIVEN: Mutex<BTreeSet<u16>> = Mutex::new(BTreeSet::new());
    loop {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let port = listener.local_addr()?.port();
        let mut given = GIVEN.lock().unwrap_or_else(PoisonError::into_inner);
        if given.insert(port) {
            return Ok(port);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn no_port_is_given_twice() {
        // a tenth of the usual range: by chance alone some would come twice
        let ports: BTreeSet<u16> = (0..3000).map(|_| free_port().unwrap()).collect();
        assert_eq!(ports.len(), 3000);
    }

    #[test]
    fn the_last_lines_hold_the_words_of_an_exception_and_not_its_places() {
        let trace = "Exception: each listener must have a different port\n\tat a.B.c(B.java:1)\n"
            .to_owned()
            + &"\tat a.B.d(B.java:2)\n".repeat(20);
        let words = ["Exception: each listener must have a different port"];
        assert_eq!(last_lines(&trace), words);
    }

    #[tokio::test]
    async fn a_server_that_ends_says_why() {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("log");
        let command = shell("echo no licence; exit 3");
        let process = Process::start("the server", &command, RunAs::Ourselves, &log)
            .await
            .unwrap();
        let error = process
            .answers(Duration::from_secs(60), || async { false })
            .await
            .unwrap_err();
        let text = error.to_string();
        assert!(
            text.contains("exit status: 3") && text.contains("no licence"),
            "{text}"
        );
    }

    #[tokio::test]
    async fn a_server_that_is_stopped_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("log");
        let command = shell("exec sleep 600");
        let process = Process::start("the server", &command, RunAs::Ourselves, &log)
            .await
            .unwrap();
        let ended = process.ended.clone();
        process.stop().await;
        assert!(ended.borrow().is_some());
    }

    #[tokio::test]
    async fn a_command_that_fails_shows_what_it_wrote() {
        let error = run(
            "set up",
            &shell("echo broken >&2; exit 1"),
            RunAs::Ourselves,
        )
        .await
        .unwrap_err();
        assert!(error.to_string().contains("broken"));
    }
}
