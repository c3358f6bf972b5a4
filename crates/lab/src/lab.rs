//! A lab, from outside.

use std::fs::File;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::time::{Duration, Instant};

use kube::Client;
use mosipctl_artefact::Report;
use nix::sys::signal::{Signal, kill};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStdin, Command};

use crate::child::{end_leftover, last_lines};
use crate::control_plane::PROGRAMS;
use crate::error::{AtPath, Failure, LabError};
use crate::folder::{LabFolder, write_private};
use crate::hold::Hold;
use crate::kubeconfig;
use crate::settings::{LabSettings, Lifetime};
use crate::status::{Phase, Status};
use crate::supervise::{Order, STAY, Said, arguments, client};

/// How long a supervisor may take to stop everything; its programs have less.
const GRACE: Duration = Duration::from_secs(20);
/// How many lines of the supervisor's log a failure shows.
const LINES: usize = 8;

/// A running lab.
#[derive(Debug)]
pub struct Lab {
    folder: LabFolder,
    /// While it is held, the supervisor stays.
    lifeline: Option<ChildStdin>,
}

/// What is done while a lab starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LabReport {
    /// A program is found, fetched or built.
    Program(Report),
    /// The supervisor does something.
    Step {
        /// What.
        what: String,
        /// Since the supervisor was started.
        elapsed: Duration,
    },
}

impl Lab {
    /// Starts a lab and returns when its nodes are ready.
    ///
    /// Gets the programs, starts the supervisor and follows what that says. What a killed lab of that name left is cleared first.
    /// A cancelled start leaves no process.
    ///
    /// # Errors
    /// The lab runs already, a program cannot be had, or the lab did not come up: then with the last lines of the program that
    /// is to blame.
    pub async fn start(
        settings: LabSettings,
        progress: Arc<dyn Fn(&LabReport) + Send + Sync>,
    ) -> Result<Self, LabError> {
        let folder = settings.folder.clone();
        let hold = folder.hold();
        if Hold::holder(&hold).at(&hold)?.is_some() {
            return Err(LabError::Running(folder.name().to_string()));
        }
        let order = order(&settings, &progress).await?;
        folder.create().at(&folder.path())?;
        let order = serde_json::to_vec(&order).map_err(std::io::Error::from);
        order
            .and_then(|order| write_private(&folder.order(), order))
            .at(&folder.order())?;
        let mut supervisor = spawn(&settings)?;
        let lifeline = supervisor.stdin.take();
        follow(&folder, &mut supervisor, &progress).await?;
        let mut lab = Self { folder, lifeline };
        if settings.lifetime == Lifetime::UntilStopped {
            lab.let_stay().await?;
        }
        Ok(lab)
    }

    /// The running lab of a folder; none when it does not run.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn find(folder: &LabFolder) -> Result<Option<Self>, LabError> {
        let is_running = Status::of(folder)?.phase == Phase::Running;
        Ok(is_running.then(|| Self {
            folder: folder.clone(),
            lifeline: None,
        }))
    }

    /// Where it lies.
    pub fn folder(&self) -> &LabFolder {
        &self.folder
    }

    /// The administrator's kubeconfig.
    pub fn kubeconfig(&self) -> PathBuf {
        self.folder.kubeconfig()
    }

    /// Where the API server listens.
    ///
    /// # Errors
    /// The kubeconfig cannot be read.
    pub fn address(&self) -> std::io::Result<SocketAddr> {
        kubeconfig::address(&self.folder)
    }

    /// A kubeconfig that leads to the API server over another address, such as that of a proxy. It goes with the lab.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn kubeconfig_over(&self, address: SocketAddr) -> std::io::Result<PathBuf> {
        kubeconfig::write_over(&self.folder, address)
    }

    /// What can be said about it now.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn status(&self) -> Result<Status, LabError> {
        Status::of(&self.folder)
    }

    /// A client with every right.
    ///
    /// # Errors
    /// The kubeconfig cannot be read.
    pub async fn client(&self) -> Result<Client, LabError> {
        let client = client(&self.folder).await;
        client.map_err(|failure| self.failed(failure))
    }

    /// The last lines of a program's log.
    pub fn last_lines(&self, program: &str, count: usize) -> Vec<String> {
        last_lines(&self.folder.log(program), count)
    }

    /// Stops the lab and returns when each of its processes has ended. Its data goes; its logs stay.
    ///
    /// # Errors
    /// Its folder cannot be used.
    pub async fn stop(self) -> Result<(), LabError> {
        Self::stop_in(&self.folder).await
    }

    /// Stops whatever lab is in a folder, also one that is starting, or what a killed one left. Nothing there is fine.
    ///
    /// # Errors
    /// The folder cannot be used.
    pub async fn stop_in(folder: &LabFolder) -> Result<(), LabError> {
        let hold = folder.hold();
        if let Some(supervisor) = Hold::holder(&hold).at(&hold)? {
            // it may have ended in between
            let _ = kill(supervisor, Signal::SIGTERM);
            let released = tokio::time::timeout(GRACE, Hold::released(&hold));
            if released.await.is_err() {
                let _ = kill(supervisor, Signal::SIGKILL);
                Hold::released(&hold).await.at(&hold)?;
            }
        }
        for program in PROGRAMS {
            let hold = folder.hold_of(program);
            end_leftover(&hold).await.at(&hold)?;
        }
        folder.clear().at(&folder.path())
    }

    /// Waits until the lab has ended, by itself or not, and tells how.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub async fn ended(folder: &LabFolder) -> Result<Status, LabError> {
        let hold = folder.hold();
        Hold::released(&hold).await.at(&hold)?;
        Status::of(folder)
    }

    /// Lets the supervisor outlive this process.
    async fn let_stay(&mut self) -> Result<(), LabError> {
        if let Some(mut lifeline) = self.lifeline.take() {
            let word = format!("{STAY}\n");
            let told = lifeline.write_all(word.as_bytes()).await;
            told.at(&self.folder.path())?;
        }
        Ok(())
    }

    fn failed(&self, failure: Failure) -> LabError {
        failed(&self.folder, failure)
    }
}

fn failed(folder: &LabFolder, failure: Failure) -> LabError {
    LabError::Failed {
        name: folder.name().to_string(),
        failure,
    }
}

/// Gets the programs.
async fn order(
    settings: &LabSettings,
    progress: &Arc<dyn Fn(&LabReport) + Send + Sync>,
) -> Result<Order, LabError> {
    let tell = progress.clone();
    let tell = move |report: &Report| tell(&LabReport::Program(report.clone()));
    let artefacts = settings.artefacts.clone().telling(Arc::new(tell));
    let paths = artefacts.programs(&PROGRAMS).await?;
    let names = PROGRAMS.iter().map(|program| program.name().to_owned());
    let programs = names.zip(paths).collect();
    Ok(Order {
        cluster: settings.cluster.clone(),
        programs,
        launcher: settings.supervisor.clone(),
        leaves_nothing: settings.lifetime == Lifetime::WithCaller,
    })
}

fn spawn(settings: &LabSettings) -> Result<Child, LabError> {
    let (folder, launcher) = (&settings.folder, &settings.supervisor);
    let path = folder.log("supervisor");
    let log = File::create(&path).at(&path)?;
    Command::new(&launcher.program)
        .args(&launcher.arguments)
        .args(arguments(folder))
        .envs(&launcher.environment)
        .current_dir(folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(log)
        .spawn()
        .at(&launcher.program)
}

/// Follows what the supervisor says until the lab is up or down.
async fn follow(
    folder: &LabFolder,
    supervisor: &mut Child,
    progress: &Arc<dyn Fn(&LabReport) + Send + Sync>,
) -> Result<(), LabError> {
    let started = Instant::now();
    if let Some(output) = supervisor.stdout.take() {
        let mut lines = BufReader::new(output).lines();
        while let Some(line) = lines.next_line().await.at(&folder.path())? {
            match serde_json::from_str(&line) {
                Ok(Said::Step(what)) => progress(&LabReport::Step {
                    what,
                    elapsed: started.elapsed(),
                }),
                Ok(Said::Ready) => return Ok(()),
                Ok(Said::Failed(failure)) => return Err(failed(folder, failure)),
                // the program's own chatter
                Err(_) => {}
            }
        }
    }
    Err(failed(
        folder,
        Failure {
            program: Some("supervisor".to_owned()),
            what: "ended before the lab was up".to_owned(),
            last_lines: last_lines(&folder.log("supervisor"), LINES),
        },
    ))
}
