//! What a lab is told about the workloads that will come: how long they take, which images there are, what goes wrong.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::real::{RealKind, RealServer};

/// What a lab is told about the workloads that will come.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Expectations {
    /// How long each takes to start.
    pub startups: Vec<Startup>,
    /// Every image that can be pulled, by its exact name; none for all.
    pub images: BTreeSet<String>,
    /// What runs for real behind its pods.
    #[serde(default)]
    pub real: Vec<RealServer>,
    /// What goes wrong.
    pub drills: Vec<Drill>,
    /// Pods that nobody told about.
    pub others: Others,
}

/// The pods of one release: those that carry its name as label `app.kubernetes.io/instance`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Subject {
    /// Namespace.
    pub namespace: String,
    /// Name of the release.
    pub instance: String,
}

/// How long a workload takes to start.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Startup {
    /// Whose pods.
    pub subject: Subject,
    /// What they do.
    pub work: Work,
    /// Seconds on real machines, from the start of the containers.
    pub seconds: f64,
}

/// What a pod does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Work {
    /// It becomes ready and stays.
    Service,
    /// It completes: it belongs to a Job.
    Job,
}

/// Seconds, on real machines, for pods that nobody told about.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Others {
    /// Until ready.
    pub service: f64,
    /// Until complete.
    pub job: f64,
}

/// Something that goes wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Drill {
    /// Every attempt of a Job fails.
    JobFails {
        /// Whose pods.
        subject: Subject,
        /// Exit code of its container.
        exit_code: i32,
        /// What it wrote last.
        log: Vec<String>,
    },
    /// Containers run, but the pod never gets ready.
    NeverReady {
        /// Whose pods.
        subject: Subject,
        /// What the readiness probe gets, such as `HTTP probe failed with statuscode: 503`.
        message: String,
    },
    /// A container ends soon after each start.
    Crashes {
        /// Whose pods.
        subject: Subject,
        /// Exit code of its first container.
        exit_code: i32,
        /// What it wrote last.
        log: Vec<String>,
    },
    /// An image cannot be pulled, though it is listed.
    ImageMissing {
        /// Its exact name.
        image: String,
    },
    /// A node says nothing any more, and nothing happens to its pods.
    NodeLost {
        /// Its name.
        node: String,
    },
}

impl Subject {
    /// The pods of a release.
    pub fn new(namespace: impl Into<String>, instance: impl Into<String>) -> Self {
        Self {
            namespace: namespace.into(),
            instance: instance.into(),
        }
    }

    /// `NAMESPACE/INSTANCE`.
    pub(crate) fn key(&self) -> String {
        format!("{}/{}", self.namespace, self.instance)
    }
}

impl Expectations {
    /// Nodes that are lost.
    pub(crate) fn lost_nodes(&self) -> BTreeSet<&str> {
        let nodes = self.drills.iter().map(|drill| match drill {
            Drill::NodeLost { node } => Some(node.as_str()),
            _ => None,
        });
        nodes.flatten().collect()
    }

    /// Releases whose containers end with an error, with exit code and last words.
    pub(crate) fn failing(&self) -> impl Iterator<Item = (&Subject, i32, &[String])> {
        self.drills.iter().filter_map(|drill| match drill {
            Drill::JobFails {
                subject,
                exit_code,
                log,
            }
            | Drill::Crashes {
                subject,
                exit_code,
                log,
            } => Some((subject, *exit_code, log.as_slice())),
            _ => None,
        })
    }

    /// Jobs that work for real.
    pub(crate) fn real_jobs(&self) -> impl Iterator<Item = &Subject> {
        let jobs = self.real.iter();
        let jobs = jobs.filter(|server| matches!(server.kind, RealKind::KeyJob(_)));
        jobs.map(|server| &server.subject)
    }

    /// What runs for real behind the pods of a release.
    pub(crate) fn real(&self, subject: &Subject) -> Option<&RealServer> {
        self.real.iter().find(|server| server.subject == *subject)
    }

    /// What the readiness probe of a release is to get.
    pub(crate) fn never_ready(&self, subject: &Subject) -> Option<&str> {
        self.drills.iter().find_map(|drill| match drill {
            Drill::NeverReady {
                subject: other,
                message,
            } if other == subject => Some(message.as_str()),
            _ => None,
        })
    }

    /// Whether an image can be pulled.
    pub(crate) fn has_image(&self, image: &str) -> bool {
        let is_missing = |drill: &Drill| matches!(drill, Drill::ImageMissing { image: missing } if missing == image);
        (self.images.is_empty() || self.images.contains(image))
            && !self.drills.iter().any(is_missing)
    }
}
