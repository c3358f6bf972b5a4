//! Pods of every component: how many, and what each takes.
//!
//! How many: what the environment fixes, else what the work asks for, else what the profile gives. What each takes: heap
//! and what a Java process has beside it, never less than the official calculators count; without a heap the limit. A
//! request is what upstream guessed, and most are less than the heap alone.

use indexmap::IndexMap;
use mosipctl_blueprint::{Blueprint, Part};
use mosipctl_catalogue::Sizing;
use mosipctl_catalogue::sizing::{Basis, Datum};
use mosipctl_spec::Environment;
use mosipctl_spec::environment::Profile;
use serde::Serialize;
use serde_json::Value;

use crate::error::SizeError;
use crate::figure::{Amount, cite};
use crate::load::Load;
use crate::model::{authentication, pre_registration, registration};
use crate::number::number;

mod pod;

/// One component with its pods.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ComponentSize {
    /// Component name.
    pub component: String,
    /// Module.
    pub module: String,
    /// Pods.
    pub replicas: u32,
    /// Pods that the environment file gives it today.
    pub present: u32,
    /// Pods that the work asks for; none when nothing says so.
    pub asked: Option<u32>,
    /// Whether `spec.components` of the environment file can set the number of its pods: it is a service without a volume
    /// that only one node mounts.
    pub settable: bool,
    /// How the number of pods came about.
    pub how: String,
    /// Java heap of one pod in MiB.
    pub heap_mib: Option<f64>,
    /// Memory that one pod requests, in MiB.
    pub requested_mib: f64,
    /// What one pod takes.
    pub pod: Amount,
    /// How that came about.
    pub pod_how: String,
    /// What all its pods take.
    pub total: Amount,
    /// The least firm thing that this rests on.
    pub basis: Basis,
    /// Where its numbers are from, by name.
    pub sources: Vec<String>,
}

/// What the work asks of one component.
#[derive(Debug, Default)]
struct Demand {
    pods: u32,
    cpu: f64,
    memory_gb: f64,
    how: Vec<String>,
    basis: Option<Basis>,
    sources: Vec<String>,
}

impl Demand {
    fn add(&mut self, pods: u32, how: &str, basis: Basis, sources: &[String]) {
        self.pods = self.pods.saturating_add(pods);
        self.how.push(format!("{pods}: {how}"));
        self.basis = self.basis.max(Some(basis));
        cite(&mut self.sources, sources);
    }
}

/// What a pod of a component takes, as far as its part says.
struct PodSize {
    amount: Amount,
    heap_mib: Option<f64>,
    requested_mib: f64,
    how: String,
    basis: Basis,
    sources: Vec<String>,
}

/// Pods of every component that has some.
///
/// # Errors
/// A component has a heap, cores or memory that is no amount.
pub fn components(
    load: &Load,
    environment: &Environment,
    blueprint: &Blueprint,
    facts: &Sizing,
) -> Result<Vec<ComponentSize>, SizeError> {
    let demands = demands(load, facts);
    let nothing = Demand::default();
    let mut sizes = Vec::new();
    for (name, part) in &blueprint.parts {
        let demand = demands.get(name).unwrap_or(&nothing);
        let Some(pod) = pod::size(part, demand, blueprint, facts)? else {
            continue;
        };
        sizes.push(size(part, demand, pod, environment));
    }
    Ok(sizes)
}

/// What the work asks of each component. Modules that share one each bring their own.
fn demands(load: &Load, facts: &Sizing) -> IndexMap<String, Demand> {
    let mut demands: IndexMap<String, Demand> = IndexMap::new();
    let registration = &facts.registration;
    if load.registrations_per_day > 0.0 {
        let per_replica: &Datum = &registration.per_replica;
        let pods = registration::replicas(load.registrations_per_day, registration);
        let how = format!(
            "{} registrations a day / {} a pod",
            number(load.registrations_per_day),
            number(per_replica.value)
        );
        for component in &registration.components {
            let demand = demands.entry(component.clone()).or_default();
            demand.add(pods, &how, per_replica.basis, &per_replica.sources);
        }
    }
    let (pre, authentication) = (&facts.pre_registration, &facts.authentication);
    let calculators = [
        (
            pre_registration::rows(load.pre_registrations_in_peak_hour(), pre),
            &pre.sources,
        ),
        (
            authentication::rows(load.authentications_in_peak_hour(), authentication),
            &authentication.sources,
        ),
    ];
    for (rows, sources) in calculators {
        for row in rows {
            let Some(component) = row.component else {
                continue;
            };
            let demand = demands.entry(component).or_default();
            demand.add(row.pods, &row.how, Basis::Official, sources);
            demand.cpu = demand.cpu.max(row.cpu);
            demand.memory_gb = demand.memory_gb.max(row.memory_gb);
        }
    }
    demands
}

fn size(part: &Part, demand: &Demand, pod: PodSize, environment: &Environment) -> ComponentSize {
    let settings = environment.spec.components.get(&part.component);
    let fixed = settings.and_then(|settings| settings.replicas);
    let present = replicas(part);
    let is_service = values(part)["service"].is_object();
    let settable = is_service && !is_bound_to_a_node(part);
    let asked = demand.how.first().map(|_| demand.pods);
    let wants_more = demand.pods > present && fixed.is_none() && is_service;
    let (replicas, how, by_work) = match fixed {
        Some(fixed) => (fixed, "the environment file says so".to_owned(), false),
        None if wants_more => (demand.pods, demand.how.join("; "), true),
        None => (present, by_profile(part, environment, demand), false),
    };
    let (mut basis, mut sources) = (pod.basis, pod.sources);
    if by_work {
        basis = basis.max(demand.basis.unwrap_or(Basis::Given));
        cite(&mut sources, &demand.sources);
    }
    ComponentSize {
        component: part.component.clone(),
        module: part.module.clone(),
        replicas,
        present,
        asked,
        settable,
        how,
        heap_mib: pod.heap_mib,
        requested_mib: pod.requested_mib,
        pod: pod.amount,
        pod_how: pod.how,
        total: pod.amount.times(f64::from(replicas)),
        basis,
        sources,
    }
}

/// Whether it has a volume that one node mounts, so that two pods would wait for each other.
fn is_bound_to_a_node(part: &Part) -> bool {
    let claims = values(part).pointer("/service/claims");
    let mut claims = claims.and_then(Value::as_array).into_iter().flatten();
    claims.any(|claim| claim["access"] != "ReadWriteMany")
}

fn by_profile(part: &Part, environment: &Environment, demand: &Demand) -> String {
    let profile = match environment.spec.profile {
        Profile::Production => "by profile production",
        Profile::Sandbox => "by profile sandbox",
    };
    let is_own_chart = !values(part)["service"].is_object();
    match (is_own_chart, demand.how.is_empty()) {
        (true, _) => "by its chart".to_owned(),
        (false, true) => profile.to_owned(),
        (false, false) => format!("{profile}; the work asks for {}", demand.how.join("; ")),
    }
}

/// Pods that the environment file gives a part today. One that somebody else counts, such as an autoscaler, has one.
fn replicas(part: &Part) -> u32 {
    let values = values(part);
    let service = values.pointer("/service/replicas");
    let own = service.or_else(|| values.get("replicas"));
    let replicas = own.and_then(Value::as_u64);
    replicas.map_or(1, |replicas| u32::try_from(replicas).unwrap_or(u32::MAX))
}

fn values(part: &Part) -> &Value {
    part.release
        .as_ref()
        .map_or(&Value::Null, |release| &release.values)
}
