//! What sizing rests on: an edition's `sizing.yaml`.
//!
//! Coefficients, the official tables with the figures that they publish, and where each number was read. No number of them
//! stands in code, so that a person can look one up, doubt it and change it. The file decides nothing about a plan and is
//! no part of the edition's digest.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

pub mod authentication;
pub mod field;
pub mod machines;
pub mod pre_registration;
pub mod registration;
pub mod servers;

pub use authentication::Authentication;
pub use field::Field;
pub use machines::MachineTable;
pub use pre_registration::PreRegistration;
pub use registration::Registration;
pub use servers::{Bandwidth, Kafka, Nodes, Pods, Server};

/// Everything that sizing rests on.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Sizing {
    /// Where numbers were read, by the name that they are cited with.
    pub sources: IndexMap<String, Citation>,
    /// What a workload gets that says nothing of it.
    pub defaults: Defaults,
    /// What compute and storage are multiplied with for monitoring and other overheads.
    pub overhead: Datum,
    /// Registration.
    pub registration: Registration,
    /// Pre-registration.
    pub pre_registration: PreRegistration,
    /// Authentication.
    pub authentication: Authentication,
    /// Devices in the field.
    pub field: Field,
    /// What a pod takes beside its heap.
    pub pods: Pods,
    /// Nodes of a cluster.
    pub nodes: Nodes,
    /// Servers with charts of their own, by component; and those that stand outside.
    pub servers: IndexMap<String, Server>,
    /// Kafka's volume.
    pub kafka: Kafka,
    /// What goes over the lines.
    pub bandwidth: Bandwidth,
    /// Machines of the official guides.
    pub machines: Vec<MachineTable>,
    /// What the official numbers leave out.
    pub left_out: LeftOut,
}

/// Where something was read.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Citation {
    /// What it is.
    pub title: String,
    /// Repository with its state and path, or the page.
    pub at: String,
}

/// A number with its unit and where it is from.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Datum {
    /// The number.
    pub value: f64,
    /// Its unit, such as `GB per million packets`.
    pub unit: String,
    /// What it rests on.
    pub basis: Basis,
    /// Names under `sources`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<String>,
    /// How it came about, where the source does not say so itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<String>,
}

/// What a number rests on, the firmest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Basis {
    /// The environment file says so.
    Given,
    /// Published by MOSIP.
    Official,
    /// Somebody measured it.
    Measured,
    /// Our own assumption or derivation.
    Assumed,
}

impl Basis {
    /// The name as written in files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Given => "given",
            Self::Official => "official",
            Self::Measured => "measured",
            Self::Assumed => "assumed",
        }
    }
}

/// What a workload gets that says nothing of it.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Defaults {
    /// Size of a registration packet.
    pub packet_megabytes: Datum,
    /// Documents of a pre-registration.
    pub document_kilobytes: Datum,
    /// Share of a day's work in its busiest hour.
    pub peak_hour_percent: Datum,
    /// Months of work that are stored.
    pub months_to_keep: Datum,
    /// Days that packets may wait in the landing zone.
    pub backlog_days: Datum,
    /// Minutes that a packet stays in the cache.
    pub cache_minutes: Datum,
    /// Copies of everything in the object store.
    pub object_store_copies: Datum,
}

/// What the official numbers leave out.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct LeftOut {
    /// Each thing.
    pub items: Vec<Omission>,
    /// Names under `sources`.
    pub sources: Vec<String>,
}

/// Something that the official numbers leave out.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Omission {
    /// What it is, as the official page names it.
    pub what: String,
    /// What this program knows of it all the same, or who does.
    pub advice: String,
}

/// CPU, memory and pods of one row of an official table.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Row {
    /// The service, as the table names it.
    pub service: String,
    /// The component of this edition; none for what it does not have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub component: Option<String>,
    /// Cores of one pod.
    pub cpu: f64,
    /// Memory of one pod in GB.
    pub memory_gb: f64,
    /// Pods, where the table fixes them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pods: Option<u32>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_is_as_firm_as_the_least_firm_of_its_numbers() {
        let weakest = [Basis::Official, Basis::Assumed, Basis::Given]
            .into_iter()
            .max();
        assert_eq!(weakest, Some(Basis::Assumed));
    }
}
