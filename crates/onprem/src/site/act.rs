//! Doing a work.

use std::time::Duration;

use mosipctl_plan::observed::Standing;

use super::Site;
use crate::bring::bring_about;
use crate::error::OnpremError;
use crate::item::Item;
use crate::mesh;
use crate::work::{Task, Work};

/// How long a node may take from having a network to being ready.
const READY: Duration = Duration::from_secs(170);

impl Site {
    /// Does a work. Doing it twice ends as doing it once.
    ///
    /// # Errors
    /// A host or the cluster does not do it; see [`OnpremError::is_transient`].
    pub async fn run(&self, work: &str) -> Result<(), OnpremError> {
        let work = self.work(work)?;
        let host = work.host.as_str();
        match &work.task {
            Task::Items(items) => self.bring_about(host, items).await,
            Task::Found(found) => self.control_planes.found(host, found).await,
            Task::Join(join) => self.control_planes.join(host, join).await,
            Task::Network(network) => {
                let items = self.control_planes.network(host, *network).await?;
                self.bring_about(host, &items).await
            }
            Task::Mesh(mesh) => {
                let keys = mesh::keys(&self.hosts, mesh).await?;
                let items = self.control_planes.tunnels(host, mesh, &keys).await?;
                self.bring_about(host, &items).await
            }
            Task::Routes(routes) => {
                let items = self.control_planes.routes(host, routes).await?;
                self.bring_about(host, &items).await
            }
            Task::Mark(marks) => self.control_planes.mark(host, marks).await,
            Task::Ready | Task::Reach => Ok(()),
        }
    }

    /// Waits until what a work makes is true, and says how that is seen.
    ///
    /// # Errors
    /// It is not, or nobody can say.
    pub async fn proof(&self, work: &str) -> Result<String, OnpremError> {
        let work = self.work(work)?;
        let host = work.host.as_str();
        let ready = |host| self.control_planes.wait(host, "condition=Ready", READY);
        match &work.task {
            Task::Items(items) => self.holds(work, items).await,
            Task::Network(_) | Task::Ready => {
                ready(host).await?;
                Ok("its node is ready".to_owned())
            }
            Task::Found(_) | Task::Join(_) => {
                let patience = Duration::from_secs(60);
                let condition = "jsonpath='{.metadata.uid}'";
                self.control_planes.wait(host, condition, patience).await?;
                Ok("the cluster knows its node".to_owned())
            }
            Task::Routes(_) | Task::Mesh(_) | Task::Mark(_) => Ok("written and taken".to_owned()),
            Task::Reach => Ok("its API answers".to_owned()),
        }
    }

    async fn holds(&self, work: &Work, items: &[Item]) -> Result<String, OnpremError> {
        let problem = match self.proven(&work.host, items).await? {
            Standing::Holds => return Ok("looked at again".to_owned()),
            Standing::Absent => "nothing of it is there afterwards".to_owned(),
            Standing::Differs(what) => format!("afterwards {}", what.join(", ")),
        };
        Err(OnpremError::Unexpected {
            what: work.title.clone(),
            problem,
        })
    }

    async fn bring_about(&self, host: &str, items: &[Item]) -> Result<(), OnpremError> {
        bring_about(&self.hosts, host, &self.environment, items).await
    }

    fn work(&self, id: &str) -> Result<&Work, OnpremError> {
        let unknown = || OnpremError::Unknown {
            work: id.to_owned(),
        };
        self.works.get(id).ok_or_else(unknown)
    }
}
