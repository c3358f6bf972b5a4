//! A step: one action of a plan, as data.

use std::fmt;
use std::time::Duration;

use mosipctl_catalogue::Fact;
use mosipctl_object::{ObjectKey, ReleaseName};
use serde::{Deserialize, Serialize};

/// The name of a step, stable from plan to plan: a verb and what it acts on, such as `apply release kernel/authmanager`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct StepId(String);

impl StepId {
    /// The step that does `verb` to `what`.
    pub fn new(verb: &str, what: impl fmt::Display) -> Self {
        Self(format!("{verb} {what}"))
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<String> for StepId {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Display for StepId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One action, what must be true before it, and what is true after it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Step {
    /// Its name.
    pub id: StepId,
    /// What it does, in words a person understands.
    pub title: String,
    /// The component it belongs to.
    pub component: String,
    /// What is done.
    pub action: Action,
    /// Facts that must be true before it starts.
    pub needs: Vec<Fact>,
    /// Facts that its gate proves.
    pub makes: Vec<Fact>,
    /// Facts that are no longer true once it has run.
    pub ends: Vec<Fact>,
    /// Names of locks; two steps with a common one never run at the same time.
    pub excludes: Vec<String>,
    /// What it takes up while it acts. A gate takes up nothing.
    pub class: Class,
    /// How long it will probably take.
    pub estimate: Duration,
    /// How long its gate may take before it counts as missed.
    pub deadline: Duration,
    /// What it puts at risk.
    pub risk: Risk,
    /// How it is taken back.
    pub undo: Undo,
    /// Whether it only pretends: there is no real server to act on, or a responder runs in place of a Job's image.
    pub simulated: bool,
}

impl Step {
    /// A safe step that takes no time, needs nothing and makes nothing; the planner fills in what differs.
    pub fn new(
        id: StepId,
        title: impl Into<String>,
        component: impl Into<String>,
        action: Action,
    ) -> Self {
        Self {
            id,
            title: title.into(),
            component: component.into(),
            action,
            needs: Vec::new(),
            makes: Vec::new(),
            ends: Vec::new(),
            excludes: Vec::new(),
            class: Class::Api,
            estimate: Duration::ZERO,
            deadline: DEADLINE,
            risk: Risk::Safe,
            undo: Undo::None,
            simulated: false,
        }
    }
}

/// How long a gate may take unless the planner knows better: twice what the API server may take to answer one request
/// (its own limit is 60 s).
const DEADLINE: Duration = Duration::from_secs(120);

/// What a step does. References only: the content is in blueprint and rendered releases.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Action {
    /// Applies an object that mosipctl itself makes.
    Apply {
        /// The object.
        object: ObjectKey,
        /// Whether it is deleted first, because a field that cannot change must.
        recreate: bool,
    },
    /// Makes a Secret: draws what is missing, takes what people supply, leaves what is there.
    MakeSecret {
        /// The Secret.
        secret: ObjectKey,
    },
    /// Copies a config map or Secret to another namespace: read, write, verify.
    Copy {
        /// The original.
        from: ObjectKey,
        /// The copy.
        to: ObjectKey,
    },
    /// Writes a release's record and applies its objects.
    ApplyRelease {
        /// The release.
        release: ReleaseName,
        /// Objects that are deleted first, because a field that cannot change must.
        recreate: Vec<ObjectKey>,
    },
    /// Takes a release that somebody else made, as it is.
    AdoptRelease {
        /// The release.
        release: ReleaseName,
    },
    /// Waits until all workloads of a release are ready, and marks its record.
    AwaitRelease {
        /// The release.
        release: ReleaseName,
    },
    /// Runs a Job to its end.
    RunJob {
        /// The release whose service account and config it uses.
        release: ReleaseName,
        /// The Job, its name ending in the digest of its content.
        job: ObjectKey,
    },
    /// Prepares something inside a server: a database, a realm, a client, a bucket, a queue.
    Prepare {
        /// What is to be true.
        fact: Fact,
    },
    /// Backs up something inside a server, or a token, and proves the backup.
    BackUp {
        /// What is backed up.
        fact: Fact,
    },
    /// Brings about on a host what is to be true there.
    OnHost {
        /// The host.
        host: String,
        /// Name of the work, `HOST WHAT`.
        work: String,
        /// Digest of what is done.
        digest: String,
    },
    /// Takes a release away, with every object that is its own.
    RemoveRelease {
        /// The release.
        release: ReleaseName,
    },
    /// Deletes an object that is ours.
    Delete {
        /// The object.
        object: ObjectKey,
    },
}

/// What a step takes up while it acts; each has its own limit in the engine.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Class {
    /// Nothing worth counting.
    Free,
    /// Writes to the Kubernetes API.
    Api,
    /// Work in one server, such as a database server.
    Server(String),
    /// Work on one host.
    Host(String),
}

/// What a step puts at risk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Risk {
    /// Nothing that runs is touched.
    Safe,
    /// Something that runs is restarted or replaced.
    Disruptive,
    /// Data is gone afterwards.
    Destructive,
}

/// How a step is taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Undo {
    /// What it made is removed.
    Remove,
    /// What was there before is put back.
    Restore,
    /// Not at all: running it again finishes it.
    None,
}
