//! An edition: the catalogue of one MOSIP version.

pub mod key_store;

use indexmap::IndexMap;
use mosipctl_spec::Version;
use mosipctl_spec::environment::Role;
use mosipctl_spec::environment::rehearsal::Part;
use mosipctl_spec::environment::storage::Provider;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use key_store::KeyStore;

use crate::component::correction::Correction;
use crate::component::service::Access;
use crate::component::{Component, Install};
use crate::fact::Fact;
use crate::layers::Origins;
use crate::relations::Placed;

/// The head of an edition, `edition.yaml`.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Edition {
    /// The MOSIP version.
    pub version: Version,
    /// The edition that this one is laid over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extends: Option<Version>,
    /// Modules, in the order of the documentation.
    #[serde(default)]
    pub modules: IndexMap<String, Module>,
    /// Modules of clusters that are for something else, in place of the install set.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub roles: IndexMap<Role, Vec<String>>,
    /// Namespaces, by name.
    #[serde(default)]
    pub namespaces: IndexMap<String, Namespace>,
    /// Config maps and Secrets that are copied to whoever reads them, by name.
    #[serde(default)]
    pub shared: Shared,
    /// Facts that somebody else makes true, such as a storage class.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub outside: Vec<Fact>,
    /// Names for texts that the components fill in as `${NAME}`.
    #[serde(default)]
    pub variables: IndexMap<String, String>,
    /// The servers that things are prepared in: databases, realms, buckets, queues, topics.
    #[serde(default)]
    pub servers: IndexMap<Part, Server>,
    /// Where keys lie, by name.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub key_stores: IndexMap<String, KeyStore>,
    /// What each driver of volumes offers.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub storage: IndexMap<Provider, Volumes>,
    /// What a gate gets by default.
    pub defaults: Defaults,
    /// Upstream defects that no single component shows.
    #[serde(default)]
    pub defects: Vec<Correction>,
}

/// A module: components that belong together.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Module {
    /// What it is.
    pub title: String,
    /// Namespace of its components, unless one says otherwise.
    pub namespace: String,
    /// Whether it belongs to the install set.
    #[serde(default)]
    pub install: Install,
}

/// A namespace.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Namespace {
    /// Whether Istio puts sidecars into its pods.
    #[serde(default)]
    pub injection: bool,
    /// Pod Security level that is enforced. Default: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pod_security: Option<PodSecurity>,
    /// Whether it is there before us and is never removed by us, such as `default`.
    #[serde(default)]
    pub builtin: bool,
}

/// A Pod Security Standards level.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum PodSecurity {
    /// Anything goes.
    Privileged,
    /// Known privilege escalations are refused.
    Baseline,
    /// Current hardening practice is enforced.
    Restricted,
}

/// A server that things are prepared in: how mosipctl reaches it and what it logs in with.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Server {
    /// Its Service, `NAMESPACE/NAME`; the way to it goes through the API server into a ready pod.
    pub service: String,
    /// Port of the Service.
    pub port: u16,
    /// Where it is instead when it stands outside: a host for PostgreSQL, else an address such as `https://s3.example.org`.
    /// Empty when it stands in the cluster.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub outside: String,
    /// Port outside, for servers that have no address of the Web.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub outside_port: String,
    /// Name of its administrator, or `NAMESPACE/NAME#KEY` of a Secret that holds it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub user: String,
    /// `NAMESPACE/NAME#KEY` of the Secret with the administrator's password.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub password: String,
    /// Where the passwords are that it hands on: `NAMESPACE/NAME#KEY` for the roles of databases, `NAMESPACE/NAME` for
    /// the clients of a realm.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub hands_on: String,
    /// Its pods: the release, `NAMESPACE/NAME`. A lab that runs the server for real puts it behind them.
    pub release: String,
    /// The port that its pods listen at.
    pub listens: u16,
}

/// What a driver of volumes offers.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Volumes {
    /// Its storage class.
    pub class: String,
    /// How claims of several nodes ask for a volume, when it gives no ReadWriteMany. With `ReadWriteOnce` their pods
    /// come together on one node.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shared_access: Option<Access>,
}

/// What is copied from one namespace to those who read it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Shared {
    /// Namespace of the original, by config map name.
    #[serde(default)]
    pub config_maps: IndexMap<String, String>,
    /// Namespace of the original, by Secret name.
    #[serde(default)]
    pub secrets: IndexMap<String, String>,
}

/// What a component gets unless it says otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Defaults {
    /// Seconds until a gate is missed, at least; a component with a start-up time gets four times that if it is more.
    pub deadline: u32,
    /// What must be true before a pod starts in a namespace with injection: whoever puts the sidecar in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub injector: Option<Fact>,
}

/// A whole edition, loaded and laid over those it extends.
#[derive(Debug, Clone)]
pub struct Catalogue {
    /// Its head.
    pub edition: Edition,
    /// Every component by name, in the order of modules and file names.
    pub components: IndexMap<String, Entry>,
    /// SHA-256 of everything that was read, in hexadecimal.
    pub digest: String,
}

/// A component with its place in the edition.
#[derive(Debug, Clone)]
pub struct Entry {
    /// What the files say.
    pub component: Component,
    /// The module, which is the folder.
    pub module: String,
    /// Which file each field is from.
    pub origins: Origins,
}

impl Catalogue {
    /// The namespace a component stands in.
    pub fn namespace_of(&self, name: &str) -> Option<&str> {
        let entry = self.components.get(name)?;
        let module = self.edition.modules.get(&entry.module);
        entry
            .component
            .namespace
            .as_deref()
            .or(module.map(|module| module.namespace.as_str()))
    }

    /// Every component with its name and namespace.
    pub fn placed(&self) -> impl Iterator<Item = Placed<'_>> {
        self.components.iter().filter_map(|(name, entry)| {
            let namespace = self.namespace_of(name)?;
            Some(Placed {
                name,
                namespace,
                component: &entry.component,
            })
        })
    }

    /// Every correction with the component that holds it; those of the edition itself come first, without one.
    pub fn corrections(&self) -> impl Iterator<Item = (Option<&str>, &Correction)> {
        let own = self.edition.defects.iter().map(|defect| (None, defect));
        let parts = self.components.iter().flat_map(|(name, entry)| {
            entry
                .component
                .corrects
                .iter()
                .map(move |correction| (Some(name.as_str()), correction))
        });
        own.chain(parts)
    }
}
