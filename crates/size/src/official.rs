//! The official tables, computed again.
//!
//! Each figure that a calculator or a page shows stands in the edition's data beside its inputs. Here it is computed by the
//! same functions that size an environment: whoever doubts the program compares the two.

use mosipctl_catalogue::Sizing;
use mosipctl_catalogue::sizing::pre_registration::ExampleRow;
use serde::Serialize;

use crate::load::HOUR;
use crate::model::{self, ServicePods, authentication, field, pre_registration, registration};

mod machines;

/// A published figure and the same computed.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Check {
    /// The table.
    pub table: &'static str,
    /// What the figure is of.
    pub what: String,
    /// As published.
    pub published: f64,
    /// As this program computes it.
    pub computed: f64,
    /// Unit.
    pub unit: &'static str,
    /// Where it was published, by name.
    pub sources: Vec<String>,
}

impl Check {
    /// Whether both are the same, to the last digit that was published.
    pub fn agrees(&self) -> bool {
        let published = self.published.to_string();
        let digits = published
            .split_once('.')
            .map_or(0, |(_, broken)| broken.len());
        format!("{:.digits$}", self.computed) == published
    }
}

/// Every official table with its figures.
pub fn checks(facts: &Sizing) -> Vec<Check> {
    let mut checks = reference(facts);
    checks.extend(pre_registrations(facts));
    checks.extend(older(facts));
    checks.extend(authentications(facts));
    checks.extend(measured(facts));
    checks.extend(devices(facts));
    checks.extend(machines::checks(facts));
    checks
}

/// A table that checks are made of.
struct Table<'a> {
    name: &'static str,
    sources: &'a [String],
    checks: Vec<Check>,
}

impl<'a> Table<'a> {
    fn new(name: &'static str, sources: &'a [String]) -> Self {
        Self {
            name,
            sources,
            checks: Vec::new(),
        }
    }

    fn check(
        &mut self,
        what: impl Into<String>,
        published: f64,
        computed: f64,
        unit: &'static str,
    ) {
        self.checks.push(Check {
            table: self.name,
            what: what.into(),
            published,
            computed,
            unit,
            sources: self.sources.to_vec(),
        });
    }

    /// Rows of services, and their sum.
    fn rows(&mut self, shown: &[ExampleRow], computed: &[ServicePods], cpu: f64, memory_gb: f64) {
        for row in shown {
            let same = computed.iter().find(|pods| pods.service == row.service);
            let of = |figure: fn(&ServicePods) -> f64| same.map_or(f64::NAN, figure);
            let what = |figure: &str| format!("{}, {figure}", row.service);
            let pods = of(|pods| f64::from(pods.pods));
            self.check(what("pods"), f64::from(row.pods), pods, "pods");
            self.check(what("cores"), row.cpu, of(ServicePods::all_cpu), "cores");
            self.check(
                what("memory"),
                row.memory_gb,
                of(ServicePods::all_memory_gb),
                "GB",
            );
        }
        let (all_cpu, all_memory) = model::total(computed);
        self.check("all, cores", cpu, all_cpu, "cores");
        self.check("all, memory", memory_gb, all_memory, "GB");
    }
}

fn reference(facts: &Sizing) -> Vec<Check> {
    let registration = &facts.registration;
    let reference = &registration.reference;
    let mut table = Table::new("Registration: the reference", &reference.sources);
    let day = reference.registrations_per_day;
    let nodes = registration::nodes(day, registration);
    table.check(
        "registrations a second",
        reference.registrations_per_second,
        day / 86_400.0,
        "a second",
    );
    table.check("nodes", f64::from(reference.nodes), nodes, "nodes");
    let (total, node) = (&reference.total, &reference.node);
    table.check("cores", total.cpu, node.cpu * nodes, "cores");
    table.check("memory", total.memory_gb, node.memory_gb * nodes, "GB");
    table.check("disk", total.disk_gb, node.disk_gb * nodes, "GB");
    let million = 1_000_000.0;
    table.check(
        "object store of a million packets",
        registration.object_store.value,
        registration::object_store_gb(million, reference.packet_megabytes, registration),
        "GB",
    );
    table.check(
        "PostgreSQL of a million packets",
        registration.postgres.value,
        registration::postgres_gb(million, registration),
        "GB",
    );
    let logs = registration::logs_gb(day, registration);
    table.check("logs", registration.logs.value, logs, "GB a day");
    let monitoring = registration::monitoring_gb(day, registration);
    table.check(
        "Prometheus",
        registration.monitoring.value,
        monitoring,
        "GB a day",
    );
    table.checks
}

fn pre_registrations(facts: &Sizing) -> Vec<Check> {
    let calculator = &facts.pre_registration;
    let example = &calculator.example;
    let mut table = Table::new("Pre-registration, second edition", &calculator.sources);
    let per_day = example.total * example.share_per_day;
    let peak = per_day * example.share_in_peak_hour;
    table.check("a day", example.per_day, per_day, "pre-registrations");
    table.check("busiest hour", example.peak_hour, peak, "requests");
    table.check(
        "a pod and second",
        example.requests_per_second,
        pre_registration::requests_per_second(calculator),
        "requests",
    );
    table.check(
        "a pod and hour",
        example.requests_per_hour,
        pre_registration::requests_per_hour(calculator),
        "requests",
    );
    let rows = pre_registration::rows(peak, calculator);
    table.rows(&example.rows, &rows, example.cpu, example.memory_gb);
    let shown = [
        example.postgres_gb,
        example.object_store_gb,
        example.logs_gb,
    ];
    stores(
        &mut table,
        example.total,
        example.document_kilobytes,
        shown,
        facts,
    );
    table.checks
}

fn older(facts: &Sizing) -> Vec<Check> {
    let calculator = &facts.pre_registration;
    let older = &calculator.older;
    let mut table = Table::new("Pre-registration, first edition", &older.sources);
    let rows = older.rows.iter();
    let rows: Vec<ServicePods> = rows.map(pre_registration::fixed).collect();
    table.rows(&older.shown, &rows, older.cpu, older.memory_gb);
    table.check(
        "applications an hour",
        older.applications_per_hour,
        pre_registration::older_applications_per_hour(calculator),
        "applications",
    );
    let shown = [older.postgres_gb, older.object_store_gb, older.logs_gb];
    stores(
        &mut table,
        older.total,
        older.document_kilobytes,
        shown,
        facts,
    );
    table.checks
}

/// Storage of pre-registrations, which both editions count alike.
fn stores(table: &mut Table<'_>, total: f64, kilobytes: f64, shown: [f64; 3], facts: &Sizing) {
    let calculator = &facts.pre_registration;
    let [postgres, object_store, logs] = shown;
    table.check(
        "PostgreSQL",
        postgres,
        pre_registration::postgres_gb(total, calculator),
        "GB",
    );
    let computed = pre_registration::object_store_gb(total, kilobytes, calculator);
    table.check("object store", object_store, computed, "GB");
    table.check(
        "logs",
        logs,
        pre_registration::logs_gb(total, calculator),
        "GB",
    );
}

fn authentications(facts: &Sizing) -> Vec<Check> {
    let calculator = &facts.authentication;
    let example = &calculator.example;
    let mut table = Table::new("Authentication", &calculator.sources);
    let peak = example.per_day * example.share_in_peak_hour;
    table.check("busiest hour", example.peak_hour, peak, "requests");
    let rows = authentication::rows(peak, calculator);
    table.rows(&example.rows, &rows, example.cpu, example.memory_gb);
    table.check(
        "PostgreSQL",
        example.postgres_gb,
        authentication::postgres_gb(example.identities, example.per_day, calculator),
        "GB",
    );
    table.check(
        "logs of issuing identities",
        example.logs_identities_gb,
        authentication::logs_identities_gb(example.identities, calculator),
        "GB",
    );
    table.check(
        "logs of authentications",
        example.logs_authentications_gb,
        authentication::logs_authentications_gb(example.per_day, calculator),
        "GB a day",
    );
    table.checks
}

fn measured(facts: &Sizing) -> Vec<Check> {
    let run = &facts.authentication.measured;
    let mut table = Table::new("Authentication, measured", &run.sources);
    let per_second = run.authentications / (run.hours * HOUR);
    table.check("a second", run.per_second, per_second, "authentications");
    table.checks
}

fn devices(facts: &Sizing) -> Vec<Check> {
    let calculator = &facts.field;
    let example = &calculator.example;
    let mut table = Table::new("Devices", &calculator.sources);
    let day =
        field::registrations_per_day(example.population, example.months, example.working_days);
    let kits = field::field_kits(day, example.per_station);
    let checks = field::checks(day, calculator);
    table.check("registrations", example.registrations_per_day, day, "a day");
    table.check(
        "authentications inside registration",
        example.internal_authentications,
        field::internal_authentications(day, calculator),
        "a day",
    );
    table.check("kits in the field", example.field_kits, kits, "kits");
    table.check(
        "kits",
        example.kits,
        kits + calculator.other_kits.value,
        "kits",
    );
    table.check("quality checks", example.quality_checks, checks, "a day");
    table.check("extractions", example.extractions, checks, "a day");
    table.checks
}
