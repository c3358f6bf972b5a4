//! Rules: who may do what where, and what for.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::resource::Resource;

/// A command that needs rights. `status` and `explain` need what `plan` and the reasons of a failed `up` need.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Task {
    /// `mosipctl plan`
    Plan,
    /// `mosipctl up`
    Up,
    /// `mosipctl down`
    Down,
    /// `mosipctl verify`
    Verify,
}

impl Task {
    /// The command's word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Plan => "plan",
            Self::Up => "up",
            Self::Down => "down",
            Self::Verify => "verify",
        }
    }
}

/// Where a right is given.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Place {
    /// In the whole cluster: by a ClusterRole.
    Everywhere,
    /// In one namespace: by a Role.
    Namespace(String),
}

impl Place {
    /// One namespace.
    pub fn namespace(name: impl Into<String>) -> Self {
        Self::Namespace(name.into())
    }
}

/// What a right is for. In the order of telling.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Purpose {
    /// Knowing which cluster it is.
    Cluster,
    /// Keeping others out while a run goes on.
    Lock,
    /// Keeping the inventory.
    Inventory,
    /// Keeping finished runs.
    Runs,
    /// Seeing what is there.
    Look,
    /// Waiting.
    Wait,
    /// Labelling namespaces.
    Namespaces,
    /// Making, comparing and removing objects.
    Objects,
    /// Making Secrets and copies of them.
    Secrets,
    /// Reading Secrets that others made.
    Supplied,
    /// Keeping the records of releases.
    Records,
    /// Running Jobs.
    Jobs,
    /// Explaining what is not ready.
    Reasons,
    /// Reaching servers.
    Servers,
    /// Granting pods what charts grant them.
    Roles,
    /// Letting helm run charts with hooks.
    Hooks,
}

impl Purpose {
    /// In words.
    pub fn why(self) -> &'static str {
        match self {
            Self::Cluster => "the uid of kube-system tells which cluster it is",
            Self::Lock => "one run at a time: a lease",
            Self::Inventory => "what is ours stands in one Secret",
            Self::Runs => "the last 20 runs are kept in config maps",
            Self::Look => {
                "what is there is told by one list for each kind, in all namespaces; Secrets among them, for releases keep their records there"
            }
            Self::Wait => {
                "whoever waits for an object watches its kind instead of asking again and again"
            }
            Self::Namespaces => {
                "labels for Istio and Pod Security; namespaces are neither made nor deleted"
            }
            Self::Objects => {
                "objects of releases and config maps: compared by dry run, applied, deleted"
            }
            Self::Secrets => "Secrets are drawn once, and copied to those who read them",
            Self::Supplied => {
                "values are taken from Secrets that the environment or the catalogue names"
            }
            Self::Records => "each release has its records, as helm has them",
            Self::Jobs => "Jobs are run to their end",
            Self::Reasons => "what is not ready is explained by its pods, claims, events and logs",
            Self::Servers => {
                "databases, realms, buckets and queues are made and proven inside servers, through the API server into a pod"
            }
            Self::Roles => "charts grant this to their pods, and nobody may grant what they lack",
            Self::Hooks => "charts with hooks are run by helm itself",
        }
    }
}

/// What may be done with the objects of one resource.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Rule {
    /// Where.
    pub place: Place,
    /// With what.
    pub resource: Resource,
    /// Only with objects of these names; with every one when there is none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub names: Vec<String>,
    /// What, in the order of telling.
    pub grants: Vec<Grant>,
}

impl Rule {
    /// The verbs, in the order of telling.
    pub fn verbs(&self) -> Vec<&str> {
        let verbs = self.grants.iter().map(|grant| grant.verb.as_str());
        verbs.collect()
    }
}

/// One verb, and what needs it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Grant {
    /// The verb, such as `patch`.
    pub verb: String,
    /// What it is for, and which commands need it for that.
    pub reasons: BTreeSet<(Purpose, Task)>,
}
