//! The programs that the files folder is made of, built when they are not here.

use std::path::{Path, PathBuf};
use std::sync::{Arc, mpsc};

use mosipctl_artefact::{Action, Artefacts, Program, Report, Settings};

use crate::error::SiteError;

/// What runs on nodes, and what is in images.
const NEEDED: [Program; 12] = [
    Program::Kubelet,
    Program::Kubeadm,
    Program::Kubectl,
    Program::KubeApiserver,
    Program::KubeControllerManager,
    Program::KubeScheduler,
    Program::KubeProxy,
    Program::Etcd,
    Program::Etcdctl,
    Program::Etcdutl,
    Program::Coredns,
    Program::LocalPathProvisioner,
];

/// Where each program is.
pub(super) struct Programs(Vec<PathBuf>);

impl Programs {
    /// Finds or builds them, telling how far it is.
    pub(super) fn get(tell: &dyn Fn(&str)) -> Result<Self, SiteError> {
        let (sender, lines) = mpsc::channel();
        // On a thread of its own, because whoever calls may be inside a runtime already.
        std::thread::scope(|scope| {
            let worker = scope.spawn(move || fetch(sender));
            for line in lines {
                tell(&line);
            }
            worker
                .join()
                .unwrap_or_else(|_| Err(unfit("the thread that builds programs ended")))
        })
    }

    /// One of them.
    pub(super) fn path(&self, program: Program) -> Result<&Path, SiteError> {
        let place = NEEDED.iter().position(|needed| *needed == program);
        let path = place.and_then(|place| self.0.get(place));
        path.map(PathBuf::as_path)
            .ok_or_else(|| unfit(format!("`{program}` is no program of the files folder")))
    }

    /// The one of that name.
    pub(super) fn named(&self, name: &str) -> Result<&Path, SiteError> {
        match NEEDED.iter().find(|program| program.name() == name) {
            Some(program) => self.path(*program),
            None => Err(unfit(format!(
                "there is no program to make image `{name}` of"
            ))),
        }
    }
}

fn fetch(lines: mpsc::Sender<String>) -> Result<Programs, SiteError> {
    let settings = Settings::from_environment().map_err(SiteError::Program)?;
    let progress = move |report: &Report| {
        // nobody listens any more when the caller is gone
        let _ = lines.send(line(report));
    };
    let artefacts = Artefacts::new(settings).telling(Arc::new(progress));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(unfit)?;
    let paths = runtime.block_on(artefacts.programs(&NEEDED));
    paths.map(Programs).map_err(SiteError::Program)
}

fn line(report: &Report) -> String {
    let Report { what, done, .. } = report;
    match (report.action, report.total) {
        (Action::Building, Some(total)) => format!("{what}: package {done} of {total}"),
        (Action::Building, None) => format!("{what}: being built"),
        (Action::Waiting, _) => format!("{what}: another process makes it"),
        (Action::Downloading, _) => format!("{what}: {done} bytes"),
        (Action::Ready, _) => format!("{what}: here"),
    }
}

fn unfit(reason: impl ToString) -> SiteError {
    SiteError::Unfit {
        reason: reason.to_string(),
    }
}
