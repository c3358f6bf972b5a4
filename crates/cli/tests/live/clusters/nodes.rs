//! The life of nodes, on real hosts with a real cluster of three control planes and two workers.
//!
//! One site for the whole story: each part begins with what the one before left.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Instant;

use super::{CLUSTER, ONE_AT_A_TIME, OnHosts, SIMULATED, WEB};
use crate::support::{Said, goes_all_the_way};

#[test]
fn nodes_are_drained_removed_replaced_and_etcd_is_restored() {
    let _alone = ONE_AT_A_TIME.blocking_lock();
    let Some(mut hosts) = OnHosts::of(6, SIMULATED) else {
        return;
    };
    hosts.run(&CLUSTER).done();
    let started = Instant::now();
    let part = |name: &str| eprintln!("{name}, after {:.0} s", started.elapsed().as_secs_f64());
    drained(&hosts);
    part("a node was drained");
    restored(&hosts);
    part("etcd was restored");
    removed(&hosts);
    part("a node was removed");
    replaced(&mut hosts);
    part("a worker and a control plane were replaced, and one came back");
    killed(&mut hosts);
    part("a control plane lost power and came back");
    renewed(&hosts);
    part("certificates were renewed");
    reset(&hosts);
    part("all hosts were reset");
}

fn drained(hosts: &OnHosts) {
    let kubeconfig = ["kubeconfig", "environment.yaml", "--out", "k"];
    hosts.run(&kubeconfig).done().says("good for a day");
    hosts.apply(WEB);
    hosts.kubectl(
        "cp1",
        "wait --for=condition=Available --timeout=180s deployment/web",
    );
    let drain = ["hosts", "drain", "w1", "environment.yaml"];
    hosts
        .run(&[&drain[..], &["--within", "8"]].concat())
        .ended_with(&[1])
        .says("PodDisruptionBudget `web` lets none go: 1 healthy, 1 wanted");
    hosts.kubectl("cp1", "delete poddisruptionbudget/web");
    hosts.run(&drain).done().says("w1 is drained");
    hosts
        .run(&[&drain[..], &["--undo"]].concat())
        .done()
        .says("pods may come to w1 again");
    hosts.kubectl("cp1", "delete deployment/web");
    hosts
        .run(&["hosts", "drain", "w9", "environment.yaml"])
        .ended_with(&[1])
        .says("cp1, cp2, cp3, w1, w2");
}

fn restored(hosts: &OnHosts) {
    hosts.kubectl("cp1", "create configmap first");
    let snapshot = snapshot(hosts).display().to_string();
    hosts.kubectl("cp1", "delete configmap first");
    hosts.kubectl("cp1", "create configmap second");
    let restore = ["hosts", "restore-etcd", &snapshot, "environment.yaml"];
    hosts.run(&restore).ended_with(&[2]).says("--confirm bare");
    hosts
        .run(&[&restore[..], &["--confirm", "bare"]].concat())
        .done()
        .says("the API answers");
    for control_plane in ["cp1", "cp2", "cp3"] {
        let maps = hosts.kubectl(control_plane, "get configmaps -o name");
        assert!(maps.contains("configmap/first"), "{maps}");
        assert!(!maps.contains("configmap/second"), "{maps}");
    }
}

fn snapshot(hosts: &OnHosts) -> PathBuf {
    let take = ["hosts", "snapshot", "environment.yaml", "--to", "snapshots"];
    hosts
        .run(&take)
        .done()
        .says("etcd is in /var/backups/mosipctl/");
    let mut files = std::fs::read_dir(hosts.folder().join("snapshots")).unwrap();
    files.next().unwrap().unwrap().path()
}

fn removed(hosts: &OnHosts) {
    let remove = |host: &str, confirm: &str| {
        let words = [
            "hosts",
            "remove",
            host,
            "environment.yaml",
            "--confirm",
            confirm,
        ];
        hosts.run(&words)
    };
    remove("w1", "w2")
        .ended_with(&[2])
        .says("nothing was touched");
    remove("w1", "w1").done().says("w1 is no node any more");
    let nodes = hosts.kubectl("cp1", "get nodes -o name");
    assert!(!nodes.contains("node/w1"), "{nodes}");
    let ours = "/etc/mosipctl /etc/kubernetes /usr/local/bin/kubelet /var/lib/mosipctl";
    let left = hosts.on("w1", &format!("sudo ls -d {ours} 2> /dev/null || true"));
    assert_eq!(left, "");
    remove("w2", "w2")
        .ended_with(&[1])
        .says("the last node that takes pods");
}

/// Two hosts are installed anew. The one that was removed comes back with them, as long as it stands in the file.
fn replaced(hosts: &mut OnHosts) {
    for host in ["w2", "cp2"] {
        hosts.site.reinstall(host).unwrap();
        hosts
            .run(&["hosts", "status", "environment.yaml"])
            .says("KEY CHANGED");
        let trust = ["hosts", "trust", "environment.yaml", "--yes"];
        hosts
            .run(&[&trust[..], &["--replace", host]].concat())
            .ended_with(&[0]);
    }
    loses_power_meanwhile(hosts, "w2");
    hosts.run(&CLUSTER).done();
    for host in ["w1", "w2", "cp2"] {
        ready(hosts, host);
        let roles = hosts.kubectl("cp1", &format!("get node {host} --no-headers"));
        assert!(!roles.contains("<none>"), "{roles}");
    }
    let pki = "/etc/kubernetes/pki/etcd";
    let list = format!(
        "sudo etcdctl --cacert {pki}/ca.crt --cert {pki}/server.crt --key {pki}/server.key member list"
    );
    let members = hosts.on("cp1", &list);
    assert_eq!(members.lines().count(), 3, "{members}");
    assert_eq!(members.matches("started").count(), 3, "{members}");
}

/// Half of its packages are there then; the others go on.
fn loses_power_meanwhile(hosts: &mut OnHosts, host: &str) {
    let mut up = hosts.command(&CLUSTER);
    up.stdout(Stdio::piped()).stderr(Stdio::piped());
    let up = up.spawn().unwrap();
    let installs = "timeout 280 sh -c 'until pgrep -x dpkg; do sleep 0.02; done'";
    hosts.on(host, installs);
    hosts.site.cut_power(host).unwrap();
    let said = Said::of(up.wait_with_output().unwrap());
    said.ended_with(&[1])
        .says(&format!("failed to install packages on {host}"));
    hosts.site.give_power(host).unwrap();
}

/// A control plane loses power while the API answers through the load balancer.
fn killed(hosts: &mut OnHosts) {
    hosts.site.cut_power("cp1").unwrap();
    // where it led etcd, the others choose a leader first
    hosts.kubectl_until("cp2", "create configmap while-cp1-is-dead");
    hosts
        .run(&[
            "hosts",
            "remove",
            "cp2",
            "environment.yaml",
            "--confirm",
            "cp2",
        ])
        .ended_with(&[1])
        .says("cp1 must come back or go first");
    hosts.site.give_power("cp1").unwrap();
    ready(hosts, "cp1");
    hosts.run(&CLUSTER).done();
}

/// Certificates that end soon are renewed by `up`, and nothing else is done.
fn renewed(hosts: &OnHosts) {
    let short = "apiVersion: kubeadm.k8s.io/v1beta4\\nkind: ClusterConfiguration\\ncertificateValidityPeriod: 240h\\n";
    hosts.on(
        "cp3",
        &format!("printf '{short}' | sudo tee /tmp/short.yaml"),
    );
    hosts.on(
        "cp3",
        "sudo kubeadm certs renew apiserver --config /tmp/short.yaml",
    );
    let plan = ["plan", "environment.yaml", "--only", "cluster"];
    hosts
        .run(&[&plan[..], &["--steps"]].concat())
        .says("renew the certificates of cp3");
    hosts.run(&CLUSTER).done();
    ready(hosts, "cp3");
    hosts.run(&plan).says("nothing to do");
}

fn reset(hosts: &OnHosts) {
    let reset = ["hosts", "reset", "environment.yaml", "--confirm", "bare"];
    hosts
        .run(&[&reset[..], &["--host", "w1"]].concat())
        .ended_with(&[2])
        .says("mosipctl hosts remove w1");
    let done = hosts.run(&reset).done();
    done.says("cp1: left: snapshots of etcd");
    for host in ["lb1", "cp1", "w1"] {
        let tables = hosts.on(host, "sudo nft list tables 2> /dev/null || true");
        assert!(!tables.contains("mosipctl"), "{host}: {tables}");
    }
    hosts.run(&reset).done().says("w1: nothing of mosipctl");
    let plan = ["plan", "environment.yaml", "--only", "cluster"];
    let plan = hosts.run(&plan).done();
    assert!(!plan.all().contains("would refuse"), "{}", plan.all());
    if goes_all_the_way("the cluster that hosts become again after a reset") {
        hosts.run(&CLUSTER).done();
    }
}

fn ready(hosts: &OnHosts, node: &str) {
    // asked at a control plane that nobody has taken away
    let asked = if node == "cp1" { "cp2" } else { "cp1" };
    let line = format!("wait --for=condition=Ready --timeout=240s node/{node}");
    hosts.kubectl_until(asked, &line);
}
