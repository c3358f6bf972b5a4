//! Authentication: the official calculator.

use serde::{Deserialize, Serialize};

use super::pre_registration::ExampleRow;
use super::{Datum, Row};

/// What authentication takes.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Authentication {
    /// No service has fewer pods.
    pub least_pods: Datum,
    /// Services whose pods follow from the busiest hour.
    pub computed: Vec<Served>,
    /// Services with fixed pods.
    pub fixed: Vec<Row>,
    /// PostgreSQL for each identity.
    pub postgres_identities: Datum,
    /// PostgreSQL for each day of authentications; it grows every day.
    pub postgres_authentications: Datum,
    /// Logs when identities are issued.
    pub logs_identities: Datum,
    /// Logs of authentications.
    pub logs_authentications: Datum,
    /// A run that was measured.
    pub measured: MeasuredRun,
    /// The calculator with its own numbers filled in.
    pub example: AuthenticationExample,
    /// Names under `sources`.
    pub sources: Vec<String>,
}

/// A run that was measured.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct MeasuredRun {
    /// Hours that it took.
    pub hours: f64,
    /// Authentications in them.
    pub authentications: f64,
    /// The same a second, as the report gives it.
    pub per_second: f64,
    /// Names under `sources`.
    pub sources: Vec<String>,
}

/// A service with what one pod of it bears.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Served {
    /// The service, as the calculator names it.
    pub service: String,
    /// The component of this edition.
    pub component: String,
    /// Requests that one pod bears in a second.
    pub requests_per_second: f64,
    /// Cores of one pod.
    pub cpu: f64,
    /// Memory of one pod in GB.
    pub memory_gb: f64,
    /// Whether the calculator leaves it out of its total, because only registration uses it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub uncounted: bool,
}

/// The calculator with its own numbers filled in, and what it shows then.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct AuthenticationExample {
    /// Identities.
    pub identities: f64,
    /// Authentications in a day.
    pub per_day: f64,
    /// Share of a day in its busiest hour.
    pub share_in_peak_hour: f64,
    /// Shown: in the busiest hour.
    pub peak_hour: f64,
    /// Shown: each row.
    pub rows: Vec<ExampleRow>,
    /// Shown: cores.
    pub cpu: f64,
    /// Shown: memory in GB.
    pub memory_gb: f64,
    /// Shown: PostgreSQL in GB.
    pub postgres_gb: f64,
    /// Shown: logs of issuance in GB.
    pub logs_identities_gb: f64,
    /// Shown: logs of authentications in GB a day.
    pub logs_authentications_gb: f64,
}
