//! Pre-registration: the two official calculators.

use serde::{Deserialize, Serialize};

use super::{Datum, Row};

/// What pre-registration takes.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct PreRegistration {
    /// Users that one pod was measured with.
    pub concurrency: Datum,
    /// What their number is multiplied with.
    pub growth: Datum,
    /// What is taken off for calls that take unequal time.
    pub reduction: Datum,
    /// Support pods are the pods of the application divided by this.
    pub support_divisor: Datum,
    /// No service has fewer pods.
    pub least_pods: Datum,
    /// Services whose pods follow from the busiest hour.
    pub computed: Vec<Row>,
    /// Services whose pods follow from those of the application.
    pub support: Vec<Row>,
    /// Services with fixed pods.
    pub fixed: Vec<Row>,
    /// PostgreSQL.
    pub postgres: Datum,
    /// Object store, for each KB of documents.
    pub object_store: Datum,
    /// Logs.
    pub logs: Datum,
    /// The calculator with its own numbers filled in.
    pub example: PreRegistrationExample,
    /// The calculator before it.
    pub older: OlderCalculator,
    /// Names under `sources`.
    pub sources: Vec<String>,
}

/// The calculator with its own numbers filled in, and what it shows then.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct PreRegistrationExample {
    /// Pre-registrations altogether.
    pub total: f64,
    /// Share of them in a day.
    pub share_per_day: f64,
    /// Share of a day in its busiest hour.
    pub share_in_peak_hour: f64,
    /// Documents of one, in KB.
    pub document_kilobytes: f64,
    /// Shown: in a day.
    pub per_day: f64,
    /// Shown: in the busiest hour.
    pub peak_hour: f64,
    /// Shown: requests that a pod bears in a second.
    pub requests_per_second: f64,
    /// Shown: requests that a pod bears in an hour.
    pub requests_per_hour: f64,
    /// Shown: each row.
    pub rows: Vec<ExampleRow>,
    /// Shown: cores.
    pub cpu: f64,
    /// Shown: memory in GB.
    pub memory_gb: f64,
    /// Shown: PostgreSQL in GB.
    pub postgres_gb: f64,
    /// Shown: object store in GB.
    pub object_store_gb: f64,
    /// Shown: logs in GB.
    pub logs_gb: f64,
}

/// A row of a filled calculator.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ExampleRow {
    /// The service, as the calculator names it.
    pub service: String,
    /// Pods.
    pub pods: u32,
    /// Cores of all of them.
    pub cpu: f64,
    /// Memory of all of them in GB.
    pub memory_gb: f64,
}

/// The calculator before the present one: it counts whole applications where the other counts single calls.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct OlderCalculator {
    /// Pre-registrations altogether.
    pub total: f64,
    /// Documents of one, in KB.
    pub document_kilobytes: f64,
    /// Each service with its pods.
    pub rows: Vec<Row>,
    /// Users that were measured.
    pub concurrency: f64,
    /// Seconds that a whole application took them.
    pub seconds: f64,
    /// Shown: each row.
    pub shown: Vec<ExampleRow>,
    /// Shown: cores.
    pub cpu: f64,
    /// Shown: memory in GB.
    pub memory_gb: f64,
    /// Shown: whole applications in an hour.
    pub applications_per_hour: f64,
    /// Shown: PostgreSQL in GB.
    pub postgres_gb: f64,
    /// Shown: object store in GB.
    pub object_store_gb: f64,
    /// Shown: logs in GB.
    pub logs_gb: f64,
    /// Names under `sources`.
    pub sources: Vec<String>,
}
