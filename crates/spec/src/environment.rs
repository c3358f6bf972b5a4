//! The environment file: one YAML document in the shape of a Kubernetes object.
//!
//! Everything has a default but the name, the domain and the MOSIP version. Secrets are never values here, only where
//! to take them [from](secret::SecretSource).

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::document::{self, Complaint, Document};
use crate::name::{Domain, Label, Version};

pub mod certificates;
mod check;
pub mod cluster;
pub mod components;
pub mod dns;
pub mod externals;
pub mod images;
pub mod rehearsal;
pub mod secret;
pub mod storage;
pub mod vpn;
pub mod workload;

use certificates::Certificates;
use cluster::Cluster;
use components::ComponentSettings;
use dns::Dns;
use externals::Externals;
use images::Images;
use rehearsal::Rehearsal;
use secret::SecretSource;
use storage::Storage;
use vpn::Vpn;
use workload::Workload;

/// The `apiVersion` that this program reads.
pub const API_VERSION: &str = "mosipctl.io/v1alpha1";

/// One environment: a MOSIP (or an observation cluster) that is to be, where, and in which version.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Environment {
    /// Always `mosipctl.io/v1alpha1`.
    pub api_version: String,
    /// Always `Environment`.
    pub kind: String,
    /// The name of the environment.
    pub metadata: Metadata,
    /// What is wanted.
    pub spec: Spec,
}

/// How the environment is called.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Metadata {
    /// Name, a DNS label. Journals, locks and the inventory are kept under it, so it does not change.
    pub name: Label,
}

/// What is wanted.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Spec {
    /// What the cluster is for.
    #[serde(default)]
    pub role: Role,
    /// Domain under which every host name of the installation stands, such as `sandbox.example.org`.
    pub domain: Domain,
    /// MOSIP version, which names the edition of the catalogue.
    pub mosip: Version,
    /// Sizes and safety to choose by default.
    #[serde(default)]
    pub profile: Profile,
    /// Where it runs. Default: a lab on this machine.
    #[serde(default)]
    pub cluster: Cluster,
    /// Languages, three-letter codes (ISO 639-2); the first is the primary one.
    #[serde(default = "default_languages")]
    pub languages: Vec<String>,
    /// Which modules. Default: the edition's install set.
    #[serde(default)]
    pub modules: Modules,
    /// Host names that differ from the edition's pattern, by the name of their key in the `global` config map.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub hosts: BTreeMap<String, Domain>,
    /// Where the hosts' names lead in DNS, and who is told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dns: Option<Dns>,
    /// Who makes the certificate of all hosts. Default: an authority of the environment's own in a lab and for private domains;
    /// elsewhere nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificates: Option<Certificates>,
    /// The servers that MOSIP uses and other people make.
    #[serde(default)]
    pub externals: Externals,
    /// MOSIP's configuration repository.
    #[serde(default)]
    pub config: Config,
    /// Where images come from.
    #[serde(default)]
    pub images: Images,
    /// Where volumes come from.
    #[serde(default)]
    pub storage: Storage,
    /// The way in from outside to what the public must not reach; `mosipctl vpn` minds who has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vpn: Option<Vpn>,
    /// Changes to single components, by component name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub components: BTreeMap<String, ComponentSettings>,
    /// The work it is built for, and the nodes it is to have; `mosipctl size` reads it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workload: Option<Workload>,
    /// What may be simulated or stood in for. A lab implies it; production outside a lab refuses it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rehearsal: Option<Rehearsal>,
}

fn default_languages() -> Vec<String> {
    vec!["eng".to_owned()]
}

/// What a cluster is for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Role {
    /// A MOSIP platform.
    #[default]
    Mosip,
    /// The organisation's observation cluster, beside those of MOSIP: its own Keycloak. Rancher is brought by other means.
    Observation,
}

impl Role {
    /// The name as written in the file.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Mosip => "mosip",
            Self::Observation => "observation",
        }
    }
}

/// Sizes and safety to choose by default.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Profile {
    /// One replica of everything, small volumes, mocks allowed: for trying, testing and demonstrations.
    #[default]
    Sandbox,
    /// Replicas, disruption budgets, spread over zones, network policies; nothing simulated, nothing unpinned.
    Production,
}

impl Profile {
    /// The name as written in the file.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sandbox => "sandbox",
            Self::Production => "production",
        }
    }
}

/// Which modules of the edition. At most one of the two lists is given.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Modules {
    /// Only these modules, and what they need.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub only: Vec<String>,
    /// The edition's install set without these.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub except: Vec<String>,
    /// These too, beside the install set.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<String>,
}

/// MOSIP's configuration repository, served by config-server.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Config {
    /// Git address. Default: the edition's, `https://github.com/mosip/mosip-config`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repository: Option<String>,
    /// Branch, tag or commit. Default: the edition's tag.
    #[serde(default, rename = "ref", skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// Folders to search in, separated by commas.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub search_folders: Option<String>,
    /// User name for a private repository.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// Token for a private repository.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<SecretSource>,
    /// Properties that win over every file of the repository, by property name.
    #[serde(default)]
    pub overrides: BTreeMap<String, String>,
}

impl Environment {
    /// Reads and checks an environment file.
    ///
    /// # Errors
    /// The first thing that is wrong, with its line: not YAML, an unknown field, a value that cannot be, or settings
    /// that exclude each other.
    pub fn read(document: &Document<'_>) -> Result<Self, Box<Complaint>> {
        let environment: Self = document::read(document)?;
        check::check(&environment, document)?;
        Ok(environment)
    }

    /// What was chosen where components are alternatives: the mode of each server, and who brings `storage`.
    pub fn modes(&self) -> BTreeMap<&'static str, &'static str> {
        let modes = self.spec.externals.modes().into_iter();
        let mut modes: BTreeMap<_, _> = modes.map(|(name, mode)| (name, mode.as_str())).collect();
        modes.insert("storage", self.spec.storage.provider().as_str());
        modes
    }

    /// The environment's name.
    pub fn name(&self) -> &Label {
        &self.metadata.name
    }
}
