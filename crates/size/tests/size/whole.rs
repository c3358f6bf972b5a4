//! Whole environments.

use mosipctl_size::screen::{Plain, screen, settings_for};

use crate::{production, root, sized, with};

/// A country of fifteen million in a year, on machines as the guides have them.
const COUNTRY: &str = "registrationsPerDay: 50000, authenticationsPerSecond: 50, preRegistrationsPerDay: 20000, monthsToKeep: 24";

#[test]
fn the_screen_of_a_country() {
    let report = sized(&production(COUNTRY)).unwrap();
    insta::assert_snapshot!(screen(&report, "production.yaml", &Plain));
}

#[test]
fn the_screen_is_no_wider_than_a_hundred_columns() {
    let on_own_machines = production(COUNTRY).replace(
        "  profile:",
        "  cluster: {kind: onprem, hosts: hosts.yaml}\n  profile:",
    );
    let huge = production("registrationsPerDay: 30000000, authenticationsPerSecond: 300");
    for text in [production(COUNTRY), on_own_machines, huge] {
        let report = sized(&text).unwrap();
        for line in screen(&report, "production.yaml", &Plain).lines() {
            assert!(line.chars().count() <= 100, "{line}");
        }
    }
}

#[test]
fn a_small_sandbox_has_one_pod_of_everything_and_no_spare_node() {
    let work = "  workload: {registrationsPerDay: 100, node: {cpu: 16, memory: 64Gi}}\n";
    let report = sized(&with(work)).unwrap();
    assert!(report.components.iter().all(|size| size.replicas == 1));
    assert_eq!((report.nodes.count, report.nodes.spare), (4, 0));
}

#[test]
fn what_the_file_fixes_stays_and_too_few_is_told() {
    let fixed = "  components: {keymanager: {replicas: 1}}\n";
    let report = sized(&(production("registrationsPerDay: 50000") + fixed)).unwrap();
    let keymanager = report
        .components
        .iter()
        .find(|size| size.component == "keymanager")
        .unwrap();
    assert_eq!((keymanager.replicas, keymanager.asked), (1, Some(4)));
    let told = report
        .warnings
        .iter()
        .find(|warning| warning.message.contains("keymanager"));
    assert_eq!(
        told.unwrap().message,
        "`keymanager` has 1 of the 4 pods that the work asks for"
    );
}

#[test]
fn another_heap_is_counted() {
    let larger = "  components: {keymanager: {heap: 8Gi}}\n";
    let report = sized(&(production("registrationsPerDay: 50000") + larger)).unwrap();
    let keymanager = report
        .components
        .iter()
        .find(|size| size.component == "keymanager")
        .unwrap();
    assert_eq!(keymanager.heap_mib, Some(8192.0));
    // heap and a quarter, and the sidecar
    assert_eq!(keymanager.pod.memory_mib, 8192.0 * 1.25 + 128.0);
}

#[test]
fn a_database_outside_takes_no_node_and_is_told_of() {
    let outside =
        "    postgres: {mode: existing, host: db.example.org, password: {from: {env: DB}}}\n";
    let text = production("registrationsPerDay: 50000")
        .replace("  workload:", &format!("{outside}  workload:"));
    let report = sized(&text).unwrap();
    assert!(
        report
            .components
            .iter()
            .all(|size| size.component != "postgres")
    );
    let told: Vec<&str> = report
        .outside
        .iter()
        .map(|figure| figure.what.as_str())
        .collect();
    assert_eq!(told[..2], ["PostgreSQL, cores", "PostgreSQL, memory"]);
}

#[test]
fn own_machines_come_with_the_guides_machines_beside_them() {
    let text = production("registrationsPerDay: 50000").replace(
        "  profile:",
        "  cluster: {kind: onprem, hosts: hosts.yaml}\n  profile:",
    );
    let list = sized(&text).unwrap().nodes;
    let beside: Vec<&str> = list.machines.iter().map(|row| row.role.as_str()).collect();
    let expected = [
        "WireGuard bastion",
        "node of the observation cluster",
        "Nginx of the observation cluster",
        "Nginx of MOSIP's cluster",
    ];
    assert_eq!(beside, expected);
    let holds_control_plane = |node: &&mosipctl_size::nodes::Node| node.role.contains("etcd");
    assert_eq!(list.nodes.iter().filter(holds_control_plane).count(), 3);
}

#[test]
fn the_pods_that_are_asked_for_can_be_put_into_the_file() {
    let report = sized(&production(COUNTRY)).unwrap();
    let settings = settings_for(&report);
    assert!(
        settings.contains("  keymanager: {replicas: 4}\n"),
        "{settings}"
    );
    let indented: String = settings.lines().map(|line| format!("  {line}\n")).collect();
    let again = sized(&(production(COUNTRY) + &indented)).unwrap();
    assert_eq!(again.nodes.count, report.nodes.count);
    assert!(settings_for(&again).ends_with("components: {}\n"));
}

#[test]
fn what_one_node_mounts_is_counted_and_never_put_into_the_file() {
    let report = sized(&production(COUNTRY)).unwrap();
    let clamav = report
        .components
        .iter()
        .find(|size| size.component == "clamav");
    let clamav = clamav.unwrap();
    assert_eq!((clamav.replicas, clamav.present), (4, 1));
    assert!(!settings_for(&report).contains("clamav"));
    let told = report
        .warnings
        .iter()
        .find(|warning| warning.message.contains("clamav"));
    assert_eq!(
        told.unwrap().message,
        "the work asks for 4 pods of `clamav`, whose volume only one node mounts"
    );
}

/// `examples/production.yaml` has the nodes and the pods that its workload asks for.
#[test]
fn the_example_of_a_production_is_what_it_sizes_to() {
    let text = std::fs::read_to_string(root().join("examples/production.yaml")).unwrap();
    let resolved = crate::Resolved::of(&text);
    let report = sized(&text).unwrap();
    let lab = resolved.environment.spec.cluster.nodes.unwrap();
    assert_eq!(report.nodes.count, lab.count);
    assert!(settings_for(&report).ends_with("components: {}\n"));
}

#[test]
fn sizing_is_quick() {
    let resolved = crate::Resolved::of(&production(COUNTRY));
    let asked = mosipctl_size::Asked {
        environment: &resolved.environment,
        blueprint: &resolved.blueprint,
        facts: crate::facts(),
    };
    let started = std::time::Instant::now();
    mosipctl_size::size(&asked).unwrap();
    // It takes a hundredth of it, unoptimised; more would be another order of work.
    assert!(
        started.elapsed().as_millis() < 1000,
        "{:?}",
        started.elapsed()
    );
}
