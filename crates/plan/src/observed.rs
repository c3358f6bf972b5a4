//! The world as it was seen, including what could not be seen.

use std::collections::{BTreeMap, BTreeSet};

use mosipctl_catalogue::Fact;
use mosipctl_object::{Mark, ObjectKey, ReleaseName};
use serde::{Deserialize, Serialize};

use crate::inventory::Inventory;

/// A snapshot of the world.
#[derive(Debug, Clone, Default)]
pub struct Observed {
    /// The cluster; none when planning without one.
    pub cluster: Option<SeenCluster>,
    /// What we own there.
    pub inventory: Inventory,
    /// The mark of every object of the kinds that the plan touches.
    pub marks: BTreeMap<ObjectKey, Mark>,
    /// Answers to the [questions](crate::compare::questions): what a server-side dry run would change.
    pub answers: BTreeMap<ObjectKey, Answer>,
    /// The newest record of every Helm release.
    pub releases: BTreeMap<ReleaseName, SeenRelease>,
    /// Workloads of releases that are not ready, with the reason.
    pub not_ready: BTreeMap<ObjectKey, String>,
    /// Jobs, by object.
    pub jobs: BTreeMap<ObjectKey, SeenJob>,
    /// The revision that each Secret of ours carries.
    pub revisions: BTreeMap<ObjectKey, String>,
    /// Other facts that were seen to hold, such as storage classes and databases.
    pub holds: BTreeSet<Fact>,
    /// What servers show of what is prepared in them; nothing for servers that were not asked.
    pub servers: BTreeMap<Fact, Standing>,
    /// How work on hosts stands; nothing for hosts that were not asked.
    pub hosts: BTreeMap<String, Standing>,
    /// What could not be seen, in words.
    pub unseen: Vec<String>,
    /// What a person should know of what is as it should be.
    pub notes: Vec<String>,
}

/// What a server shows of something that is prepared in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Standing {
    /// It is there as it should be.
    Holds,
    /// It is not there.
    Absent,
    /// It is there and differs, in words.
    Differs(Vec<String>),
}

/// The cluster that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SeenCluster {
    /// uid of namespace `kube-system`.
    pub uid: String,
    /// Version of its API server, such as `v1.36.1`.
    pub version: String,
}

/// What a server-side dry run of a wanted object would do to the live one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Answer {
    /// Nothing.
    Same,
    /// It would change these fields (JSON pointers).
    Changes {
        /// The fields.
        fields: Vec<String>,
    },
    /// Others manage fields that we want to set.
    Conflict {
        /// The fields with their managers.
        fields: Vec<ForeignField>,
        /// Fields that nobody else manages and that would change.
        changes: Vec<String>,
    },
    /// A field would change that cannot.
    Immutable {
        /// The API server's words.
        reason: String,
    },
    /// The API server refuses the object.
    Refused {
        /// The API server's words.
        reason: String,
    },
}

/// A field that somebody else manages.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ForeignField {
    /// JSON pointer of the field.
    pub field: String,
    /// Its field manager, such as `kubectl` or `horizontal-pod-autoscaler`.
    pub manager: String,
}

/// The newest record of a Helm release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SeenRelease {
    /// Revision.
    pub revision: u32,
    /// Helm's status, such as `deployed` or `pending-install`.
    pub status: String,
    /// The environment whose label the record carries, if any.
    pub owner: Option<String>,
}

/// A Job in the cluster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum SeenJob {
    /// It runs.
    Running,
    /// It ran to completion.
    Complete,
    /// It failed.
    Failed,
}
