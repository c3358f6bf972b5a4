//! One component: one thing an edition can deploy.
//!
//! A component is what one YAML file says. Most are a [`Service`] (rendered by charts/mosip-service), some bring their
//! own [`Chart`], some run a [`Job`], some only make objects or prepare a server. What it reads becomes its needs by
//! itself; `needs:` adds what no reference shows.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::fact::Fact;
use crate::secret::Secret;

pub mod chart;
pub mod correction;
pub mod data;
pub mod service;

pub use chart::{Chart, Job, Rerun};
pub use correction::Correction;
pub use data::{Bucket, Client, Database, Queue, Realm, Scripts, Topic};
pub use service::Service;

/// One thing an edition can deploy.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Component {
    /// What it is, in a few words a person understands.
    pub title: String,
    /// Anything more a reader should know: why it is here, what to watch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<String>,
    /// Why nobody may rely on it yet, such as `nobody has run it yet`. Every plan with it says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unproven: Option<String>,
    /// A file under `like/` whose content is laid under this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub like: Option<String>,
    /// Namespace. Default: the module's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// Whether it belongs to the install set.
    #[serde(default, skip_serializing_if = "Install::is_default")]
    pub install: Install,
    /// Only with a server in this mode, such as `{external: postgres, mode: existing}`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<When>,

    /// A release of the generic chart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<Box<Service>>,
    /// A release of a chart of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chart: Option<Chart>,
    /// A Job that must complete.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job: Option<Box<Job>>,
    /// Config maps that mosipctl makes itself, outside any release.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub config_maps: Vec<ConfigMap>,
    /// Secrets that mosipctl makes, adopts or asks for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub secrets: Vec<Secret>,
    /// Databases in PostgreSQL.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub databases: Vec<Database>,
    /// A realm in Keycloak.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub realm: Option<Realm>,
    /// Clients in that realm.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub clients: Vec<Client>,
    /// Buckets in the object store.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub buckets: Vec<Bucket>,
    /// Queues in the message broker.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub queues: Vec<Queue>,
    /// Topics in Kafka.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub topics: Vec<Topic>,

    /// Facts it cannot start without, beside those that its references show.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(with = "Vec<String>")]
    pub needs: Vec<Fact>,
    /// Facts it makes when it is ready, beside its release, job and objects, such as `key KERNEL/SIGN`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(with = "Vec<String>")]
    pub makes: Vec<Fact>,
    /// Components it calls while running. No order follows from them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub uses: Vec<String>,
    /// How long it takes from the first pod to ready (or completed).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub startup: Option<Startup>,
    /// Seconds until its gate is missed. Default: the edition's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline: Option<u32>,
    /// Where it differs from the official chart or script, and why.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub corrects: Vec<Correction>,
}

/// Whether a component belongs to the install set of its edition.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Install {
    /// Installed with its module.
    #[default]
    Default,
    /// Installed when the environment names it, or something installed needs it.
    Optional,
}

impl Component {
    /// When a finished Job of it runs again; none when it has no Job.
    pub fn rerun(&self) -> Option<Rerun> {
        let own = self.job.as_ref().map(|job| job.rerun);
        own.or(self.chart.as_ref().and_then(|chart| chart.job))
    }
}

impl Install {
    fn is_default(&self) -> bool {
        *self == Self::Default
    }
}

/// The condition under which one of several alternative components stands.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct When {
    /// Name of a server under `spec.externals` of the environment, such as `postgres`, or `storage`.
    pub external: String,
    /// The mode it must have there, such as `inCluster`; of `storage` the provider.
    pub mode: String,
}

/// A config map that mosipctl makes itself.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ConfigMap {
    /// Name; the namespace is the component's.
    pub name: String,
    /// Keys and values; `${…}` in a value is filled in from the environment.
    pub data: indexmap::IndexMap<String, String>,
}

/// How long something takes to start.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Startup {
    /// Seconds.
    pub seconds: u32,
    /// Whether somebody measured it.
    pub basis: Basis,
    /// Where the figure is from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

/// What a figure rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Basis {
    /// Somebody measured it; the source says where.
    Measured,
    /// Taken from components of the same sort.
    Estimated,
}
