//! Releases in Helm's own storage format.
//!
//! A release has one Secret per revision, named `sh.helm.release.v1.NAME.vN`, of type `helm.sh/release.v1`, with the
//! record as gzipped JSON in base64 under `release`, and labels by which Helm finds it
//! (`helm/helm@v4.2.4:pkg/storage/driver/secrets.go`, `pkg/release/v1`). Records of Helm 3 have the same format without
//! `apply_method`.

mod history;
mod hook;
mod record;
mod releases;

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;
use mosipctl_object::ReleaseName;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

pub use history::History;
pub use hook::Hook;
pub use record::{RecordError, ReleaseHead};
pub use releases::{Begun, Draft, HISTORY_MAX, Outcome, ReleaseError, Releases};

/// One revision of a release.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Release {
    /// Name.
    pub name: String,
    /// State and times.
    pub info: Info,
    /// The chart, as Helm keeps it.
    #[serde(default)]
    pub chart: Value,
    /// Values over those of the chart.
    #[serde(
        default,
        skip_serializing_if = "Map::is_empty",
        deserialize_with = "null_as_default"
    )]
    pub config: Map<String, Value>,
    /// The objects, as one text.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub manifest: String,
    /// Hooks.
    #[serde(
        default,
        skip_serializing_if = "Vec::is_empty",
        deserialize_with = "null_as_default"
    )]
    pub hooks: Vec<Hook>,
    /// Revision, from 1.
    #[serde(rename = "version")]
    pub revision: u32,
    /// Namespace.
    #[serde(default)]
    pub namespace: String,
    /// How its objects were written.
    #[serde(default, skip_serializing_if = "ApplyMethod::is_unset")]
    pub apply_method: ApplyMethod,
    /// Labels of the record beside Helm's own. Helm hands them on from revision to revision.
    #[serde(skip)]
    pub labels: BTreeMap<String, String>,
}

/// State and times of a revision.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Info {
    /// When the release came to be.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "time"
    )]
    pub first_deployed: Option<Timestamp>,
    /// When this revision came to be.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "time"
    )]
    pub last_deployed: Option<Timestamp>,
    /// When it was uninstalled.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "time"
    )]
    pub deleted: Option<Timestamp>,
    /// For people.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// State.
    pub status: Status,
    /// What `helm status` shows of the chart's notes.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub notes: String,
}

/// State of a revision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// Helm does not know.
    Unknown,
    /// It is what runs.
    Deployed,
    /// It was taken away and its record kept.
    Uninstalled,
    /// A later one runs.
    Superseded,
    /// It did not come to be.
    Failed,
    /// It is being taken away.
    Uninstalling,
    /// The first one is being installed.
    PendingInstall,
    /// A later one is being installed.
    PendingUpgrade,
    /// An earlier one is being brought back.
    PendingRollback,
}

/// How the objects of a release are written. The real helm goes on in the same way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum ApplyMethod {
    /// A release of Helm 3: client-side.
    #[default]
    #[serde(rename = "")]
    Unset,
    /// Client-side apply.
    #[serde(rename = "csa")]
    ClientSide,
    /// Server-side apply.
    #[serde(rename = "ssa")]
    ServerSide,
}

impl ApplyMethod {
    fn is_unset(&self) -> bool {
        *self == Self::Unset
    }
}

impl Release {
    /// Namespace and name.
    pub fn release_name(&self) -> ReleaseName {
        ReleaseName::new(&self.namespace, &self.name)
    }

    /// Name of the record's Secret.
    pub fn record_name(&self) -> String {
        record::name(&self.name, self.revision)
    }
}

impl Status {
    /// Whether somebody is at it, or was stopped in the middle.
    pub fn is_pending(self) -> bool {
        matches!(
            self,
            Self::PendingInstall | Self::PendingUpgrade | Self::PendingRollback
        )
    }

    /// The word that Helm uses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Deployed => "deployed",
            Self::Uninstalled => "uninstalled",
            Self::Superseded => "superseded",
            Self::Failed => "failed",
            Self::Uninstalling => "uninstalling",
            Self::PendingInstall => "pending-install",
            Self::PendingUpgrade => "pending-upgrade",
            Self::PendingRollback => "pending-rollback",
        }
    }

    /// The state of a word; a word that nobody knows is [`Self::Unknown`].
    pub fn of_word(word: &str) -> Self {
        [
            Self::Deployed,
            Self::Uninstalled,
            Self::Superseded,
            Self::Failed,
            Self::Uninstalling,
            Self::PendingInstall,
            Self::PendingUpgrade,
            Self::PendingRollback,
        ]
        .into_iter()
        .find(|status| status.as_str() == word)
        .unwrap_or(Self::Unknown)
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Go writes an unset time as nothing, as an empty text, or as the year 1.
fn time<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Timestamp>, D::Error> {
    let text = Option::<String>::deserialize(from)?.unwrap_or_default();
    if text.is_empty() || text.starts_with("0001-01-01") {
        return Ok(None);
    }
    text.parse().map(Some).map_err(serde::de::Error::custom)
}

/// Go writes an empty list as `null`.
fn null_as_default<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(
    from: D,
) -> Result<T, D::Error> {
    Ok(Option::deserialize(from)?.unwrap_or_default())
}
