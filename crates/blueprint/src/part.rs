//! One component of the edition, resolved for one environment.

use std::time::Duration;

use indexmap::IndexMap;
use mosipctl_catalogue::component::chart::Rerun;
use mosipctl_catalogue::component::service::{Platform, ServiceValues};
use mosipctl_catalogue::component::{Bucket, Client, Component, Database, Queue, Realm, Topic};
use mosipctl_catalogue::relations::Placed;
use mosipctl_catalogue::secret::{Class, Generate};
use mosipctl_catalogue::{Catalogue, Fact};
use mosipctl_object::ReleaseName;
use mosipctl_spec::Environment;
use mosipctl_spec::environment::components::ComponentSettings;
use mosipctl_spec::environment::secret::SecretSource;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::error::BlueprintError;
use crate::interpolate;
use crate::variables::Variables;

mod secrets;
mod settings;

pub(crate) use secrets::{add_pull_secrets, pretend};
/// Where the originals of registry credentials are kept; the namespaces that run pods get copies.
pub const PULL_SECRET_NAMESPACE: &str = "default";
/// The chart that renders every `service:` and `job:`.
pub const SERVICE_CHART: &str = "mosip-service";

/// A gate gets at least this many times the start-up time of its component.
const PATIENCE: u32 = 4;
/// Start-up time of a workload whose file gives none: a container that starts at once still has to be scheduled,
/// pulled and probed once (probe period 10 s).
const UNKNOWN_STARTUP: Duration = Duration::from_secs(10);

/// One component, resolved.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Part {
    /// Component name.
    pub component: String,
    /// What it is.
    pub title: String,
    /// Why nobody may rely on it yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unproven: Option<String>,
    /// Module.
    pub module: String,
    /// Namespace.
    pub namespace: String,
    /// Its release.
    pub release: Option<ReleasePart>,
    /// Its Job; the release then holds only what the Job uses.
    pub job: Option<JobPart>,
    /// Config maps that mosipctl makes itself.
    pub config_maps: Vec<ConfigMapPart>,
    /// Secrets that mosipctl makes.
    pub secrets: Vec<SecretPart>,
    /// Databases.
    pub databases: Vec<Database>,
    /// Realm.
    pub realm: Option<Realm>,
    /// Clients.
    pub clients: Vec<Client>,
    /// Buckets.
    pub buckets: Vec<Bucket>,
    /// Queues.
    pub queues: Vec<Queue>,
    /// Topics.
    pub topics: Vec<Topic>,
    /// What it cannot start without.
    pub needs: Vec<Fact>,
    /// What it makes, its own objects included.
    pub makes: Vec<Fact>,
    /// What it makes beside its objects: true when it is ready.
    pub proves: Vec<Fact>,
    /// Components it calls while running.
    pub uses: Vec<String>,
    /// How long its pods take from start to ready, or its Job to completion.
    pub startup: Duration,
    /// How long its gate may take.
    pub deadline: Duration,
    /// Fields that somebody else manages, JSON pointers.
    pub unmanaged: Vec<String>,
}

/// A release of a chart.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ReleasePart {
    /// Namespace and name.
    pub name: ReleaseName,
    /// Chart name.
    pub chart: String,
    /// Final values.
    pub values: Value,
    /// What the chart stands in for.
    pub stands_in_for: Option<String>,
}

/// A Job.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct JobPart {
    /// When a finished one runs again.
    pub rerun: Rerun,
}

/// A config map that mosipctl makes itself.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ConfigMapPart {
    /// Namespace.
    pub namespace: String,
    /// Name.
    pub name: String,
    /// Keys and values; a value may hold late values.
    pub data: IndexMap<String, String>,
}

/// A Secret that mosipctl makes.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SecretPart {
    /// Namespace.
    pub namespace: String,
    /// Name.
    pub name: String,
    /// What changing it would mean.
    pub class: Class,
    /// Kubernetes type.
    #[serde(rename = "type")]
    pub kind: String,
    /// How each key comes into being.
    pub keys: IndexMap<String, SecretValue>,
}

/// How the value of a Secret's key comes into being. Never the value itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum SecretValue {
    /// Drawn once.
    Generate(Generate),
    /// A text that is no secret.
    Plain(String),
    /// Taken from where the environment says.
    From(SecretSource),
    /// Nobody supplied it, so a sandbox gets this instead; real use refuses it.
    Placeholder {
        /// The path under `spec` where the real one would be named.
        by: String,
        /// What stands there.
        value: Box<SecretValue>,
    },
    /// The value of another Secret's key.
    CopyOf {
        /// `NAMESPACE/NAME`.
        secret: String,
        /// Key.
        key: String,
    },
    /// A Docker configuration with one registry's credentials.
    Registry {
        /// The registry.
        registry: String,
        /// User name.
        username: String,
        /// Password.
        password: SecretSource,
    },
}

/// Resolves one component.
pub(crate) fn resolve(
    name: &str,
    environment: &Environment,
    catalogue: &Catalogue,
    variables: &Variables,
) -> Result<Part, BlueprintError> {
    let entry = &catalogue.components[name];
    let namespace = catalogue.namespace_of(name).unwrap_or_default();
    let mut component = filled(name, &entry.component, namespace, variables)?;
    let settings = environment
        .spec
        .components
        .get(name)
        .cloned()
        .unwrap_or_default();
    settings::change(&mut component, &settings, environment);
    let placed = Placed {
        name,
        namespace,
        component: &component,
    };
    let startup = component
        .startup
        .as_ref()
        .map_or(UNKNOWN_STARTUP, |s| Duration::from_secs(s.seconds.into()));
    let least = component
        .deadline
        .unwrap_or(catalogue.edition.defaults.deadline);
    Ok(Part {
        component: name.to_owned(),
        title: component.title.clone(),
        unproven: component.unproven.clone(),
        module: entry.module.clone(),
        namespace: namespace.to_owned(),
        release: release(&placed, environment, catalogue, &settings)?,
        job: component.rerun().map(|rerun| JobPart { rerun }),
        config_maps: config_maps(&placed, &settings),
        secrets: secrets::resolve(&placed, environment)?,
        needs: placed.needs().into_iter().collect(),
        makes: placed.makes().into_iter().collect(),
        proves: component.makes.clone(),
        uses: component.uses.clone(),
        startup,
        deadline: Duration::from_secs(least.into()).max(startup * PATIENCE),
        unmanaged: settings.unmanaged,
        databases: component.databases,
        realm: component.realm,
        clients: component.clients,
        buckets: component.buckets,
        queues: component.queues,
        topics: component.topics,
    })
}

/// The component with every `${…}` filled in.
fn filled(
    name: &str,
    component: &Component,
    namespace: &str,
    variables: &Variables,
) -> Result<Component, BlueprintError> {
    let wrong = |source| BlueprintError::Values {
        component: name.to_owned(),
        source,
    };
    let mut value = serde_json::to_value(component).map_err(wrong)?;
    interpolate::fill(&mut value, &|variable| {
        variables.look_up(variable, namespace)
    })
    .map_err(|unknown| {
        let help = variables
            .nearest(&unknown.name)
            .map(|meant| format!("did you mean `${{{meant}}}`?"));
        let (component, pointer, name) = (name.to_owned(), unknown.pointer, unknown.name);
        BlueprintError::UnknownVariable {
            component,
            pointer,
            name,
            help,
        }
    })?;
    serde_json::from_value(value).map_err(wrong)
}

fn release(
    placed: &Placed<'_>,
    environment: &Environment,
    catalogue: &Catalogue,
    settings: &ComponentSettings,
) -> Result<Option<ReleasePart>, BlueprintError> {
    let Some(release) = placed.release() else {
        return Ok(None);
    };
    let name = ReleaseName::new(placed.namespace, release);
    let platform = settings::platform(environment, settings, catalogue);
    let component = placed.component;
    let (chart, mut values, stands_in_for) = match &component.chart {
        Some(chart) => (
            chart.name.clone(),
            own_values(chart, environment, platform),
            chart.stands_in_for.clone(),
        ),
        None => {
            let values = ServiceValues {
                service: component.service.clone(),
                job: component.job.clone(),
                platform,
            };
            let wrong = |source| BlueprintError::Values {
                component: placed.name.to_owned(),
                source,
            };
            (
                SERVICE_CHART.to_owned(),
                serde_json::to_value(values).map_err(wrong)?,
                None,
            )
        }
    };
    for (key, value) in &settings.values {
        if component.config_maps.is_empty() {
            merge(&mut values[key], value);
        }
    }
    Ok(Some(ReleasePart {
        name,
        chart,
        values,
        stands_in_for,
    }))
}

/// Values of a chart of its own: the catalogue's, the profile's over them, and the platform's beside them.
fn own_values(
    chart: &mosipctl_catalogue::component::Chart,
    environment: &Environment,
    platform: Platform,
) -> Value {
    let mut values = Value::Object(chart.values.clone());
    if let Some(profile) = chart.profiles.get(environment.spec.profile.as_str()) {
        merge(&mut values, &Value::Object(profile.clone()));
    }
    values["platform"] = serde_json::to_value(platform).unwrap_or_default();
    values
}

/// Lays one value over another as Helm does: maps are merged, anything else replaces.
fn merge(under: &mut Value, over: &Value) {
    match (under, over) {
        (Value::Object(under), Value::Object(over)) => {
            for (key, value) in over {
                merge(under.entry(key.clone()).or_insert(Value::Null), value);
            }
        }
        (under @ Value::Null, Value::Object(over)) => {
            *under = Value::Object(Map::new());
            merge(under, &Value::Object(over.clone()));
        }
        (under, over) => *under = over.clone(),
    }
}

fn config_maps(placed: &Placed<'_>, settings: &ComponentSettings) -> Vec<ConfigMapPart> {
    let made = placed.component.config_maps.iter().map(|map| {
        let mut data = map.data.clone();
        for (key, value) in &settings.values {
            let text = value
                .as_str()
                .map_or_else(|| value.to_string(), str::to_owned);
            data.insert(key.clone(), text);
        }
        ConfigMapPart {
            namespace: placed.namespace.to_owned(),
            name: map.name.clone(),
            data,
        }
    });
    made.collect()
}
