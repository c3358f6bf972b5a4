//! `mosipctl vpn` as people run it. The tunnels themselves are proven beside the crate `vpn`.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::Desk;

const ENVIRONMENT: &str = "apiVersion: mosipctl.io/v1alpha1
kind: Environment
metadata: {name: blue}
spec:
  domain: blue.example.org
  mosip: 1.2.0.1
  vpn:
    channels: {internal: [10.0.1.0/24], admin: [10.0.2.0/24]}
";

/// Every file below a folder.
fn files(folder: &Path) -> Vec<std::path::PathBuf> {
    let entries = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    entries
        .flat_map(|path| {
            if path.is_dir() {
                files(&path)
            } else {
                vec![path]
            }
        })
        .collect()
}

#[test]
fn a_private_key_goes_where_it_was_asked_to_and_nowhere_else() {
    let desk = Desk::new(ENVIRONMENT);
    let nowhere = desk.run("vpn peer add alice");
    assert_eq!(nowhere.code, Some(2));
    assert!(nowhere.stderr.contains("--qr"), "{}", nowhere.stderr);
    let said = desk.run("vpn peer add alice --channel internal --out alice.conf");
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    let file = desk.path("alice.conf");
    assert_eq!(
        fs::metadata(&file).unwrap().permissions().mode() & 0o777,
        0o600
    );
    let text = fs::read_to_string(&file).unwrap();
    let key = text
        .lines()
        .find_map(|line| line.strip_prefix("PrivateKey = "))
        .unwrap();
    assert!(!said.stdout.contains(key) && !said.stderr.contains(key));
    for file in files(&desk.path("state")) {
        assert!(
            !fs::read_to_string(&file).unwrap().contains(key),
            "{}",
            file.display()
        );
    }
    assert_eq!(
        desk.run("vpn show alice --out -").code,
        Some(1),
        "a key that was not kept was handed out"
    );
}

#[test]
fn a_revoked_peer_is_no_longer_on_the_bastion() {
    let desk = Desk::new(ENVIRONMENT);
    for name in ["alice", "bob"] {
        let said = desk.run(&format!(
            "vpn peer add {name} --expires 30d --out {name}.conf"
        ));
        assert_eq!(said.code, Some(0), "{}", said.stderr);
    }
    assert!(desk.run("vpn list").stdout.contains("2 peers may come in"));
    assert_eq!(desk.run("vpn revoke alice").code, Some(0));
    let said = desk.run("vpn bastion --out .");
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    let bastion = fs::read_to_string(desk.path("wg0.conf")).unwrap();
    assert!(bastion.contains("# bob") && !bastion.contains("# alice"));
    let again = desk.run("vpn revoke alice");
    assert_eq!(again.code, Some(2));
    assert!(
        again.stderr.contains("cannot come in any more"),
        "{}",
        again.stderr
    );
}

#[test]
fn a_network_that_the_hosts_file_uses_is_refused_by_its_name() {
    let environment = ENVIRONMENT.replace(
        "  vpn:\n",
        "  cluster: {kind: onprem, hosts: hosts.yaml}\n  vpn:\n    network: 10.99.0.0/24\n",
    );
    let desk = Desk::new(&environment);
    let hosts = "apiVersion: mosipctl.io/v1alpha1\nkind: Hosts\nspec:\n  networks: {services: 10.96.0.0/12}\n  hosts:\n  \
                 - {name: cp1, address: 192.0.2.11, roles: [control-plane]}\n";
    fs::write(desk.path("hosts.yaml"), hosts).unwrap();
    let said = desk.run("vpn list");
    assert_eq!(said.code, Some(2));
    let expected = "it overlaps the network of Services, `10.96.0.0/12`";
    assert!(said.stderr.contains(expected), "{}", said.stderr);
}
