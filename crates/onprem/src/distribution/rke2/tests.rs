//! What RKE2 is told. No RKE2 was to be had: these look at texts, and at scripts with the shell.

use std::collections::BTreeMap;
use std::process::Command as Program;

use mosipctl_spec::Document;
use mosipctl_spec::hosts::HostsFile;

use super::*;
use crate::files::Files;
use crate::kubeadm::Cluster;

const HOSTS: &str = "apiVersion: mosipctl.io/v1alpha1\nkind: Hosts\nspec:\n  hosts:\n    \
    - {name: cp1, address: 192.0.2.11, roles: [control-plane]}\n    \
    - {name: w1, address: 192.0.2.12}\n";

fn configurations() -> BTreeMap<String, Value> {
    let document = Document {
        name: "hosts.yaml",
        text: HOSTS,
    };
    let file = HostsFile::read(&document).unwrap();
    let cluster = Cluster {
        version: "1.34.1+rke2r1".to_owned(),
        endpoint: "192.0.2.9".to_owned(),
        names: vec!["192.0.2.11".to_owned(), "cp1".to_owned()],
        networks: file.spec.networks.clone(),
        repository: None,
        nodes: Vec::new(),
    };
    let (traits, files) = (Traits::default(), Files::default());
    let all = file.hosts().into_iter().map(|host| {
        let node = Node {
            host: &host,
            servers: &["cp1".to_owned()],
            address: host.address.ip().unwrap(),
            traits: &traits,
            files: &files,
            cluster: &cluster,
            one_by_one: "control planes",
        };
        let text = configuration(&node);
        let (_, json) = text.split_once('\n').unwrap();
        (host.name.to_string(), serde_json::from_str(json).unwrap())
    });
    all.collect()
}

#[test]
fn a_server_answers_at_the_address_that_stays_and_bears_no_pods() {
    let server = &configurations()["cp1"];
    assert_eq!(server["tls-san"], json!(["192.0.2.9", "192.0.2.11", "cp1"]));
    let taint = "node-role.kubernetes.io/control-plane=:NoSchedule";
    assert_eq!(server["node-taint"], json!([taint]));
    assert_eq!(server["cluster-cidr"], "10.42.0.0/16");
}

#[test]
fn no_ingress_of_its_own_takes_the_ports_of_the_gateways() {
    let server = &configurations()["cp1"];
    assert_eq!(server["ingress-controller"], "none");
    assert_eq!(server["disable"], json!(["rke2-ingress-nginx"]));
}

#[test]
fn an_agent_is_told_its_name_and_address_alone() {
    let expected = json!({"node-name": "w1", "node-ip": "192.0.2.12"});
    assert_eq!(configurations()["w1"], expected);
}

#[test]
fn each_machine_gets_the_archives_of_its_kind() {
    let of = |architecture: &str| Traits {
        architecture: architecture.to_owned(),
        ..Traits::default()
    };
    let archive = |name: &str| Pinned {
        path: name.into(),
        sha256: String::new(),
    };
    assert_eq!(machine(&of("aarch64")), "arm64");
    assert_eq!(machine(&Traits::default()), "amd64");
    let images = archive("images/rke2-images-core.linux-amd64.tar.zst");
    assert!(is_for(&images, "amd64") && !is_for(&images, "arm64"));
    assert!(is_for(&archive("images/mosip.tar"), "arm64"));
}

#[test]
fn certificates_that_end_soon_are_seen_on_servers_and_agents() {
    if Program::new("openssl").arg("version").output().is_err() {
        eprintln!("skipped: no `openssl` here");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, year| {
        let mut params = rcgen::CertificateParams::default();
        params.not_after = rcgen::date_time_ymd(year, 5, 6);
        let key = rcgen::KeyPair::generate().unwrap();
        let file = folder.path().join(name);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, params.self_signed(&key).unwrap().pem()).unwrap();
    };
    let place = folder.path().display().to_string();
    let say = || {
        let script = OLD.replace("/var/lib/rancher/rke2", &place);
        let output = Program::new("sh").args(["-c", &script]).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    assert_eq!(say(), "absent\n");
    write("agent/client-kubelet.crt", 4000);
    // authorities are not renewed by a start
    write("agent/client-ca.crt", 2020);
    assert_eq!(say(), "");
    write("server/tls/etcd/client.crt", 2020);
    assert_eq!(say(), "its certificate client.crt ends within 30 days\n");
    write("agent/serving-kubelet.crt", 2020);
    let said = "its certificate serving-kubelet.crt ends within 30 days\n";
    assert_eq!(say(), said);
}

#[test]
fn the_shell_understands_every_script() {
    for script in [START, UNPACKED, UNPACK, OTHER, RESTART, SNAPSHOT, OLD] {
        let output = Program::new("sh")
            .args(["-n", "-c", script])
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{said} in {script}");
    }
}

/// A stand-in for systemctl, which writes down what it is told, and says that a unit runs as long as `active` is there: what is looked at
/// is the scripts' own thinking, and no RKE2.
const SYSTEMCTL: &str = "systemctl() { case $* in *is-active*) [ -e STATE/active ] ;; *) echo \"$*\" >> STATE/told ;; esac; }; timeout() { shift; \"$@\"; }\n";

#[test]
fn it_runs_as_something_else_when_its_configuration_or_version_changed() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().display().to_string();
    let say = |script: &str| {
        let script = script.replace("/var/lib/mosipctl", &state);
        let script = script.replace("/etc/rancher/rke2", &state);
        let script = SYSTEMCTL.replace("STATE", &state) + &script;
        let output = Program::new("sh").args(["-c", &script]).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write("config.yaml", "{}");
    write("rke2-unpacked", "one");
    write("active", "");
    assert_eq!(say(OTHER), "", "nobody has started it");
    write("member", "");
    assert!(say(OTHER).contains("another configuration"));
    say(RESTART);
    assert_eq!(say(OTHER), "");
    write("rke2-unpacked", "two");
    assert!(say(OTHER).contains("another configuration"));
    say(RESTART);
    std::fs::remove_file(folder.path().join("active")).unwrap();
    assert_eq!(say(OTHER), "RKE2 does not run\n");
    // what was begun is awaited
    say(RESTART);
    let told = std::fs::read_to_string(folder.path().join("told")).unwrap();
    let (restart, start) = ("restart --no-block rke2-@ROLE@", "start rke2-@ROLE@");
    let told: Vec<&str> = told.lines().collect();
    assert_eq!(told, [restart, start, restart, start, start]);
}
