//! The whole: what an environment's work takes.

use indexmap::IndexMap;
use mosipctl_blueprint::{Blueprint, BlueprintError};
use mosipctl_catalogue::sizing::{Citation, LeftOut};
use mosipctl_catalogue::{Catalogue, Sizing};
use mosipctl_spec::environment::externals::Mode;
use mosipctl_spec::{Document, Environment};
use serde::Serialize;

use crate::components::{ComponentSize, components};
use crate::error::SizeError;
use crate::figure::{Amount, Figure};
use crate::load::Load;
use crate::model::storage::{Store, Volume};
use crate::model::{
    authentication, bandwidth, field, outside, pre_registration, registration, storage, total,
};
use crate::nodes::{NodeList, nodes, shape};
use crate::official::{Check, checks};
use crate::warnings::{Warning, warnings};

/// What is to be sized.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// The environment.
    pub environment: &'a Environment,
    /// The same, resolved.
    pub blueprint: &'a Blueprint,
    /// What its edition knows of sizes.
    pub facts: &'a Sizing,
}

/// What an environment's work takes.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// Name of the environment.
    pub environment: String,
    /// MOSIP version.
    pub version: String,
    /// Profile.
    pub profile: &'static str,
    /// The work, with its defaults.
    pub workload: Vec<Figure>,
    /// Pods of every component.
    pub components: Vec<ComponentSize>,
    /// All pods together.
    pub pods: PodTotal,
    /// Volumes.
    pub volumes: Vec<Volume>,
    /// The same by store.
    pub stores: Vec<Store>,
    /// What goes over the lines.
    pub bandwidth: Vec<Figure>,
    /// The cluster's nodes and the machines beside it.
    pub nodes: NodeList,
    /// Servers outside the cluster.
    pub outside: Vec<Figure>,
    /// Devices in the field.
    pub field: Vec<Figure>,
    /// What needs a person's eye.
    pub warnings: Vec<Warning>,
    /// What the official numbers leave out.
    pub left_out: LeftOut,
    /// The official tables, computed again.
    pub official: Vec<Check>,
    /// Where numbers were read, by name.
    pub sources: IndexMap<String, Citation>,
}

impl Report {
    /// Whether any of its figures cites a source.
    pub fn cites(&self, source: &str) -> bool {
        let figures = self
            .workload
            .iter()
            .chain(&self.bandwidth)
            .chain(&self.outside);
        let figures = figures.chain(&self.field).chain(&self.nodes.reasons);
        let volumes = self.volumes.iter().map(|volume| &volume.total.sources);
        let components = self.components.iter().map(|component| &component.sources);
        let warnings = self.warnings.iter().map(|warning| &warning.sources);
        let lists = figures.map(|figure| &figure.sources).chain(volumes);
        let lists = lists.chain(components).chain(warnings);
        let mut lists = lists.chain([&self.left_out.sources, &self.nodes.machine_sources]);
        lists.any(|list| list.iter().any(|cited| cited == source))
    }
}

/// All pods together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PodTotal {
    /// Pods.
    pub pods: u64,
    /// What they take.
    pub amount: Amount,
    /// Java heaps of all of them, in MiB.
    pub heap_mib: f64,
    /// Memory that pods with a heap request, in MiB.
    pub requested_mib: f64,
    /// Memory that all of them request, in MiB.
    pub all_requested_mib: f64,
}

/// Resolves an environment to be sized. Stand-ins are let pass wherever it runs: they stand for pods of the same number.
///
/// # Errors
/// See [`BlueprintError`].
pub fn resolve(
    environment: &Environment,
    document: &Document<'_>,
    catalogue: &Catalogue,
) -> Result<Blueprint, BlueprintError> {
    let mut rehearsed = environment.clone();
    let rehearsal = rehearsed.spec.rehearsal.get_or_insert_default();
    rehearsal.stand_ins = true;
    Blueprint::new(&rehearsed, document, catalogue)
}

/// Sizes an environment.
///
/// # Errors
/// See [`SizeError`]: no work, no shape of nodes, nodes that are too small or too many.
pub fn size(asked: &Asked<'_>) -> Result<Report, SizeError> {
    let Asked {
        environment,
        blueprint,
        facts,
    } = *asked;
    let workload = environment.spec.workload.as_ref();
    let load = Load::of(workload.ok_or(SizeError::NoWorkload)?, &facts.defaults)?;
    let shape = shape(environment)?;
    let components = components(&load, environment, blueprint, facts)?;
    let nodes = nodes(
        shape,
        &components,
        official(&load, facts),
        environment,
        facts,
    )?;
    let volumes = storage::volumes(&load, facts);
    let stores = storage::stores(&volumes, facts);
    let pods = pod_total(&components);
    let is_outside = environment.spec.externals.postgres.mode != Mode::InCluster;
    Ok(Report {
        environment: environment.name().to_string(),
        version: environment.spec.mosip.to_string(),
        profile: environment.spec.profile.as_str(),
        warnings: warnings(asked, &load, &components, &pods, &stores),
        workload: load.figures.clone(),
        bandwidth: bandwidth::figures(&load, &volumes, facts),
        outside: outside::figures(&load, is_outside, facts),
        field: field::figures(&load, &facts.field),
        components,
        pods,
        volumes,
        stores,
        nodes,
        left_out: facts.left_out.clone(),
        official: checks(facts),
        sources: facts.sources.clone(),
    })
}

/// Cores and GB of the whole cluster by the official numbers, with their overhead.
fn official(load: &Load, facts: &Sizing) -> (f64, f64) {
    let pre = load.pre_registrations_in_peak_hour();
    let pre = pre_registration::rows(pre, &facts.pre_registration);
    let peak = load.authentications_in_peak_hour();
    let authentication = authentication::rows(peak, &facts.authentication);
    let calculators = [total(&pre), total(&authentication)];
    registration::official_compute(load.registrations_per_day, calculators, facts)
}

fn pod_total(components: &[ComponentSize]) -> PodTotal {
    let mut sum = PodTotal::default();
    for component in components {
        let replicas = f64::from(component.replicas);
        sum.pods += u64::from(component.replicas);
        sum.amount = sum.amount + component.total;
        sum.all_requested_mib += component.requested_mib * replicas;
        if let Some(heap) = component.heap_mib {
            sum.heap_mib += heap * replicas;
            sum.requested_mib += component.requested_mib * replicas;
        }
    }
    sum
}
