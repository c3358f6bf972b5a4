//! A lab that is there for one rehearsal, and rolling the environment out in it, again and again.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use futures::FutureExt;
use mosipctl_engine::RunReport;
use mosipctl_journal::Place;
use mosipctl_kube::Access;
use mosipctl_lab::{Drill as LabDrill, Lab};
use mosipctl_rehearse::judge::Peaks;
use mosipctl_rehearse::{Client, NEIGHBOUR_IMAGE, Seen, until_stuck};
use mosipctl_report::Trouble;

use super::opening::Opening;
use crate::arguments::Planning;
use crate::commands::certs::Due;
use crate::commands::plan::{Planned, make};
use crate::commands::running::Run;
use crate::connect::{Connection, connect_to, expect_in, expectations, lab_trouble};
use crate::lock::Lock;
use crate::output::Doing;
use crate::session::Session;
use crate::settings::Settings;

/// The lab of a rehearsal.
pub(super) struct Stage<'a> {
    pub(super) lab: &'a Lab,
    pub(super) opening: Opening,
    pub(super) client: Client,
    pub(super) connection: Connection,
    pub(super) speed: f64,
    pub(super) settings: &'a Settings,
    pub(super) doing: &'a Arc<Doing>,
    /// What was asked of each node at most while something was rolled out.
    pub(super) peaks: Arc<Mutex<Peaks>>,
}

/// How a run is told of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Telling {
    /// As `up` does.
    Aloud,
    /// Without its end: it is meant to go wrong.
    Quiet,
}

impl<'a> Stage<'a> {
    pub(super) async fn in_lab(
        lab: &'a Lab,
        opening: Opening,
        speed: f64,
        settings: &'a Settings,
        doing: &'a Arc<Doing>,
    ) -> Result<Self, Trouble> {
        Ok(Self {
            lab,
            opening,
            client: lab.client().await.map_err(lab_trouble)?,
            connection: connection(lab.kubeconfig()).await?,
            speed,
            settings,
            doing,
            peaks: Arc::default(),
        })
    }

    /// The same, over another way to the API server.
    pub(super) async fn over(&self, kubeconfig: PathBuf) -> Result<Stage<'a>, Trouble> {
        Ok(Stage {
            lab: self.lab,
            opening: self.opening.clone(),
            client: self.client.clone(),
            connection: connection(kubeconfig).await?,
            speed: self.speed,
            settings: self.settings,
            doing: self.doing,
            peaks: self.peaks.clone(),
        })
    }

    /// Puts what others run on the cluster into the lab.
    pub(super) async fn put_neighbours(&self) -> Result<(), Trouble> {
        for neighbour in self
            .opening
            .likeness
            .iter()
            .flat_map(|likeness| &likeness.neighbours)
        {
            let put = neighbour.put(&self.client).await;
            put.map_err(|error| {
                Trouble::of(&error).while_doing("failed to put what others run into the lab")
            })?;
        }
        Ok(())
    }

    /// What is still to be done.
    pub(super) async fn plan(&self) -> Result<Box<Planned>, Trouble> {
        self.plan_of(self.opening.session(self.settings)?).await
    }

    pub(super) async fn plan_of(&self, session: Session) -> Result<Box<Planned>, Trouble> {
        let planning = Planning {
            only: None,
            speed: self.speed,
        };
        let made = make(
            session,
            Some(&self.connection),
            &planning,
            Due::Tell,
            self.settings,
            self.doing,
        );
        let planned = Box::new(Box::pin(made).await?);
        self.doing.done();
        planned.lacks_nothing()?;
        Ok(planned)
    }

    /// Runs a plan while things go wrong; ends by itself when nothing moves any more though pods have no place.
    pub(super) async fn up(
        &self,
        planned: &Planned,
        wrong: Vec<LabDrill>,
        telling: Telling,
    ) -> Result<RunReport, Trouble> {
        let mut expected = expectations(&planned.session, &planned.wanted);
        expected.images.insert(NEIGHBOUR_IMAGE.to_owned());
        expected.drills = wrong;
        expect_in(self.lab, &expected, self.speed).await?;
        let (watched, peaks) = (self.client.clone(), self.peaks.clone());
        let look = move |seen: &Seen| {
            let mut peaks = peaks.lock().unwrap_or_else(PoisonError::into_inner);
            peaks.look(seen);
        };
        let stuck = async move {
            if until_stuck(&watched, look).await.is_err() {
                // whoever cannot look lets the run go on to its own end
                std::future::pending::<()>().await;
            }
        };
        let lock = Lock::in_cluster(
            &self.connection.kube,
            planned.session.environment.name().as_str(),
        )
        .await?;
        let run = Run::new(planned, &self.connection, self.settings)?
            .with_again("mend what is named above and rehearse again")
            .until(stuck.boxed());
        let run = match telling {
            Telling::Aloud => run,
            Telling::Quiet => run.quietly(),
        };
        let ended = run.go(&lock).await;
        lock.release().await;
        ended?
            .report
            .ok_or_else(|| Trouble::new("a run of the rehearsal has no report"))
    }

    /// Where the journal of the rehearsal lies; it goes with its lab, for nobody can ask that cluster again.
    pub(super) fn journal(&self, session: &Session) -> Result<Forgotten, Trouble> {
        let uid = &self.connection.kube.server().uid;
        let place = Place::of(session.environment.name().as_str(), uid);
        place.map(Forgotten).map_err(|error| Trouble::of(&error))
    }
}

async fn connection(kubeconfig: PathBuf) -> Result<Connection, Trouble> {
    connect_to(Access {
        kubeconfig: Some(kubeconfig),
        context: None,
    })
    .await
}

/// A journal that goes with its lab.
pub(super) struct Forgotten(Place);

impl Drop for Forgotten {
    fn drop(&mut self) {
        // what stays takes room, nothing else
        let _ = self.0.remove();
    }
}
