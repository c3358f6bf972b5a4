//! A release of a chart of its own, and Jobs.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::service::{Container, Rule, SecurityContext};

/// A release of a chart that is not the generic one.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Chart {
    /// A folder under `charts/`, or the name of a chart artefact.
    pub name: String,
    /// Release name. Default: the component's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub release: Option<String>,
    /// Values; `${…}` in a text is filled in from the environment.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub values: Map<String, Value>,
    /// Values laid over those, by profile name.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub profiles: IndexMap<String, Map<String, Value>>,
    /// When a finished Job of the chart runs again. It must complete, and is a step of its own outside the release. Default: the
    /// chart has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job: Option<Rerun>,
    /// Whether it stands in for a third party's chart; such a release is refused outside rehearsals.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stands_in_for: Option<String>,
}

/// A Job that must complete. It is a step of its own, outside the release that holds its service account.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Job {
    /// Release name. Default: the component's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub release: Option<String>,
    /// When a finished Job runs again.
    #[serde(default, skip_serializing_if = "Rerun::is_default")]
    pub rerun: Rerun,
    /// Tries before the Job counts as failed (Kubernetes `backoffLimit`).
    #[serde(default)]
    pub backoff_limit: u32,
    /// Name of the service account. Default: the release's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_account: Option<String>,
    /// What runs.
    pub container: Container,
    /// Containers that run before it, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub init_containers: Vec<Container>,
    /// Config maps that belong to the release.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub config_maps: IndexMap<String, IndexMap<String, String>>,
    /// Permissions in its own namespace, for the few that call the Kubernetes API.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<Rule>,
    /// The strictest security context the image is known to bear.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub security: Option<SecurityContext>,
}

/// When a finished Job runs again.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Rerun {
    /// Never by itself: it makes something that exists once (keys, salts, master data).
    #[default]
    Never,
    /// When its rendered form differs from the one that ran.
    WhenChanged,
}

impl Rerun {
    fn is_default(&self) -> bool {
        *self == Self::default()
    }
}
