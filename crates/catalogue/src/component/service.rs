//! The generic service: what charts/mosip-service renders.
//!
//! These types *are* the values of that chart: they are serialised as they stand, and the chart's
//! `values.schema.json` is generated from [`ServiceValues`].

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A long-running workload with its Service, routes and monitoring.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Service {
    /// Release name, which is also the name of the Deployment and Service. Default: the component's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub release: Option<String>,
    /// The main container.
    pub container: Container,
    /// Containers that run before it, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub init_containers: Vec<Container>,
    /// Pods. Default: 1, or the profile's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replicas: Option<u32>,
    /// How pods are replaced. Default `RollingUpdate`; `Recreate` where two must never run side by side.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub strategy: Option<Strategy>,
    /// Kubernetes Services. Default: one, named as the release, with every port that has a `service` number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_name: Option<String>,
    /// Name of the service account. Default: the release's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_account: Option<String>,
    /// Volume claims of the component. Kept when the release goes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub claims: Vec<VolumeClaim>,
    /// Config maps that belong to the release, by name; `${…}` in a value is filled in.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub config_maps: IndexMap<String, IndexMap<String, String>>,
    /// Istio gateway of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gateway: Option<Gateway>,
    /// Paths at gateways that lead to it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub routes: Vec<Route>,
    /// Where Prometheus reads its metrics; one container may hold several services with ports of their own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub metrics: Vec<Metrics>,
    /// Permissions in its own namespace, for the few that call the Kubernetes API.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<Rule>,
    /// Whether an Istio sidecar is put into its pods. Default: the namespace's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sidecar: Option<bool>,
    /// The strictest security context the image is known to bear.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub security: Option<SecurityContext>,
}

/// A container.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Container {
    /// Name. Default: the release's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Image with tag, such as `mosipid/kernel-auth-service:1.2.0.1`.
    pub image: String,
    /// When to pull. Default `IfNotPresent`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pull: Option<PullPolicy>,
    /// Program, when not the image's.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub command: Vec<String>,
    /// Arguments, when not the image's.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub args: Vec<String>,
    /// Ports it listens on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ports: Vec<Port>,
    /// Environment variables.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub env: IndexMap<String, EnvValue>,
    /// Config maps and Secrets whose keys all become environment variables.
    #[serde(default, skip_serializing_if = "EnvFrom::is_empty")]
    pub env_from: EnvFrom,
    /// Java heap; becomes the JVM's `-Xms` and `-Xmx`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub heap: Option<Heap>,
    /// Requests and limits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resources: Option<Resources>,
    /// Answers when it is healthy; gives the start-up and readiness probes, and a liveness probe of the bare port.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub health: Option<Health>,
    /// Files and folders mounted into it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mounts: Vec<Mount>,
    /// A security context of its own, beside the pod's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub security: Option<SecurityContext>,
}

/// When an image is pulled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub enum PullPolicy {
    /// At every start: for tags that move.
    Always,
    /// When the node has none.
    IfNotPresent,
}

/// How pods are replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub enum Strategy {
    /// New ones first.
    RollingUpdate,
    /// Old ones end first.
    Recreate,
}

/// A port of a container and, mostly, of its Service.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Port {
    /// Name in the container, such as `spring-service`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Number in the container.
    pub container: u16,
    /// Number at the Service; absent for a port that no Service offers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<u16>,
    /// Name at the Service; Istio chooses the protocol by it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_port_name: Option<String>,
}

/// The value of an environment variable.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum EnvValue {
    /// This text; `${…}` is filled in from the environment.
    Value(String),
    /// `CONFIG-MAP#KEY` in the component's namespace.
    ConfigMap(String),
    /// `SECRET#KEY` in the component's namespace.
    Secret(String),
    /// A field of the pod, such as `status.podIP`.
    Field(String),
}

/// Config maps and Secrets whose keys all become environment variables.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct EnvFrom {
    /// Config maps.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub config_maps: Vec<String>,
    /// Secrets.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub secrets: Vec<String>,
}

impl EnvFrom {
    /// Whether it names nothing.
    pub fn is_empty(&self) -> bool {
        self.config_maps.is_empty() && self.secrets.is_empty()
    }
}

/// Java heap, quantities as the JVM reads them (`750M`, `2G`).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Heap {
    /// At start (`-Xms`).
    pub min: String,
    /// At most (`-Xmx`).
    pub max: String,
}

/// Requests and limits, Kubernetes quantities by resource name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Resources {
    /// What the scheduler sets aside.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub requests: IndexMap<String, String>,
    /// What the container may use at most.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub limits: IndexMap<String, String>,
}

/// How a container shows that it is healthy.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Health {
    /// Asked for start-up and readiness.
    pub ready: Check,
    /// Asked for liveness. Default: the port of `ready` accepts a connection, so that a slow neighbour restarts nobody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub live: Option<Check>,
    /// Seconds it may take to start before it is restarted. Default 300.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start_within: Option<u32>,
}

/// A question to a container.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Check {
    /// GET answers 2xx or 3xx.
    Http {
        /// Path.
        path: String,
        /// Port in the container.
        port: u16,
    },
    /// The port accepts a connection.
    Tcp {
        /// Port in the container.
        port: u16,
    },
    /// The command exits with 0.
    Exec {
        /// Program and arguments.
        command: Vec<String>,
    },
}

/// A file or folder mounted into a container.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Mount {
    /// Where in the container.
    pub path: String,
    /// Only this key or folder of the volume.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sub_path: Option<String>,
    /// What is mounted.
    pub from: Volume,
}

/// What is mounted.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Volume {
    /// A config map's keys as files.
    ConfigMap(String),
    /// A Secret's keys as files.
    Secret(String),
    /// A volume claim, of this component or another.
    Claim(String),
    /// An empty folder, named so that several containers can share it.
    Empty(String),
}

/// A volume claim.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct VolumeClaim {
    /// Name.
    pub name: String,
    /// Size, a quantity.
    pub size: String,
    /// Who may mount it. Default: one node.
    #[serde(default)]
    pub access: Access,
    /// Storage class. Default: the environment's for that access.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<String>,
}

/// Who may mount a volume.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub enum Access {
    /// One node.
    #[default]
    ReadWriteOnce,
    /// Several nodes.
    ReadWriteMany,
}

/// An Istio gateway of a component's own.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Gateway {
    /// Name.
    pub name: String,
    /// The channel it belongs to, which selects the ingress workload.
    pub channel: Channel,
    /// What it listens to.
    pub servers: Vec<GatewayServer>,
}

/// Who can reach an ingress.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Channel {
    /// Everybody.
    Public,
    /// Who is inside the VPN.
    Internal,
}

/// One listener of a gateway.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct GatewayServer {
    /// Port number.
    pub port: u16,
    /// `HTTP` or `TCP`.
    pub protocol: String,
    /// Host names; `${…}` is filled in.
    pub hosts: Vec<String>,
}

/// A VirtualService: paths at gateways that lead to a service.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Route {
    /// Name of the VirtualService. Default: the release's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Gateways, such as `istio-system/internal` or the name of its own.
    pub gateways: Vec<String>,
    /// Hosts. Default `*`: the gateway decides.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hosts: Vec<String>,
    /// Rules for HTTP, first match wins.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub http: Vec<HttpRoute>,
    /// Gateway ports passed through as they are.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tcp: Vec<TcpRoute>,
}

/// One HTTP rule.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct HttpRoute {
    /// Paths; any one suffices.
    #[serde(rename = "match")]
    pub matches: Vec<PathMatch>,
    /// Path to ask the service for instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rewrite: Option<String>,
    /// `SERVICE:PORT`. Default: the component's Service at its first port.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// Headers set on requests to the service. Default: `x-forwarded-proto: https`, as TLS ends in front of the gateways.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub request_headers: IndexMap<String, String>,
    /// Which other web pages may call it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cors: Option<Cors>,
}

/// A path to match.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum PathMatch {
    /// The path starts so.
    Prefix(String),
    /// The path is so.
    Exact(String),
    /// The path matches this RE2 expression.
    Regex(String),
}

/// A TCP rule.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct TcpRoute {
    /// Port of the gateway.
    pub port: u16,
    /// `SERVICE:PORT`.
    pub to: String,
}

/// Which other web pages may call a service (CORS).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Cors {
    /// Origins; each matches by prefix or exactly.
    pub origins: Vec<PathMatch>,
    /// Methods. Default: those that need no question to the service first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub methods: Vec<String>,
    /// Request headers that may be sent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub headers: Vec<String>,
    /// Response headers that may be read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub expose: Vec<String>,
    /// Whether cookies may be sent.
    #[serde(default)]
    pub credentials: bool,
}

/// Where Prometheus reads a service's metrics.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Metrics {
    /// Path.
    pub path: String,
    /// Port in the container.
    pub port: u16,
    /// Seconds between readings. Default 10.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval: Option<u32>,
}

/// A permission in the component's own namespace.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Rule {
    /// API groups; `""` is the core group.
    pub groups: Vec<String>,
    /// Resources.
    pub resources: Vec<String>,
    /// Verbs.
    pub verbs: Vec<String>,
}

/// What a container may do on its node.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct SecurityContext {
    /// User id; absent leaves the image's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<u32>,
    /// Group id; absent leaves the image's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<u32>,
    /// Group of mounted files.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file_group: Option<u32>,
    /// Whether root is refused.
    #[serde(default)]
    pub non_root: bool,
    /// Whether privilege escalation stays allowed: its start script uses `sudo`, or nobody knows that it does not.
    #[serde(default)]
    pub escalation: bool,
    /// Whether its own files are read-only.
    #[serde(default)]
    pub read_only_root: bool,
    /// Why no stricter one is set, or what shows that the image bears it.
    pub evidence: String,
}

/// Everything that charts/mosip-service is given: the service or the Job, and what profile and environment add.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ServiceValues {
    /// A long-running workload.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<Box<Service>>,
    /// A Job.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job: Option<Box<super::Job>>,
    /// What profile and environment add.
    #[serde(default)]
    pub platform: Platform,
}

impl ServiceValues {
    /// The JSON Schema that charts/mosip-service carries as `values.schema.json`.
    ///
    /// # Errors
    /// Never in practice: the schema is JSON already.
    pub fn schema() -> Result<String, serde_json::Error> {
        let schema = schemars::schema_for!(ServiceValues);
        serde_json::to_string_pretty(&schema).map(|text| text + "\n")
    }
}

/// What profile and environment add to every service.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Platform {
    /// Pull secrets for every pod.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pull_secrets: Vec<String>,
    /// Whether a PodDisruptionBudget keeps one pod up (with two replicas or more).
    #[serde(default)]
    pub disruption_budget: bool,
    /// Whether pods are spread over zones and nodes.
    #[serde(default)]
    pub spread: bool,
    /// Whether a NetworkPolicy lets in only who is expected.
    #[serde(default)]
    pub network_policy: bool,
    /// Whether monitoring objects are rendered.
    #[serde(default)]
    pub monitoring: bool,
    /// Whether Istio objects are rendered.
    #[serde(default)]
    pub istio: bool,
    /// Storage class for claims that one node mounts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub storage_class: Option<String>,
    /// Storage class for claims that several nodes mount.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shared_storage_class: Option<String>,
    /// How those claims ask for a volume, where the class gives no ReadWriteMany.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shared_access: Option<Access>,
}
