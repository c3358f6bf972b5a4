//! The assumptions meet the points that were published.

use mosipctl_size::Amount;

use crate::{EDITION, facts, production, sized, with};

/// One replica of everything, as the charts have it.
fn charts_only() -> mosipctl_size::Report {
    let work = "  workload: {registrationsPerDay: 1, node: {cpu: 64, memory: 256Gi}}\n";
    sized(&with(work)).unwrap()
}

/// Upstream's charts have 49 heaps of 95.9 GiB in sum against 50.2 GiB requested, 39 of them above their own request. One of
/// them is corrected in this edition: regproc-pktserver runs no Java (1000M, 100Mi).
#[test]
fn heaps_are_those_of_upstreams_charts() {
    let report = charts_only();
    let java: Vec<_> = report
        .components
        .iter()
        .filter(|size| size.heap_mib.is_some())
        .collect();
    assert!(java.iter().all(|size| size.replicas == 1));
    let above = java
        .iter()
        .filter(|size| size.heap_mib > Some(size.requested_mib));
    assert_eq!((java.len() + 1, above.count() + 1), (49, 39));
    let heap = (report.pods.heap_mib + 1000.0) / 1024.0;
    let requested = (report.pods.requested_mib + 100.0) / 1024.0;
    assert_eq!(
        format!("{heap:.1} against {requested:.1}"),
        "95.9 against 50.2"
    );
}

#[test]
fn the_pods_on_the_way_of_a_packet_take_up_the_nodes_of_the_reference() {
    let report = sized(&production("registrationsPerDay: 216000")).unwrap();
    let path = &facts().registration.components;
    let pods = report.components.iter();
    let pods = pods.filter(|size| path.contains(&size.component));
    let total: Amount = pods.map(|size| size.total).sum();
    let reference = &facts().registration.reference.total;
    let memory = total.memory_gib() / reference.memory_gb;
    let cores = total.cpu / reference.cpu;
    assert!((0.93..=1.0).contains(&memory), "memory {memory}");
    assert!((0.93..=1.0).contains(&cores), "cores {cores}");
}

/// The calculators count whole limits of cores; the charts have the same, but for websub.
#[test]
fn cores_of_the_calculators_are_the_limits_of_the_charts() {
    let (pre, ida) = (&facts().pre_registration, &facts().authentication);
    let rows = pre
        .computed
        .iter()
        .chain(&pre.support)
        .chain(&pre.fixed)
        .chain(&ida.fixed);
    let rows = rows.map(|row| (row.component.clone().unwrap(), row.cpu));
    let served = ida
        .computed
        .iter()
        .map(|row| (row.component.clone(), row.cpu));
    for (component, cpu) in rows.chain(served).filter(|(name, _)| name != "websub") {
        let service = EDITION.0.components[&component]
            .component
            .service
            .as_ref()
            .unwrap();
        let limit = &service.container.resources.as_ref().unwrap().limits["cpu"];
        assert_eq!(
            limit,
            &format!("{}m", (cpu * 1000.0).round()),
            "{component}"
        );
    }
}

/// Fifty a second for ten hours on identities of 90,000 were measured with 1.2.1.0; the calculator's pods bear as many.
#[test]
fn fifty_authentications_a_second_are_borne_by_thirteen_pods() {
    let report = sized(&production("authenticationsPerSecond: 50")).unwrap();
    let pods = |name: &str| {
        let size = report.components.iter().find(|size| size.component == name);
        size.unwrap().replicas
    };
    assert_eq!(
        (pods("ida-auth"), pods("ida-otp"), pods("ida-internal")),
        (10, 13, 2)
    );
}

/// The official sum of the IDA calculator, from an environment: 42 a second are 504,000 a day.
#[test]
fn the_calculators_pods_come_out_of_an_environment_too() {
    let report = sized(&production(
        "authenticationsPerSecond: 42, identities: 20000000, monthsToKeep: 1",
    ))
    .unwrap();
    let volume = report
        .volumes
        .iter()
        .find(|volume| volume.total.what.starts_with("identities"));
    assert_eq!(volume.unwrap().total.value, 2000.0);
    let replicas = |name: &str| {
        let size = report.components.iter().find(|size| size.component == name);
        size.unwrap().replicas
    };
    assert_eq!(
        [
            replicas("ida-auth"),
            replicas("ida-otp"),
            replicas("auditmanager")
        ],
        [9, 11, 4]
    );
}
