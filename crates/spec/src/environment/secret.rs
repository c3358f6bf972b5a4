//! Where a secret is taken from. The value itself never stands in the environment file.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A secret that people supply: `{from: {env: SMTP_PASSWORD}}`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct SecretSource {
    /// Exactly one of the places.
    pub from: Source,
}

/// A place that holds a secret. Exactly one field is given.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Source {
    /// An environment variable of the process that runs mosipctl.
    Env(String),
    /// A file; a final line break is not part of the secret.
    File(PathBuf),
    /// A key of a Secret that is in the cluster already.
    Kubernetes(KubernetesSource),
}

/// A key of a Secret in the cluster.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct KubernetesSource {
    /// Namespace of the Secret.
    pub namespace: String,
    /// Name of the Secret.
    pub name: String,
    /// Key in it.
    pub key: String,
}
