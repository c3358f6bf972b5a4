//! The supervisor: the process that starts a lab's programs, minds its pods, and ends with it.
//!
//! ```text
//! starting ─ etcd, API server ─ kinds, stages, nodes ─ controllers, scheduler, kwok ─ nodes ready ─ running ─ stopped
//!     └──────────────────────────── a program ends, or nothing comes of it ─────────────┴─────────── failed
//! ```
//! It tells its caller how it goes on standard output, one JSON value on a line. While the caller holds standard input open it
//! stays; when that closes it stops, unless the word [`STAY`] came before.

mod bring_up;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::{self, Write};
use std::os::fd::AsFd;
use std::path::PathBuf;
use std::process::ExitCode;

use mosipctl_artefact::Program;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::net::unix::pipe;
use tokio::signal::unix::{SignalKind, signal};

use crate::child::{EXEC, become_program};
use crate::error::Failure;
use crate::folder::LabFolder;
use crate::hold::Hold;
use crate::settings::{Cluster, Launcher};
use bring_up::Supervisor;

pub(crate) use bring_up::client;

/// Tells the supervisor that it outlives its caller.
pub(crate) const STAY: &str = "stay";

/// What the supervisor is to do.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Order {
    pub(crate) cluster: Cluster,
    /// Where each program lies, by name.
    pub(crate) programs: BTreeMap<String, PathBuf>,
    pub(crate) launcher: Launcher,
    /// Whether the folder goes when the lab is stopped, logs and all.
    pub(crate) leaves_nothing: bool,
}

/// What the supervisor says.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Said {
    /// What it does now.
    Step(String),
    /// The lab is up.
    Ready,
    /// The lab is down.
    Failed(Failure),
}

/// Minds a lab until it is stopped: what a hidden subcommand calls with its remaining arguments.
///
/// It has to be awaited by the main function itself, not by a task: the lab's programs end with the thread that started them.
pub async fn supervise(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    match arguments.as_slice() {
        [first, rest @ ..] if first == EXEC => {
            eprintln!("failed to start: {}", become_program(rest));
            ExitCode::FAILURE
        }
        [state, name] => match name.to_str().and_then(|name| name.parse().ok()) {
            Some(name) => mind(LabFolder::new(state, name)).await,
            None => ExitCode::from(2),
        },
        _ => ExitCode::from(2),
    }
}

/// The arguments that make [`supervise`] mind a lab.
pub(crate) fn arguments(folder: &LabFolder) -> [OsString; 2] {
    [folder.state_folder().into(), folder.name().as_str().into()]
}

async fn mind(folder: LabFolder) -> ExitCode {
    // whoever presses Ctrl-C means the caller; this fails when there is a session of our own already
    let _ = nix::unistd::setsid();
    match mind_or_fail(&folder).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("{failure}");
            say(&Said::Failed(failure));
            ExitCode::FAILURE
        }
    }
}

async fn mind_or_fail(folder: &LabFolder) -> Result<(), Failure> {
    let hold = Hold::take(&folder.hold()).map_err(failed("take the lab's hold"))?;
    let hold = hold.ok_or_else(|| Failure::of("another process minds this lab"))?;
    // only the end of the process tells that it has ended
    std::mem::forget(hold);
    let order = read_order(folder).map_err(failed("read what is to be done"))?;
    let mut stop = Stop::new().map_err(failed("watch for signals"))?;
    let leaves_nothing = order.leaves_nothing;
    let mut supervisor = Supervisor::new(folder.clone(), order);
    let started = tokio::select! {
        started = supervisor.start() => started,
        () = stop.wanted() => Ok(()),
    };
    let ended = match started {
        Ok(()) if supervisor.is_running() => {
            say(&Said::Ready);
            tokio::select! {
                failure = supervisor.failed() => Err(failure),
                () = stop.wanted() => Ok(()),
            }
        }
        other => other,
    };
    supervisor.stop(ended.clone().err()).await;
    if leaves_nothing && ended.is_ok() {
        folder.remove().map_err(failed("remove the lab's folder"))?;
    }
    ended
}

fn read_order(folder: &LabFolder) -> io::Result<Order> {
    Ok(serde_json::from_slice(&std::fs::read(folder.order())?)?)
}

/// Tells the caller. A caller that is gone need not know.
fn say(said: &Said) {
    if let Ok(text) = serde_json::to_string(said) {
        let mut output = io::stdout().lock();
        let _ = writeln!(output, "{text}").and_then(|()| output.flush());
    }
}

/// Says what could not be done.
fn failed<E: std::error::Error>(what: &str) -> impl Fn(E) -> Failure {
    move |error| Failure::caused(&format!("failed to {what}"), &error)
}

/// What ends a lab from outside.
struct Stop {
    terminate: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
    /// None when the caller cannot be watched, or said that the lab is to stay.
    caller: Option<BufReader<pipe::Receiver>>,
}

impl Stop {
    fn new() -> io::Result<Self> {
        let input = io::stdin().as_fd().try_clone_to_owned()?;
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            caller: pipe::Receiver::from_owned_fd(input)
                .ok()
                .map(BufReader::new),
        })
    }

    /// Waits for a signal, or for the end of a caller that did not let go.
    async fn wanted(&mut self) {
        loop {
            let caller = async {
                match &mut self.caller {
                    Some(caller) => {
                        let mut line = String::new();
                        let read = caller.read_line(&mut line).await;
                        (line.trim() == STAY, !matches!(read, Ok(1..)))
                    }
                    None => std::future::pending().await,
                }
            };
            let (stays, is_gone) = tokio::select! {
                _ = self.terminate.recv() => return,
                _ = self.interrupt.recv() => return,
                heard = caller => heard,
            };
            if stays {
                self.caller = None;
            } else if is_gone {
                return;
            }
        }
    }
}

/// A program of the control plane by its name.
fn path_of(order: &Order, program: Program) -> Result<&PathBuf, Failure> {
    let path = order.programs.get(program.name());
    path.ok_or_else(|| Failure::of(format!("nobody said where `{program}` lies")))
}
