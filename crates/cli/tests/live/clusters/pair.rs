//! Two load balancers with one address, whichever of them is well bears it; and tunnels between nodes.

use std::fs;
use std::time::Instant;

use super::{CLUSTER, ONE_AT_A_TIME, OnHosts, SIMULATED, WEB};

/// What they share; no host of a site has it.
const SHARED: &str = "10.88.0.100";
#[test]
fn nodes_have_tunnels_and_the_api_is_at_the_other_load_balancer_when_one_is_lost() {
    let _alone = ONE_AT_A_TIME.blocking_lock();
    let Some(mut hosts) = OnHosts::of(3, SIMULATED) else {
        return;
    };
    the_worker_is_a_load_balancer_too(&hosts);
    chrony_reads_clocks_and_sets_none(&hosts);
    hosts.run(&CLUSTER).done();
    assert_eq!(bearers(&hosts), ["lb1"]);
    let endpoint = hosts.on("w1", "sudo grep server: /etc/kubernetes/kubelet.conf");
    assert!(endpoint.contains(SHARED), "{endpoint}");
    hosts.run(&CLUSTER).done().says("nothing to do");
    hosts.run(&["hosts", "audit", "environment.yaml"]).done();
    let kubeconfig = ["kubeconfig", "environment.yaml", "--out", "k"];
    hosts.run(&kubeconfig).done();
    let kubeconfig = fs::read_to_string(hosts.folder().join("k")).unwrap();
    assert!(kubeconfig.contains(&format!("server: https://{SHARED}:6443")));

    hosts_follow_the_clock_of_one_of_them(&hosts);
    packets_of_pods_go_through_tunnels(&hosts);

    hosts.site.cut_power("lb1").unwrap();
    let started = Instant::now();
    answers(&hosts);
    eprintln!(
        "the API answered {:.1} s after its load balancer was lost",
        started.elapsed().as_secs_f64()
    );
    hosts.site.give_power("lb1").unwrap();
    // no connection is cut a second time because somebody came back
    hosts.on(
        "lb1",
        "until systemctl is-active keepalived nginx; do sleep 0.2; done",
    );
    assert_eq!(bearers(&hosts), ["w1"]);
    hosts.run(&CLUSTER).done().says("nothing to do");

    hosts.on("w1", "sudo systemctl stop nginx");
    let until =
        format!("timeout 60 sh -c 'until ip -br address | grep -q {SHARED}; do sleep 0.2; done'");
    hosts.on("lb1", &until);
    answers(&hosts);
    hosts.run(&CLUSTER).done();
    hosts.on("w1", "systemctl is-active nginx");
    another_configuration_is_taken_and_a_bad_one_is_not(&hosts);
}

fn the_worker_is_a_load_balancer_too(hosts: &OnHosts) {
    let file = hosts.folder().join("hosts.yaml");
    let text = fs::read_to_string(&file).unwrap();
    let shared = format!(
        "spec:\n  mesh: {{}}\n  virtualAddresses: {{internal: {SHARED}}}\n  time: {{servers: [lb1]}}\n"
    );
    let lines = text.lines().map(|line| match line.trim() {
        "- worker" => format!("{line}\n{}\n", line.replace("worker", "load-balancer")),
        _ => format!("{line}\n"),
    });
    let text: String = lines.collect();
    fs::write(&file, text.replace("spec:\n", &shared)).unwrap();
}

/// The clock of a site's hosts is the machine's: chrony would not start there, and is to leave it alone.
fn chrony_reads_clocks_and_sets_none(hosts: &OnHosts) {
    let folder = "/etc/systemd/system/chrony.service.d";
    let lines = "[Unit]\\nConditionCapability=\\n[Service]\\nExecStart=\\nExecStart=!/usr/sbin/chronyd -x\\n";
    let line = format!(
        "sudo mkdir {folder} && printf '{lines}' | sudo tee {folder}/reads-only.conf && sudo systemctl daemon-reload"
    );
    for host in ["lb1", "cp1", "w1"] {
        hosts.on(host, &line);
    }
}

fn hosts_follow_the_clock_of_one_of_them(hosts: &OnHosts) {
    let server = hosts.site.host("lb1").unwrap().address.to_string();
    for host in ["cp1", "w1"] {
        let sources = hosts.on(host, "chronyc -n sources");
        let followed = format!("^* {server} ");
        assert!(sources.contains(&followed), "{sources}");
    }
}

/// A host asks a pod on another one; that nobody listens there is an answer too.
fn packets_of_pods_go_through_tunnels(hosts: &OnHosts) {
    hosts.apply(WEB);
    let wait = "wait --for=condition=Available --timeout=120s deployment/web";
    hosts.kubectl("cp1", wait);
    let pod = hosts.kubectl(
        "cp1",
        "get pods -l app=web -o jsonpath='{.items[0].status.podIP}'",
    );
    let ask = format!("timeout 5 bash -c ': < /dev/tcp/{pod}/9' 2>&1 || true");
    let received = || {
        let transfer = hosts.on("w1", "sudo wg show mosipctl-mesh transfer");
        let word = transfer.split_whitespace().nth(1).unwrap().to_owned();
        word.parse::<u64>().unwrap()
    };
    let before = received();
    assert!(hosts.on("cp1", &ask).contains("refused"));
    assert!(received() > before, "it came in another way");
    hosts.on("cp1", "sudo systemctl stop wg-quick@mosipctl-mesh");
    assert!(
        !hosts.on("cp1", &ask).contains("refused"),
        "reached without a tunnel"
    );
    hosts
        .run(&["plan", "environment.yaml", "--only", "cluster", "--steps"])
        .says("dig tunnels from cp1 to all other nodes");
    hosts.run(&CLUSTER).done();
    assert!(hosts.on("cp1", &ask).contains("refused"));
    let key = hosts.on(
        "w1",
        "sudo stat -c %a /etc/mosipctl/mesh.key /etc/wireguard/mosipctl-mesh.conf",
    );
    assert_eq!(key, "600\n600");
}

/// The hosts that bear the address.
fn bearers(hosts: &OnHosts) -> Vec<&'static str> {
    let bears = |host: &&str| hosts.on(host, "ip -br address").contains(SHARED);
    ["lb1", "w1"].into_iter().filter(bears).collect()
}

fn answers(hosts: &OnHosts) {
    let ask = format!(
        "sudo kubectl --kubeconfig /etc/kubernetes/admin.conf --server https://{SHARED}:6443 --request-timeout 1s get --raw /readyz"
    );
    let until = format!("timeout 60 sh -c 'until {ask}; do :; done'");
    assert!(hosts.on("cp1", &until).ends_with("ok"));
}

fn another_configuration_is_taken_and_a_bad_one_is_not(hosts: &OnHosts) {
    hosts.on(
        "lb1",
        "echo 'vrrp_instance x { interface none }' | sudo tee -a /etc/keepalived/keepalived.conf",
    );
    hosts
        .run(&["plan", "environment.yaml", "--only", "cluster", "--steps"])
        .says("let lb1 bear the shared address when it is its turn");
    hosts.run(&CLUSTER).done();
    assert_eq!(bearers(hosts), ["lb1"]);
    hosts.run(&CLUSTER).done().says("nothing to do");
}
