//! A real cluster on real hosts, made by hand: three control planes, two workers, a load balancer before them. About two minutes.

#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::time::Instant;

use mosipctl_site::{ByHand, Offline, Phase, Site, SiteSettings, lacks_for_cluster, total};

#[test]
fn five_nodes_become_ready_resolve_names_and_survive_a_reboot() {
    if let Some(reason) = lacks_for_cluster() {
        eprintln!("skipped: {reason}");
        return;
    }
    if std::env::var_os("MOSIPCTL_TEST_ALL").is_none() {
        eprintln!(
            "skipped: a cluster by hand, which is the yardstick of the bench alone (MOSIPCTL_TEST_ALL makes one)"
        );
        return;
    }
    let started = Instant::now();
    let settings = SiteSettings::for_test(6).unwrap();
    let files = Offline::find_or_make(&settings.cache, &|_| {}).unwrap();
    let mut site = Site::up(&settings, &|_| {}).unwrap();
    {
        let cluster = ByHand::new(&site, &files).unwrap();
        show(
            "packages, programs and images are on six hosts",
            &cluster.bring(&|_| {}).unwrap(),
        );
        show("five nodes are ready", &cluster.make(&|_| {}).unwrap());
        all_nodes_are_ready(&cluster);
        a_pod_resolves_names(&cluster, "before", "w1");
    }
    let rebooted = Instant::now();
    site.reboots("w1", |site| {
        let host = site.host("w1").unwrap();
        // the connection ends with the host
        let _ = site.ssh(host).arg("sudo systemctl reboot").output();
    })
    .unwrap();
    let cluster = ByHand::new(&site, &files).unwrap();
    a_pod_resolves_names(&cluster, "after", "w1");
    let seconds = rebooted.elapsed().as_secs_f64();
    eprintln!("a pod of a worker resolves names {seconds:.1} s after it was told to reboot");
    site.down().unwrap();
    let seconds = started.elapsed().as_secs_f64();
    eprintln!("everything took {seconds:.1} s");
}

fn show(what: &str, phases: &[Phase]) {
    eprintln!("{what} after {:.1} s:", total(phases).as_secs_f64());
    for phase in phases {
        eprintln!("  {:5.1} s  {}", phase.took.as_secs_f64(), phase.name);
    }
}

fn all_nodes_are_ready(cluster: &ByHand<'_>) {
    let nodes = cluster.kubectl(&["get", "nodes", "--no-headers"]).unwrap();
    let states = nodes.lines().map(|line| {
        let words: Vec<&str> = line.split_whitespace().collect();
        format!("{} {} {}", words[0], words[1], words[4])
    });
    let states: Vec<String> = states.collect();
    let expected = ["cp1", "cp2", "cp3", "w1", "w2"].map(|name| format!("{name} Ready v1.36.1"));
    assert_eq!(states, expected);
}

/// Through the pods' network, kube-proxy and CoreDNS on another node.
fn a_pod_resolves_names(cluster: &ByHand<'_>, pod: &str, node: &str) {
    let on_node = format!(r#"{{"spec": {{"nodeName": "{node}"}}}}"#);
    let run = [
        "run",
        pod,
        "--image=busybox:1.37.0",
        "--image-pull-policy=IfNotPresent",
    ];
    let how = [
        "--restart=Never",
        "--overrides",
        &on_node,
        "--command",
        "--",
    ];
    let command = ["nslookup", "kubernetes.default.svc.cluster.local"];
    cluster
        .kubectl(&[&run[..], &how, &command].concat())
        .unwrap();
    let pod_name = format!("pod/{pod}");
    let done = "--for=jsonpath={.status.phase}=Succeeded";
    let waited = cluster.kubectl(&["wait", done, &pod_name, "--timeout=90s"]);
    let said = cluster.kubectl(&["logs", pod]).unwrap_or_default();
    assert!(
        waited.is_ok() && said.contains("Address: 10.96.0.1"),
        "{waited:?} {said}"
    );
}
