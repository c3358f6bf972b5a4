//! What runs for real behind simulated pods.
//!
//! It is started when the strict kubelet admits its first pod, so everything that the pod names is there, the Secret with its
//! password among it. Until it answers, the pod's readiness probe fails as it would; then the port of the pod leads to the
//! server, by kwok's port-forward, as the port of a container would. A token is opened anew for each pod, as its container would
//! do it, and a Job works anew for each of its pods, which ends as the work does.

mod bench;
mod job;
mod keymanager;
mod kinds;
mod server;
mod token;

use std::collections::BTreeMap;

use kube::Client;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

use crate::container_logs::ContainerLogs;
use crate::expectations::Subject;
use crate::folder::LabFolder;
use bench::Bench;

pub use kinds::{
    RealDatabase, RealIssuer, RealKeyJob, RealKeymanager, RealKeys, RealKind, RealLogin, RealSalts,
    RealServer, RealToken,
};

/// What was asked for: something behind all pods of a release, or behind one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Asked {
    pub(crate) subject: Subject,
    /// uid of the pod, for what each of them does for itself.
    pub(crate) pod: Option<String>,
}

/// How everything stands that was asked for.
pub(crate) type Standings = BTreeMap<Asked, Standing>;

/// How something stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Standing {
    /// It starts.
    Starting,
    /// It answers, at a port of this machine if it has one; a Job is done.
    Answers(Option<u16>),
    /// It does not, and why.
    Failed(String),
}

/// What the strict kubelet holds: where to ask, and how things stand.
#[derive(Debug)]
pub(crate) struct Real {
    asks: mpsc::UnboundedSender<(Asked, RealServer)>,
    pub(crate) standings: watch::Receiver<Standings>,
}

/// The other end: who starts and keeps them.
pub(crate) struct Keeper {
    asked: mpsc::UnboundedReceiver<(Asked, RealServer)>,
    bench: Bench,
}

/// Both ends.
pub(crate) fn real(client: Client, folder: LabFolder, logs: ContainerLogs) -> (Real, Keeper) {
    let (asks, asked) = mpsc::unbounded_channel();
    let (sender, standings) = watch::channel(Standings::new());
    let bench = Bench {
        client,
        folder,
        logs,
        standings: sender,
    };
    (Real { asks, standings }, Keeper { asked, bench })
}

impl Asked {
    /// What a pod of the release asks for.
    pub(crate) fn of(server: &RealServer, uid: &str) -> Self {
        Self {
            subject: server.subject.clone(),
            pod: server.kind.is_for_each_pod().then(|| uid.to_owned()),
        }
    }
}

impl Real {
    /// Asks for something. Asking twice starts it once.
    pub(crate) fn ask(&self, asked: Asked, server: &RealServer) {
        // nobody starts anything when the lab ends
        let _ = self.asks.send((asked, server.clone()));
    }
}

impl Keeper {
    /// Starts what is asked for, and keeps it while this runs.
    pub(crate) async fn run(mut self) {
        let mut running = JoinSet::new();
        loop {
            tokio::select! {
                next = self.asked.recv() => match next {
                    Some((asked, server)) => {
                        if self.is_new(&asked) {
                            running.spawn(keep(self.bench.clone(), asked, server));
                        }
                    }
                    None => return,
                },
                Some(_) = running.join_next() => {}
            }
        }
    }

    fn is_new(&self, asked: &Asked) -> bool {
        self.bench.standings.send_if_modified(|standings| {
            let is_new = !standings.contains_key(asked);
            standings.entry(asked.clone()).or_insert(Standing::Starting);
            is_new
        })
    }
}

/// Runs something to its end, and says how it stands.
async fn keep(bench: Bench, asked: Asked, real: RealServer) {
    let name = real.kind.name();
    let subject = &real.subject;
    let is_well = |port| {
        eprintln!("{name} is real behind {}", subject.key());
        bench.say(&asked, Standing::Answers(port));
    };
    let kept = match &real.kind {
        RealKind::Server(login) => server::keep(&bench, subject, login, is_well).await,
        RealKind::Token(token) => token::keep(&bench, subject, token, is_well).await,
        RealKind::KeyJob(job) => job::keep(&bench, subject, job, is_well).await,
        RealKind::Keymanager(manager) => keymanager::keep(&bench, subject, manager, is_well).await,
    };
    if let Err(problem) = kept {
        eprintln!("{name} does not run behind {}: {problem}", subject.key());
        bench.say(&asked, Standing::Failed(problem));
    }
}
