//! More work never means less of anything.

use std::sync::LazyLock;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use mosipctl_size::{Asked, Report, size};
use mosipctl_spec::environment::workload::{NodeShape, Workload};

use crate::{Resolved, facts, production};

/// Resolved once: no workload changes it.
static COUNTRY: LazyLock<Resolved> =
    LazyLock::new(|| Resolved::of(&production("registrationsPerDay: 1")));

impl Resolved {
    fn with_workload(&self, workload: Workload) -> Report {
        let mut environment = self.environment.clone();
        environment.spec.workload = Some(workload);
        let asked = Asked {
            environment: &environment,
            blueprint: &self.blueprint,
            facts: facts(),
        };
        size(&asked).unwrap()
    }
}

/// Work that a country may have.
#[derive(Debug, Clone, Copy)]
struct Work {
    registrations: u64,
    authentications: u64,
    pre_registrations: u64,
    months: u32,
    shape: (u32, u32),
}

impl Work {
    fn report(self) -> Report {
        let (cpu, memory) = self.shape;
        let workload = Workload {
            registrations_per_day: Some(self.registrations),
            authentications_per_second: Some(self.authentications),
            pre_registrations_per_day: Some(self.pre_registrations),
            months_to_keep: Some(self.months),
            node: Some(NodeShape {
                cpu,
                memory: format!("{memory}Gi"),
            }),
            ..Workload::default()
        };
        COUNTRY.with_workload(workload)
    }
}

fn work() -> impl Strategy<Value = Work> {
    let shapes = prop_oneof![
        Just((12, 48)),
        Just((12, 64)),
        Just((16, 64)),
        Just((32, 128)),
        Just((64, 256))
    ];
    (
        1..2_000_000u64,
        1..2_000u64,
        1..5_000_000u64,
        1..60u32,
        shapes,
    )
        .prop_map(
            |(registrations, authentications, pre_registrations, months, shape)| Work {
                registrations,
                authentications,
                pre_registrations,
                months,
                shape,
            },
        )
}

/// The same and more of one thing or of all.
fn more() -> impl Strategy<Value = (Work, Work)> {
    (work(), 0..5u8, 1..500_000u64).prop_map(|(less, which, by)| {
        let mut more = less;
        let all = which == 4;
        if all || which == 0 {
            more.registrations += by;
        }
        if all || which == 1 {
            more.authentications += by.div_ceil(500);
        }
        if all || which == 2 {
            more.pre_registrations += by;
        }
        if all || which == 3 {
            more.months += 1;
        }
        (less, more)
    })
}

/// Every figure of a report that can be compared, by name.
fn figures(report: &Report) -> Vec<(String, f64)> {
    let mut all = vec![("nodes".to_owned(), f64::from(report.nodes.count))];
    for size in &report.components {
        let name = |what: &str| format!("{} {what}", size.component);
        all.push((name("pods"), f64::from(size.replicas)));
        all.push((name("cores"), size.total.cpu));
        all.push((name("memory"), size.total.memory_mib));
    }
    for volume in &report.volumes {
        let name = format!("{}: {}", volume.store, volume.total.what);
        all.push((format!("{name} a day"), volume.per_day.value));
        all.push((name, volume.total.value));
    }
    let figures = report
        .bandwidth
        .iter()
        .chain(&report.outside)
        .chain(&report.field);
    let figures = figures.chain(&report.nodes.reasons);
    // Placing is a reason only when it takes more nodes than the others.
    let figures = figures.filter(|figure| figure.what != "placing");
    all.extend(figures.map(|figure| (figure.what.clone(), figure.value)));
    all
}

#[test]
fn more_work_never_means_less_of_anything() {
    // The same cases in every run: a packing has corners, and a test must not find them by chance.
    let config = Config {
        cases: 250,
        failure_persistence: None,
        ..Config::default()
    };
    let rng = proptest::test_runner::TestRng::deterministic_rng(config.rng_algorithm);
    let mut runner = TestRunner::new_with_rng(config, rng);
    let proven = runner.run(&more(), |(less, more)| {
        let (less, more) = (figures(&less.report()), figures(&more.report()));
        prop_assert_eq!(less.len(), more.len());
        for ((what, before), (same, after)) in less.iter().zip(&more) {
            prop_assert_eq!(what, same);
            prop_assert!(
                after >= before,
                "{} falls from {} to {}",
                what,
                before,
                after
            );
        }
        Ok(())
    });
    if let Err(error) = proven {
        panic!("{error}");
    }
}

#[test]
fn every_pod_finds_a_node_and_no_node_is_too_full() {
    let config = Config {
        cases: 100,
        failure_persistence: None,
        ..Config::default()
    };
    let rng = proptest::test_runner::TestRng::deterministic_rng(config.rng_algorithm);
    let mut runner = TestRunner::new_with_rng(config, rng);
    let proven = runner.run(&work(), |work| {
        let report = work.report();
        let list = &report.nodes;
        let placed: u64 = list.nodes.iter().map(|node| u64::from(node.pods)).sum();
        prop_assert_eq!(placed, report.pods.pods);
        prop_assert_eq!(list.nodes.len(), list.count as usize);
        for node in &list.nodes {
            prop_assert!(node.used.cpu <= list.free.cpu + 1e-6);
            prop_assert!(node.used.memory_mib <= list.free.memory_mib + 1e-6);
        }
        Ok(())
    });
    if let Err(error) = proven {
        panic!("{error}");
    }
}
