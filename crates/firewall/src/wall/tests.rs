use std::collections::BTreeSet;

use mosipctl_spec::Document;

use super::*;
use crate::circumstances::Told;
use crate::ssh_drop_in;

const EXAMPLE: &str = include_str!("../../../../examples/hosts.yaml");

fn file(text: &str) -> HostsFile {
    let document = Document {
        name: "hosts.yaml",
        text,
    };
    HostsFile::read(&document).unwrap_or_else(|complaint| panic!("{complaint}"))
}

fn hosts(spec: &str) -> HostsFile {
    file(&format!(
        "apiVersion: mosipctl.io/v1alpha1\nkind: Hosts\nspec:\n{spec}"
    ))
}

/// The example, whose bastion has an address among the other hosts too.
fn example() -> Wall {
    let addresses = ["198.51.100.10", "192.0.2.9", "10.13.13.1", "127.0.0.1"];
    let told = Told {
        addresses: addresses.iter().map(|ip| ip.parse().unwrap()).collect(),
        ssh_port: None,
    };
    let circumstances = Circumstances {
        told: BTreeMap::from([("bastion".to_owned(), told)]),
        vpn_port: Some(51820),
        ..Circumstances::default()
    };
    Wall::new(&file(EXAMPLE), circumstances).unwrap()
}

fn host<'a>(wall: &'a Wall, name: &str) -> &'a Host {
    let found = wall.hosts().iter().find(|host| host.name.as_str() == name);
    found.unwrap()
}

#[test]
fn the_rules_of_the_example() {
    let wall = example();
    for name in ["bastion", "lb", "cp1", "w1", "nfs"] {
        insta::assert_snapshot!(format!("rules_{name}"), wall.rules(host(&wall, name)));
    }
}

#[test]
fn forwarding_of_ssh_stays_where_hosts_and_api_servers_are_reached_through() {
    let file = file(EXAMPLE);
    let forwards = |name: &str| {
        let hosts = file.hosts();
        let host = hosts.iter().find(|host| host.name.as_str() == name);
        ssh_drop_in(&file, host.unwrap()).contains("AllowTcpForwarding local")
    };
    let names = ["bastion", "lb", "cp1", "w1", "nfs"];
    assert_eq!(names.map(forwards), [true, false, true, false, false]);
    insta::assert_snapshot!("ssh_drop_in_bastion", ssh_drop_in(&file, &file.hosts()[0]));
}

#[test]
fn a_host_is_known_by_the_addresses_that_others_see() {
    let wall = example();
    let seen: Vec<String> = wall
        .addresses("bastion")
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(seen, ["198.51.100.10", "192.0.2.9"]);
    let from_bastion = "192.0.2.9".parse().unwrap();
    let cp1 = host(&wall, "cp1");
    let at = (wall.addresses("cp1")[0], Protocol::Tcp, 22);
    assert!(wall.admits(from_bastion, cp1, at).is_some());
}

#[test]
fn who_says_nothing_of_admins_can_log_in_from_everywhere_but_behind_a_jump() {
    let wall = hosts(
        "  hosts:\n    - {name: cp1, address: 10.0.0.1, roles: [control-plane]}\n    - {name: w1, address: 10.0.0.2, ssh: {jump: cp1, port: 2222}}\n",
    );
    let wall = Wall::new(&wall, Circumstances::default()).unwrap();
    let somebody = "192.0.2.200".parse().unwrap();
    let (cp1, w1) = (host(&wall, "cp1"), host(&wall, "w1"));
    let at = |host: &Host, port| (host.address.ip().unwrap(), Protocol::Tcp, port);
    assert!(wall.is_open_to_all(cp1) && !wall.is_open_to_all(w1));
    assert!(wall.admits(somebody, cp1, at(cp1, 22)).is_some());
    assert!(wall.admits(somebody, w1, at(w1, 2222)).is_none());
    let jump = cp1.address.ip().unwrap();
    assert!(wall.admits(jump, w1, at(w1, 2222)).is_some());
    // behind a router, sshd may listen at another port than the one that we know
    let mut circumstances = Circumstances::default();
    let told = Told {
        addresses: BTreeSet::new(),
        ssh_port: Some(22),
    };
    circumstances.told.insert("w1".to_owned(), told);
    let wall = hosts(
        "  hosts:\n    - {name: cp1, address: 10.0.0.1, roles: [control-plane]}\n    - {name: w1, address: 10.0.0.2, ssh: {jump: cp1, port: 2222}}\n",
    );
    let wall = Wall::new(&wall, circumstances).unwrap();
    assert!(
        wall.admits(jump, host(&wall, "w1"), at(host(&wall, "w1"), 22))
            .is_some()
    );
}

#[test]
fn what_is_not_used_stays_closed() {
    let text = "  hosts:\n    - {name: cp1, address: \"fd00:1::1\", roles: [control-plane, bastion]}\n    - {name: w1, address: 10.0.0.2}\n";
    let plain = Wall::new(&hosts(text), Circumstances::default()).unwrap();
    let all = Circumstances {
        vpn_port: Some(51999),
        has_vxlan: true,
        ..Circumstances::default()
    };
    let rke2 = format!("  kubernetes: {{distribution: rke2, version: 1.34.1+rke2r1}}\n{text}");
    let all = Wall::new(&hosts(&rke2), all).unwrap();
    for word in ["9345", "8472", "51999"] {
        assert!(!plain.rules(host(&plain, "cp1")).contains(word), "{word}");
        assert!(all.rules(host(&all, "cp1")).contains(word), "{word}");
    }
}

#[test]
fn a_name_without_an_address_is_an_error_with_a_remedy() {
    let file =
        hosts("  hosts:\n    - {name: cp1, address: cp1.example.org, roles: [control-plane]}\n");
    let error = Wall::new(&file, Circumstances::default()).unwrap_err();
    assert_eq!(error.to_string(), "find an IP address of host `cp1`");
    assert!(error.remedy().is_some() && !error.is_transient());
}

#[test]
fn no_rule_changes_when_a_shared_address_moves() {
    let file = hosts(
        "  virtualAddresses: {internal: 192.0.2.9, public: 198.51.100.9}\n  hosts:\n    \
         - {name: lb1, address: 192.0.2.10, roles: [load-balancer]}\n    \
         - {name: lb2, address: 192.0.2.11, roles: [load-balancer]}\n    \
         - {name: cp1, address: 192.0.2.12, roles: [control-plane]}\n",
    );
    let told = |bearer: &str| {
        let told = [("lb1", "192.0.2.10"), ("lb2", "192.0.2.11")].map(|(name, own)| {
            let shared = ["192.0.2.9", "198.51.100.9"]
                .into_iter()
                .filter(|_| name == bearer);
            let addresses = [own].into_iter().chain(shared);
            let addresses = addresses.map(|ip| ip.parse().unwrap()).collect();
            (
                name.to_owned(),
                Told {
                    addresses,
                    ssh_port: None,
                },
            )
        });
        let circumstances = Circumstances {
            told: told.into(),
            ..Circumstances::default()
        };
        Wall::new(&file, circumstances).unwrap()
    };
    let (first, second) = (told("lb1"), told("lb2"));
    for name in ["lb1", "lb2", "cp1"] {
        assert_eq!(
            first.rules(host(&first, name)),
            second.rules(host(&second, name))
        );
    }
    let rules = first.rules(host(&first, "lb2"));
    assert!(
        rules.contains("ip daddr 198.51.100.9") && rules.contains("l4proto 112"),
        "{rules}"
    );
}
