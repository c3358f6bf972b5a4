//! What we own in a cluster, as the cluster itself remembers it.
//!
//! One Secret per environment. With it, the Helm records and what servers keep for themselves, a lost journal loses
//! history, never correctness.

use std::collections::BTreeMap;

use mosipctl_catalogue::Fact;
use mosipctl_catalogue::secret::Class;
use mosipctl_object::{Mark, ObjectKey, ReleaseName};
use serde::{Deserialize, Serialize};

/// Everything we own.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Inventory {
    /// Objects that we applied.
    pub objects: BTreeMap<ObjectKey, OwnedObject>,
    /// Releases that are ours.
    pub releases: BTreeMap<String, OwnedRelease>,
    /// Jobs that ran to completion, by `NAMESPACE/NAME` without the digest at its end.
    pub jobs: BTreeMap<String, FinishedJob>,
    /// Secrets that we made, adopted, took or copied, by `NAMESPACE/NAME`.
    pub secrets: BTreeMap<String, OwnedSecret>,
    /// What was prepared inside servers.
    pub facts: BTreeMap<Fact, PreparedFact>,
    /// Components that only stand in for something, with what that is. An entry is never taken away.
    pub stand_ins: BTreeMap<String, String>,
}

/// An object that we applied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OwnedObject {
    /// Digest of what we wanted when we last applied it.
    pub wanted: String,
    /// Its mark after that.
    pub mark: Mark,
    /// Whether the mark was taken so soon after a write that a second write could hide in it (see
    /// [`mosipctl_object::mark`]); the object is then looked at once more.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub young: bool,
    /// The release it belongs to, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub release: Option<ReleaseName>,
    /// Whether it was there before us; such an object is never deleted by us.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub found: bool,
}

/// A release that is ours.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OwnedRelease {
    /// Component it belongs to.
    pub component: String,
    /// Whether it was made by somebody else and taken as it is; its chart then stays the source.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub adopted: bool,
}

/// A Job that ran to completion.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FinishedJob {
    /// Digest of the Job that ran.
    pub digest: String,
    /// When it completed, RFC 3339.
    pub at: String,
    /// Whether it only pretended: a responder ran in place of its image.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub simulated: bool,
}

/// A Secret that we made, adopted, took or copied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OwnedSecret {
    /// Random id of its present content.
    pub revision: String,
    /// What changing it would mean.
    pub class: Class,
    /// How it came to be here.
    pub origin: Origin,
    /// Mark of the object when we last looked at its content.
    pub mark: Mark,
    /// Digest of how its keys come into being.
    pub wanted: String,
    /// Salted digest of its content, so that a change by hand is noticed. The inventory is a Secret itself.
    pub content: String,
}

/// How a Secret came to be here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Origin {
    /// We made it.
    Made,
    /// It was there before us; we add what it lacks and never delete it.
    Adopted,
    /// We copied it from another namespace.
    Copied,
}

/// Something prepared inside a server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PreparedFact {
    /// Whether it was only pretended. Marked for ever.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub simulated: bool,
    /// When, RFC 3339.
    pub at: String,
}

impl Inventory {
    /// Whether anything at all was installed.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// A release that is ours.
    pub fn release(&self, name: &ReleaseName) -> Option<&OwnedRelease> {
        self.releases.get(&name.to_string())
    }
}
