//! What runs for real behind simulated pods.
//!
//! It is started when the strict kubelet admits its first pod, so everything that the pod names is there, the Secret with its
//! password among it. Until it answers, the pod's readiness probe fails as it would; then the port of the pod leads to the
//! server, by kwok's port-forward, as the port of a container would. A token is opened anew for each pod, as its container would
//! do it, and a Job works anew for each of its pods, which ends as the work does.
//!
//! What they keep goes with the claims of the pods: then a server ends, and the next pod finds an empty one.

mod bench;
mod job;
mod keymanager;
mod kinds;
mod server;
mod token;
mod volume;

use std::collections::BTreeMap;

use kube::Client;
use tokio::sync::{mpsc, watch};
use tokio::task::{JoinError, JoinSet};

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

/// A pod that was admitted wants something behind it.
pub(crate) struct Wish {
    asked: Asked,
    server: RealServer,
    /// The claims that its pod keeps data in.
    claims: Vec<String>,
}

/// What the strict kubelet holds: where to ask, and how things stand.
#[derive(Debug)]
pub(crate) struct Real {
    wishes: mpsc::UnboundedSender<Wish>,
    pub(crate) standings: watch::Receiver<Standings>,
}

/// The other end: who starts and keeps them.
pub(crate) struct Keeper {
    wishes: mpsc::UnboundedReceiver<Wish>,
    bench: Bench,
    /// What runs behind each release.
    running: BTreeMap<Subject, JoinSet<()>>,
    /// Who waits for the end of a release's data.
    losses: JoinSet<Subject>,
}

/// Both ends.
pub(crate) fn real(client: Client, folder: LabFolder, logs: ContainerLogs) -> (Real, Keeper) {
    let (sender_of_wishes, wishes) = mpsc::unbounded_channel();
    let (sender, standings) = watch::channel(Standings::new());
    let bench = Bench {
        client,
        folder,
        logs,
        standings: sender,
    };
    let real = Real {
        wishes: sender_of_wishes,
        standings,
    };
    let keeper = Keeper {
        wishes,
        bench,
        running: BTreeMap::new(),
        losses: JoinSet::new(),
    };
    (real, keeper)
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
    /// Asks for something behind a pod with these claims. Asking twice starts it once.
    pub(crate) fn ask(&self, asked: Asked, server: &RealServer, claims: Vec<String>) {
        let wish = Wish {
            asked,
            server: server.clone(),
            claims,
        };
        // nobody starts anything when the lab ends
        let _ = self.wishes.send(wish);
    }
}

impl Keeper {
    /// Starts what is asked for, and keeps it while this runs.
    pub(crate) async fn run(mut self) {
        loop {
            tokio::select! {
                next = self.wishes.recv() => match next {
                    Some(wish) => self.start(wish),
                    None => return,
                },
                Some(lost) = self.losses.join_next() => self.forget(lost).await,
            }
        }
    }

    fn start(&mut self, wish: Wish) {
        if !self.is_new(&wish.asked) {
            return;
        }
        let subject = wish.asked.subject.clone();
        if !self.running.contains_key(&subject) {
            let client = self.bench.client.clone();
            self.losses
                .spawn(volume::gone(client, subject.clone(), wish.claims));
        }
        let running = self.running.entry(subject).or_default();
        while running.try_join_next().is_some() {}
        running.spawn(keep(self.bench.clone(), wish.asked, wish.server));
    }

    fn is_new(&self, asked: &Asked) -> bool {
        self.bench.standings.send_if_modified(|standings| {
            let is_new = !standings.contains_key(asked);
            standings.entry(asked.clone()).or_insert(Standing::Starting);
            is_new
        })
    }

    /// Ends what runs behind a release whose data is gone. Its next pod is as the first.
    async fn forget(&mut self, lost: Result<Subject, JoinError>) {
        let Ok(subject) = lost else { return };
        if let Some(mut running) = self.running.remove(&subject) {
            running.shutdown().await;
        }
        eprintln!("what {} kept is gone with its volumes", subject.key());
        // what was never kept in the lab's folder is not there
        let _ = tokio::fs::remove_dir_all(self.bench.place(&subject)).await;
        self.bench
            .standings
            .send_modify(|standings| standings.retain(|asked, _| asked.subject != subject));
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
