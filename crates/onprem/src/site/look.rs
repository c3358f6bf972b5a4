//! How everything on the hosts stands.

use std::collections::BTreeMap;

use mosipctl_hosts::{Command, Connection, HostError, Shell};
use mosipctl_plan::observed::Standing;

use super::Site;
use crate::cluster::{Node, member};
use crate::error::OnpremError;
use crate::item::{Answers, Item, script, together};
use crate::mesh;
use crate::work::{Task, Work};

/// Nodes of the cluster, by name.
type Nodes = BTreeMap<String, Node>;

impl Site {
    /// How each work stands. Two round trips: one to a control plane, then one to every host, all hosts at once.
    ///
    /// # Errors
    /// A host cannot be asked, or there is a cluster and none of its control planes answers.
    pub async fn look(&self) -> Result<BTreeMap<String, Standing>, OnpremError> {
        let nodes = match self.has_cluster() {
            true => self.control_planes.nodes().await?,
            false => Nodes::new(),
        };
        let mut on: BTreeMap<&str, Vec<(&Work, Vec<Item>)>> = BTreeMap::new();
        for work in self.works.values() {
            let items = items(work, &nodes, &self.mesh_keys);
            on.entry(&work.host).or_default().push((work, items));
        }
        let names: Vec<String> = on.keys().map(ToString::to_string).collect();
        let asked = self.hosts.each(&names, |connection| {
            let works = on.get(connection.name());
            let items = works.into_iter().flatten().flat_map(|(_, items)| items);
            let script = script(items);
            async move { ask(&connection, script).await }
        });
        let mut standings = BTreeMap::new();
        for (name, answers) in asked.await {
            let answers = answers?;
            let mut number = 0;
            for (work, items) in on.get(name).into_iter().flatten() {
                let each = items.iter().enumerate();
                let each = each.map(|(index, item)| answers.standing(number + index, item));
                let seen = self.standing(work, &nodes, together(each.collect::<Vec<_>>()));
                number += items.len();
                standings.insert(work.id(), seen);
            }
        }
        Ok(standings)
    }

    /// How a work stands, when its items stand so.
    fn standing(&self, work: &Work, nodes: &Nodes, items: Standing) -> Standing {
        // what the cluster knows of a host that was installed anew is of the one before
        let node = nodes.get(&work.host);
        let node = node.filter(|_| self.is_member(&work.host));
        let known = |holds: bool| match holds {
            true => items.clone(),
            false => Standing::Absent,
        };
        match &work.task {
            Task::Items(_) => items,
            Task::Found(_) | Task::Reach => known(self.has_cluster()),
            Task::Join(_) => match (self.is_member(&work.host), node) {
                (true, Some(_)) => Standing::Holds,
                (true, None) => Standing::Differs(vec!["the cluster does not know it".to_owned()]),
                (false, _) => Standing::Absent,
            },
            Task::Ready => known(node.is_some_and(|node| node.is_ready)),
            Task::Network(_) => known(node.is_some_and(|node| node.pods.is_some())),
            Task::Routes(routes) => {
                let has_pods = |(name, _): &(String, String)| {
                    let knows = nodes.get(name).is_some_and(|node| node.pods.is_some());
                    knows && self.is_member(name)
                };
                known(routes.nodes.iter().all(has_pods))
            }
            Task::Mesh(mesh) => {
                let is_known = |(name, _): &(String, String)| {
                    let has_pods = nodes.get(name).is_some_and(|node| node.pods.is_some());
                    has_pods && self.is_member(name) && self.mesh_keys.contains_key(name)
                };
                known(mesh.nodes.iter().all(is_known))
            }
            Task::Mark(marks) => node.map_or(Standing::Absent, |node| node.bears(marks)),
        }
    }

    /// Looks once more at items, after they were brought about.
    pub(super) async fn proven(&self, host: &str, items: &[Item]) -> Result<Standing, OnpremError> {
        let connection = self.hosts.connection(host).await?;
        let answers = ask(&connection, script(items)).await?;
        let each = items.iter().enumerate();
        Ok(together(
            each.map(|(number, item)| answers.standing(number, item)),
        ))
    }
}

/// What is looked at on the host: a work's own items, or those that follow from what the cluster says.
fn items(work: &Work, nodes: &Nodes, keys: &BTreeMap<String, String>) -> Vec<Item> {
    let pods_of = |name: &str| nodes.get(name).and_then(|node| node.pods.clone());
    match &work.task {
        Task::Items(items) => items.clone(),
        Task::Network(network) => match pods_of(&work.host) {
            Some(pods) => member::plugin(&pods, *network),
            None => Vec::new(),
        },
        Task::Mesh(mesh) => mesh::items(&work.host, mesh, keys, pods_of),
        Task::Routes(routes) => member::way(&work.host, routes, pods_of),
        _ => Vec::new(),
    }
}

async fn ask(connection: &Connection, script: String) -> Result<Answers, HostError> {
    let what = "look at how it is set up";
    let command = Command::new(what, ["sh", "-s"]).as_root().input(script);
    let output = connection.run(&command).await?;
    let output = output.succeeded(connection.name(), what)?;
    Ok(Answers::read(&output.text()))
}
