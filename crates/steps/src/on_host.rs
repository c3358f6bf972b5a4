//! Work on hosts.

use std::sync::Arc;

use async_trait::async_trait;
use mosipctl_catalogue::FactKind;
use mosipctl_engine::{Outcome, Proof};
use mosipctl_onprem::Site;
use mosipctl_plan::Step;

use crate::failure::Failure;
use crate::hands::BUG;

/// Hosts, and what is to happen when the cluster on them is there.
pub struct Ground {
    /// The hosts.
    pub site: Arc<Site>,
    /// The way to the cluster.
    pub arrival: Arc<dyn Arrival>,
}

/// Opens the way to a cluster that was just made.
#[async_trait]
pub trait Arrival: Send + Sync {
    /// Opens it. From then on the cluster can be asked.
    ///
    /// # Errors
    /// The cluster does not answer yet, in words: it is asked again.
    async fn arrive(&self) -> Result<(), String>;
}

impl Ground {
    /// Does a work; the one that makes the cluster also opens the way to it.
    pub(crate) async fn run(&self, work: &str, step: &Step) -> Result<Outcome, Failure> {
        self.site.run(work).await?;
        if step.makes.iter().any(|fact| fact.kind == FactKind::Cluster) {
            let arrived = self.arrival.arrive().await;
            arrived.map_err(|reason| Failure::NotArrived { reason })?;
        }
        Ok(Outcome::Done)
    }

    /// Waits until what it makes is true.
    pub(crate) async fn gate(&self, work: &str) -> Result<Proof, Failure> {
        Ok(Proof::new(self.site.proof(work).await?))
    }
}

/// A plan with work on hosts is run with hosts.
pub(crate) fn missing() -> Failure {
    Failure::refused("no hosts to work on", BUG)
}
