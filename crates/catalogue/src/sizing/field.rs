//! Devices in the field: the official calculator.

use serde::{Deserialize, Serialize};

use super::Datum;

/// What the field takes.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Field {
    /// Registrations that a station makes in a day.
    pub per_station: Datum,
    /// Share of registrations with an introducer, who is authenticated too.
    pub introducers: Datum,
    /// Modalities of a registration.
    pub modalities: Datum,
    /// Modalities of an operator.
    pub operator_modalities: Datum,
    /// Kits outside production.
    pub other_kits: Datum,
    /// The calculator with its own numbers filled in.
    pub example: FieldExample,
    /// Names under `sources`.
    pub sources: Vec<String>,
}

/// The calculator with its own numbers filled in, and what it shows then.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct FieldExample {
    /// People.
    pub population: f64,
    /// Months, of four weeks.
    pub months: f64,
    /// Registrations of a station in a day.
    pub per_station: f64,
    /// Working days in a week.
    pub working_days: f64,
    /// Shown: registrations in a day.
    pub registrations_per_day: f64,
    /// Shown: authentications inside registration in a day.
    pub internal_authentications: f64,
    /// Shown: kits in the field.
    pub field_kits: f64,
    /// Shown: all kits.
    pub kits: f64,
    /// Shown: quality checks in a day, of production.
    pub quality_checks: f64,
    /// Shown: extractions in a day, of production.
    pub extractions: f64,
}
