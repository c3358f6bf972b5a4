//! Where images come from.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::secret::SecretSource;
use crate::name::Label;

/// Where images come from. Every image name of the plan passes through it.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Images {
    /// Other names for images or their beginnings, such as `docker.io/mosipid: registry.example.org/mosip`; the longest match wins.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub rewrite: BTreeMap<String, String>,
    /// A registry that holds copies of all images under their own paths.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mirror: Option<String>,
    /// Registries that ask for a password; a pull secret for each is made in every namespace that runs pods.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pull_secrets: Vec<PullSecret>,
}

/// Credentials of one registry.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct PullSecret {
    /// Name of the Secret of type `kubernetes.io/dockerconfigjson`.
    pub name: Label,
    /// The registry, such as `registry.example.org`.
    pub registry: String,
    /// User name.
    pub username: String,
    /// Password or token.
    pub password: SecretSource,
}
