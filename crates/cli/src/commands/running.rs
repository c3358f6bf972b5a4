//! Runs of an environment from this machine.

mod inventory;
mod journals;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use mosipctl_engine::control::Control;
use mosipctl_engine::{Engine, Handle, Header, Options, RunReport, Waiver};
use mosipctl_helm::Helm;
use mosipctl_journal::{Actor, Journal, Place, Redactor, RunId};
use mosipctl_kube::{Access, Kubernetes};
use mosipctl_onprem::Site;
use mosipctl_plan::{Desired, Observed, Plan, PlanReport};
use mosipctl_prepare::Servers;
use mosipctl_report::{Exit, Trouble};
use mosipctl_steps::{HelmRunner, Ledger, Steps};

use crate::commands::plan::Planned;
use crate::connect::Connection;
use crate::ground::Ground;
use crate::lock::Lock;
use crate::progress::follow;
use crate::settings::Settings;

pub(crate) use journals::{journal, last_run, socket};

/// How a run ended, for the shell.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) exit: Exit,
    /// What became of each step; none when nothing was run.
    pub(crate) report: Option<RunReport>,
}

/// One execution of a plan: journal, inventory, engine, socket, and whoever watches.
pub(crate) struct Run<'a> {
    plan: &'a Plan,
    report: &'a PlanReport,
    observed: &'a Observed,
    desired: Arc<Desired>,
    environment: String,
    environment_digest: String,
    file: String,
    kube: Arc<dyn Kubernetes>,
    access: Access,
    helm: Helm,
    servers: Option<Arc<Servers>>,
    ground: Option<Arc<Ground>>,
    site: Option<Arc<Site>>,
    backups: Option<PathBuf>,
    waivers: Vec<Waiver>,
    /// What to do when it does not end well.
    again: String,
    /// Whether people hear how it ended.
    tells: bool,
    /// What ends the run before its time.
    until: Option<BoxFuture<'static, ()>>,
    settings: &'a Settings,
}

impl<'a> Run<'a> {
    pub(crate) fn new(
        planned: &'a Planned,
        connection: &Connection,
        settings: &'a Settings,
    ) -> Result<Self, Trouble> {
        Ok(Self {
            plan: &planned.plan,
            report: &planned.report,
            observed: &planned.observed,
            desired: planned.wanted.desired.clone(),
            environment: planned.session.environment.name().to_string(),
            environment_digest: planned.session.blueprint.environment_digest.clone(),
            file: planned.session.file.clone(),
            kube: connection.kube.clone(),
            access: connection.access.clone(),
            helm: planned.wanted.helm.clone(),
            servers: planned.servers.clone(),
            ground: connection.ground.clone(),
            site: planned.site.clone(),
            backups: None,
            waivers: Vec::new(),
            again: format!(
                "mend what is named above and run `mosipctl up {}` again: it goes on from here",
                planned.session.file
            ),
            tells: true,
            until: None,
            settings,
        })
    }

    /// With the folder that backups go to.
    pub(crate) fn with_backups(mut self, folder: Option<PathBuf>) -> Self {
        self.backups = folder;
        self
    }

    /// With what a person let pass.
    pub(crate) fn with_waivers(mut self, waivers: Vec<Waiver>) -> Self {
        self.waivers = waivers;
        self
    }

    /// With other words about what to do when it does not end well.
    pub(crate) fn with_again(mut self, again: impl Into<String>) -> Self {
        self.again = again.into();
        self
    }

    /// Without telling people how it ended.
    pub(crate) fn quietly(mut self) -> Self {
        self.tells = false;
        self
    }

    /// Ends at once when that is over.
    pub(crate) fn until(mut self, until: BoxFuture<'static, ()>) -> Self {
        self.until = Some(until);
        self
    }

    /// Runs the plan to its end.
    pub(crate) async fn go(mut self, lock: &Lock) -> Result<Ended, Trouble> {
        let uid = &self.kube.server().uid;
        let place = Place::of(&self.environment, uid).map_err(|error| Trouble::of(&error))?;
        place.make().map_err(|error| Trouble::of(&error))?;
        let redactor = Arc::new(Redactor::new());
        let journal = Journal::open(&place.journal(), redactor.clone());
        let journal = Arc::new(
            journal
                .map_err(|error| Trouble::of(&error).while_doing("failed to open the journal"))?,
        );
        let cursors = journal
            .reader()
            .and_then(|reader| reader.cursors())
            .map_err(|error| Trouble::of(&error))?;
        let (ledger, writer) = Ledger::start(
            self.kube.clone(),
            &self.environment,
            self.observed.inventory.clone(),
        );
        ledger.refresh(&self.report.refreshed, &self.observed.marks, &self.desired);
        // a cluster that is still to be made takes nothing yet
        if self.has_cluster()
            && let Err(trouble) = self.open(&ledger).await
        {
            writer.abort();
            return Err(trouble);
        }
        let hands = Steps::new(
            self.kube.clone(),
            ledger.clone(),
            self.desired.clone(),
            &self.environment,
        )
        .with_recorded(self.observed.releases.keys().cloned())
        .with_helm(HelmRunner {
            helm: self.helm.clone(),
            access: self.access.clone(),
        });
        let hands = match &self.servers {
            Some(servers) => hands.with_servers(servers.clone()),
            None => hands,
        };
        let hands = match &self.backups {
            Some(folder) => hands.with_backups(folder.clone()),
            None => hands,
        };
        let hands = match self.site.as_ref().zip(self.ground.as_ref()) {
            Some((site, ground)) => hands.with_ground(mosipctl_steps::Ground {
                site: site.clone(),
                arrival: ground.arrival(),
            }),
            None => hands,
        };
        let actor = self.actor().await?;
        let header = Header {
            run: RunId::new(jiff::Timestamp::now()),
            actor: actor.clone(),
            plan: self.plan.digest.clone(),
            environment: self.environment_digest.clone(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
        };
        let options = Options {
            fence: Some(lock.fence()),
            waivers: self.waivers.clone(),
            cursors,
            redactor,
            ..Options::default()
        };
        let (engine, handle) = Engine::new(
            self.plan.ordered.clone(),
            Arc::new(hands),
            journal.clone(),
            header,
            options,
        );
        let control = Control::open(&place.control(), handle.clone())
            .await
            .map_err(|error| Trouble::of(&error))?;
        let follower = follow(handle.clone(), self.plan, self.settings);
        let until = self.until.take();
        let ends = until.map(|until| tokio::spawn(end_when(until, handle.clone(), actor.clone())));
        let interrupts = tokio::spawn(hear_interrupts(handle, actor, self.settings.json));
        let report = engine.run().await;
        // Every event is out; the follower only has to draw the last of them.
        let _ = tokio::time::timeout(PARTING, follower).await;
        interrupts.abort();
        if let Some(ends) = ends {
            ends.abort();
        }
        drop(control);
        let left = match self.has_cluster() {
            true => self.leave(&ledger, &journal, &report.run).await,
            false => Ok(()),
        };
        writer.abort();
        if self.tells {
            self.tell(&report);
        }
        let exit = exit(&report);
        match left {
            Err(trouble) => Err(trouble.exit(failed(exit))),
            Ok(()) => Ok(Ended {
                exit,
                report: Some(report),
            }),
        }
    }

    /// Whether there is a cluster by now.
    fn has_cluster(&self) -> bool {
        let ground = self.ground.as_ref();
        ground.is_none_or(|ground| ground.cluster.cluster().is_some())
    }

    async fn actor(&self) -> Result<Actor, Trouble> {
        if !self.has_cluster() {
            return Ok(Actor::current());
        }
        // Who may not ask who they are is still somebody of this machine.
        match self.kube.user().await {
            Ok(user) => Ok(Actor::current().in_cluster(user)),
            Err(_) => Ok(Actor::current()),
        }
    }

    fn tell(&self, report: &RunReport) {
        if self.settings.json {
            outln!("{}", serde_json::to_string(report).unwrap_or_default());
            return;
        }
        eprint!(
            "{}",
            mosipctl_report::run::outcome(
                report,
                &self.environment,
                &self.again,
                self.settings.talk
            )
        );
    }
}

/// How long followers and the last writes may take after the run.
const PARTING: Duration = Duration::from_secs(10);

fn exit(report: &RunReport) -> Exit {
    match report.exit_code() {
        0 => Exit::Done,
        4 => Exit::Locked,
        130 => Exit::Interrupted,
        _ => Exit::Failed,
    }
}

/// The exit code of a run that may have ended well, and after which something failed.
fn failed(exit: Exit) -> Exit {
    match exit {
        Exit::Done => Exit::Failed,
        other => other,
    }
}

/// Ends the run at once when that is over, as if somebody had asked twice.
async fn end_when(until: BoxFuture<'static, ()>, handle: Handle, actor: Actor) {
    until.await;
    handle.interrupt(actor.clone());
    handle.interrupt(actor);
}

/// Ctrl-C: the first time nothing new is started, the second time everything stops at once.
async fn hear_interrupts(handle: Handle, actor: Actor, quiet: bool) {
    let mut times = 0;
    while tokio::signal::ctrl_c().await.is_ok() {
        times += 1;
        handle.interrupt(actor.clone());
        if !quiet {
            match times {
                1 => eprintln!(
                    "\nno new step starts; what runs is finished (Ctrl-C again stops at once)"
                ),
                _ => eprintln!("\nstopping at once; the next `mosipctl up` goes on from here"),
            }
        }
    }
}
