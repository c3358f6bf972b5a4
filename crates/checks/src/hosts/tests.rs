use std::collections::{BTreeMap, BTreeSet};

use mosipctl_hosts::facts::{
    Cgroup, Clock, Disk, Facts, Interface, InterfaceAddress, Listener, Memory, Module, Os, Route,
    Sudo, Unit,
};
use mosipctl_spec::Document;
use mosipctl_spec::hosts::HostsFile;

use super::*;
use crate::finding::Outcome;

const GIB: u64 = 1 << 30;

/// A host with which nothing is wrong.
fn well(name: &str, ip: &str) -> Facts {
    let modules = ["overlay", "br_netfilter", "nf_conntrack"];
    let address = InterfaceAddress {
        ip: ip.parse().unwrap(),
        bits: 24,
    };
    Facts {
        hostname: name.to_owned(),
        machine_id: Some(format!("id of {name}")),
        boot_id: String::new(),
        os: Os {
            id: "debian".to_owned(),
            name: "Debian 12".to_owned(),
            ..Os::default()
        },
        kernel: "6.1.0-31-amd64".to_owned(),
        architecture: "x86_64".to_owned(),
        cpus: 12,
        memory: Memory {
            total: 31 * GIB,
            available: 30 * GIB,
            swap: 0,
        },
        disks: vec![Disk {
            source: "/dev/vda1".to_owned(),
            mount: "/".to_owned(),
            size: 125 * GIB,
            free: 100 * GIB,
        }],
        cgroup: Cgroup::V2,
        clock: Clock {
            ahead: 3,
            uncertainty: 10,
        },
        interfaces: vec![Interface {
            name: "eth0".to_owned(),
            mtu: 1500,
            addresses: vec![address],
        }],
        routes: Vec::new(),
        listening: BTreeSet::new(),
        nameservers: Vec::new(),
        loaded: BTreeSet::new(),
        modules: modules
            .map(|name| (name.to_owned(), Module::Loadable))
            .into(),
        sysctls: BTreeMap::new(),
        programs: BTreeMap::new(),
        sockets: BTreeSet::new(),
        init: "systemd".to_owned(),
        units: BTreeMap::new(),
        selinux: None,
        sudo: Sudo::Allowed,
    }
}

/// Three control planes, two workers, a load balancer and a bastion, all of them well.
fn site() -> (HostsFile, Vec<Looked>) {
    site_of(&[
        ("cp1", "control-plane"),
        ("cp2", "control-plane"),
        ("cp3", "control-plane"),
        ("w1", "worker"),
        ("w2", "worker"),
        ("lb", "load-balancer"),
        ("door", "bastion"),
    ])
}

fn site_of(hosts: &[(&str, &str)]) -> (HostsFile, Vec<Looked>) {
    let mut text = "apiVersion: mosipctl.io/v1alpha1\nkind: Hosts\nspec:\n  hosts:\n".to_owned();
    for (number, (name, role)) in hosts.iter().enumerate() {
        text += &format!(
            "    - {{name: {name}, address: 192.0.2.{}, roles: [{role}]}}\n",
            number + 1
        );
    }
    let file = HostsFile::read(&Document {
        name: "hosts.yaml",
        text: &text,
    });
    let file = file.unwrap();
    let looked = file.hosts().into_iter().map(|host| {
        let facts = Ok(well(host.name.as_str(), host.address.as_str()));
        Looked { host, facts }
    });
    let looked = looked.collect();
    (file, looked)
}

/// What is found when something is changed on some hosts; of what is as it should be only the number.
fn found(change: impl Fn(&str, &mut Facts)) -> Vec<String> {
    let (file, mut looked) = site();
    for each in &mut looked {
        let name = each.host.name.to_string();
        change(&name, each.facts.as_mut().unwrap());
    }
    said(&judge(&looked, &file.spec))
}

fn said(findings: &[Finding]) -> Vec<String> {
    let wrong = findings
        .iter()
        .filter(|finding| finding.outcome != Outcome::Passed);
    wrong
        .map(|finding| {
            let outcome = match finding.outcome {
                Outcome::Warning => "!",
                Outcome::Skipped => "-",
                _ => "x",
            };
            assert!(finding.outcome == Outcome::Skipped || finding.remedy.is_some());
            format!(
                "{outcome} {}: {}: {}",
                finding.id, finding.what, finding.detail
            )
        })
        .collect()
}

/// The same for one host.
fn of_one(host: &str, change: impl Fn(&mut Facts)) -> String {
    let found = found(|name, facts| {
        if name == host {
            change(facts);
        }
    });
    found.join("\n")
}

#[test]
fn hosts_that_are_well_take_a_line_for_each_check_and_no_more() {
    let (file, looked) = site();
    let findings = judge(&looked, &file.spec);
    assert_eq!(said(&findings), Vec::<String>::new());
    assert!(findings.len() <= 14, "{findings:#?}");
    assert!(findings.iter().any(|finding| finding.what == "7 hosts"));
}

/// What is done to a host that is well.
type Change<'a> = &'a dyn Fn(&mut Facts);

#[test]
fn each_thing_that_is_wrong_with_a_node_is_named() {
    let cases: [(Change<'_>, &str); 15] = [
        (
            &|facts| facts.sudo = Sudo::Refused("a password is required".to_owned()),
            "x host-sudo: w1: sudo refuses: a password is required",
        ),
        (
            &|facts| facts.memory.swap = 2 * GIB,
            "! host-swap: w1: swap is on (2.0 GiB), and the kubelet does not start with it",
        ),
        (
            &|facts| facts.memory.total = GIB,
            "x host-size: w1: 12 cores, 1.0 GiB of memory, 125.0 GiB of disk with 100.0 GiB free: at least 1 cores and 2.0 GiB are needed",
        ),
        (
            &|facts| facts.cpus = 4,
            "! host-size: w1: 4 cores, 31.0 GiB of memory, 125.0 GiB of disk with 100.0 GiB free: the official guide has 12 cores, 32.0 GiB and 128.0 GiB",
        ),
        (
            &|facts| facts.disks[0].size = 1000 * GIB,
            "x host-size: w1: 12 cores, 31.0 GiB of memory, 1000.0 GiB of disk with 100.0 GiB free at /var/lib: the kubelet throws out images, then pods, when less than 150.0 GiB (15 %) are free",
        ),
        (
            &|facts| facts.disks[0].free = GIB,
            "x host-size: w1: 12 cores, 31.0 GiB of memory, 125.0 GiB of disk with 1.0 GiB free at /var/lib: images and logs need 19.0 GiB there",
        ),
        (
            &|facts| facts.kernel = "4.18.0-553.el8".to_owned(),
            "x host-kernel: w1: kernel 4.18.0-553.el8 is older than 4.19, which kubeadm asks for",
        ),
        (
            &|facts| facts.kernel = "5.4.0-200-generic".to_owned(),
            "! host-kernel: w1: kernel 5.4.0-200-generic is too old for kube-proxy with nftables (5.13)",
        ),
        (
            &|facts| facts.cgroup = Cgroup::None,
            "x host-kernel: w1: no control groups are mounted",
        ),
        (
            &|facts| facts.architecture = "aarch64".to_owned(),
            "x host-system: w1: its architecture is aarch64",
        ),
        (
            &|facts| facts.init = "other".to_owned(),
            "x host-system: w1: systemd does not run there",
        ),
        (
            &|facts| {
                facts.os = Os {
                    id: "void".to_owned(),
                    name: "Void".to_owned(),
                    ..Os::default()
                }
            },
            "! host-system: w1: `Void` is no system that was tried",
        ),
        (
            &|facts| {
                facts
                    .modules
                    .insert("br_netfilter".to_owned(), Module::Missing);
            },
            "x host-modules: w1: its kernel has no br_netfilter",
        ),
        (
            &|facts| {
                facts.modules.remove("overlay");
            },
            "- host-modules: w1: the host does not tell whether its kernel has overlay",
        ),
        (
            &|facts| facts.machine_id = None,
            "x host-identity: w1: /etc/machine-id is empty",
        ),
    ];
    for (change, expected) in cases {
        assert_eq!(of_one("w1", change), expected);
    }
}

#[test]
fn a_host_that_is_no_node_is_asked_for_less() {
    let quiet = of_one("lb", |facts| {
        facts.memory.swap = GIB;
        facts.memory.total = 4 * GIB;
        facts.cpus = 2;
        facts.kernel = "4.4.0".to_owned();
        facts.modules.clear();
    });
    assert_eq!(quiet, "");
    let tunnel = of_one("door", |facts| {
        facts
            .modules
            .insert("wireguard".to_owned(), Module::Missing);
    });
    assert_eq!(tunnel, "! host-modules: door: its kernel has no wireguard");
}

#[test]
fn a_host_that_was_not_reached_is_told_once() {
    let (file, mut looked) = site();
    looked[3].facts = Err(Unseen {
        reason: "failed to reach host `w1`: refused".to_owned(),
        remedy: None,
    });
    let said = said(&judge(&looked, &file.spec));
    assert_eq!(
        said,
        ["x host-reach: w1: failed to reach host `w1`: refused"]
    );
}

#[test]
fn clocks_are_judged_against_ours_with_what_is_uncertain() {
    let with =
        |ahead, uncertainty| of_one("w1", |facts| facts.clock = Clock { ahead, uncertainty });
    assert_eq!(with(5_000, 10), "");
    assert_eq!(with(-12_000, 8_000), "");
    assert_eq!(
        with(6_500, 10),
        "! host-clock: w1: the clock is 6 s ahead against this machine's"
    );
    assert_eq!(
        with(-300_000, 10),
        "x host-clock: w1: the clock is 5 min behind against this machine's"
    );
}

#[test]
fn when_all_hosts_agree_it_is_our_clock_that_is_wrong() {
    let found = found(|_, facts| facts.clock.ahead = -300_000);
    assert_eq!(
        found,
        ["! host-clock: 7 hosts: agree with each other; this machine's clock is 5 min ahead"]
    );
}

#[test]
fn clones_are_told_by_what_they_share() {
    let found = found(|name, facts| {
        if name.starts_with("cp") {
            facts.machine_id = Some("one".to_owned());
            facts.hostname = "debian".to_owned();
        }
    });
    assert_eq!(
        found,
        [
            "x host-identity: cp1, cp2, cp3: have the same machine id `one`: they are clones of one disk",
            "x host-identity: cp1, cp2, cp3: call themselves `debian`: the cluster would take them for one node",
        ]
    );
}

fn listen(facts: &mut Facts, port: u16) {
    facts.listening.insert(Listener {
        port,
        ip: "0.0.0.0".parse().unwrap(),
    });
}

#[test]
fn a_port_is_taken_by_a_stranger_and_not_by_whom_it_is_for() {
    let active = |facts: &mut Facts, unit: &str| {
        let unit_state = Unit {
            active: "active".to_owned(),
            file: "enabled".to_owned(),
        };
        facts.units.insert(unit.to_owned(), unit_state);
    };
    assert_eq!(
        of_one("lb", |facts| {
            listen(facts, 443);
            listen(facts, 80);
            listen(facts, 22);
        }),
        "x host-ports: lb: ports 80, 443 are taken already"
    );
    assert_eq!(
        of_one("lb", |facts| {
            listen(facts, 443);
            active(facts, "nginx.service");
        }),
        ""
    );
    assert_eq!(
        of_one("cp1", |facts| listen(facts, 6443)),
        "x host-ports: cp1: port 6443 is taken already"
    );
    assert_eq!(
        of_one("cp1", |facts| {
            listen(facts, 6443);
            active(facts, "kubelet.service");
        }),
        ""
    );
}

#[test]
fn rke2_needs_the_port_at_which_nodes_register_too() {
    let (mut file, mut looked) = site();
    for each in &mut looked {
        listen(each.facts.as_mut().unwrap(), 9345);
    }
    assert_eq!(said(&judge(&looked, &file.spec)), Vec::<String>::new());
    file.spec.kubernetes.distribution = Distribution::Rke2;
    assert_eq!(
        said(&judge(&looked, &file.spec)),
        ["x host-ports: cp1, cp2, cp3, lb: port 9345 is taken already"]
    );
}

#[test]
fn a_host_with_other_packets_than_the_rest_is_named() {
    assert_eq!(
        of_one("w2", |facts| facts.interfaces[0].mtu = 1400),
        "! host-mtu: w2: sends packets of 1400 bytes (MTU), most hosts 1500"
    );
}

#[test]
fn a_network_in_the_way_of_the_clusters_is_named_with_its_interface() {
    let with = |name: &str, ip: &str, bits| {
        of_one("w1", |facts| {
            facts.interfaces.push(Interface {
                name: name.to_owned(),
                mtu: 1500,
                addresses: vec![InterfaceAddress {
                    ip: ip.parse().unwrap(),
                    bits,
                }],
            });
        })
    };
    assert_eq!(
        with("eth1", "10.42.7.1", 24),
        "x host-networks: w1: eth1 is in 10.42.7.0/24, which overlaps the network of pods, 10.42.0.0/16"
    );
    assert!(with("eth1", "10.13.0.1", 16).contains("network of vpn"));
    assert_eq!(with("cni0", "10.42.7.1", 24), "");
    assert_eq!(with("eth1", "172.16.0.1", 12), "");
    let route = |to: &str| {
        of_one("w1", |facts| {
            facts.routes.push(Route {
                to: to.to_owned(),
                via: Some("192.0.2.254".to_owned()),
                device: Some("eth0".to_owned()),
            });
        })
    };
    assert_eq!(
        route("10.0.0.0/8"),
        "x host-networks: w1: a route leads to 10.0.0.0/8, which overlaps the network of pods, 10.42.0.0/16"
    );
    assert_eq!(route("default"), "");
}

#[test]
fn sets_of_control_planes_are_judged_by_what_they_bear() {
    let planes = |hosts: &[(&str, &str)]| {
        let (file, looked) = site_of(hosts);
        let findings = judge(&looked, &file.spec);
        let finding = findings
            .into_iter()
            .find(|finding| finding.id == Check::ControlPlanes);
        let finding = finding.unwrap();
        (finding.outcome, finding.detail)
    };
    let plane = |name| (name, "control-plane");
    let one = planes(&[plane("a")]);
    assert_eq!(one.0, Outcome::Passed);
    let two = planes(&[plane("a"), plane("b"), ("lb", "load-balancer")]);
    assert_eq!(two.0, Outcome::Warning);
    assert_eq!(
        two.1,
        "2 control planes bear the loss of 0, no more than 1 would: etcd needs more than half of them"
    );
    let bare = planes(&[plane("a"), plane("b"), plane("c")]);
    assert_eq!(
        bare.1,
        "3 control planes, and no host has the role `load-balancer`"
    );
    let both = planes(&[plane("a"), plane("b"), plane("c"), ("lb", "load-balancer")]);
    assert_eq!(both.1, "3 control planes bear the loss of 1");
    let (file, looked) = site_of(&[("a", "control-plane, load-balancer")]);
    let said = said(&judge(&looked, &file.spec));
    assert_eq!(
        said,
        ["x host-ports: a: is control plane and load balancer, and both listen at port 6443"]
    );
}

#[test]
fn what_up_mends_or_began_itself_is_no_hindrance() {
    let (file, mut looked) = site();
    let spec = &file.spec;
    listen(looked[0].facts.as_mut().unwrap(), 6443);
    looked[3].facts.as_mut().unwrap().memory.swap = GIB;
    let stranger = hindrances(looked.clone(), &BTreeSet::new(), spec);
    assert_eq!(
        said(&stranger),
        ["x host-ports: cp1: port 6443 is taken already"]
    );
    let begun = BTreeSet::from(["cp1".to_owned()]);
    assert_eq!(hindrances(looked, &begun, spec), []);
}

#[test]
fn a_host_of_the_rhel_family_is_told_to_be_unproven_with_what_stands_in_the_way_there() {
    let rocky = |name: &str, change: &dyn Fn(&mut Facts)| {
        of_one(name, |facts| {
            facts.os.id = "rocky".to_owned();
            facts.os.like = vec!["rhel".to_owned(), "fedora".to_owned()];
            facts.os.name = "Rocky Linux 9.4".to_owned();
            change(facts);
        })
    };
    let unproven = |name: &str| {
        format!(
            "! host-system: {name}: unproven: `Rocky Linux 9.4` is of the RHEL family, and none ran here"
        )
    };
    assert_eq!(rocky("w1", &|_| {}), unproven("w1"));
    let enforcing = |facts: &mut Facts| facts.selinux = Some("Enforcing".to_owned());
    let node = rocky("w1", &enforcing);
    assert!(
        node.contains("! host-system: w1: SELinux is enforcing"),
        "{node}"
    );
    assert_eq!(rocky("lb", &enforcing), unproven("lb"));
    let walled = rocky("lb", &|facts| {
        let unit = Unit {
            active: "active".to_owned(),
            file: "enabled".to_owned(),
        };
        facts.units.insert("firewalld.service".to_owned(), unit);
    });
    assert!(
        walled.contains("! host-firewall: lb: firewalld is active"),
        "{walled}"
    );
}

#[test]
fn the_package_of_modules_that_images_of_rhel_leave_out_is_named_for_the_kernel_that_runs() {
    let remedy = |like: &str| {
        let (file, mut looked) = site();
        for each in &mut looked {
            let facts = each.facts.as_mut().unwrap();
            facts.os.like = vec![like.to_owned()];
            facts.kernel = "6.12.0-124.el10_1.x86_64".to_owned();
            facts
                .modules
                .insert("br_netfilter".to_owned(), Module::Missing);
        }
        let findings = judge(&looked, &file.spec);
        let of_modules = |finding: &&Finding| finding.id.to_string() == "host-modules";
        let found = findings.iter().find(of_modules).unwrap();
        found.remedy.clone().unwrap()
    };
    assert!(remedy("rhel").contains("kernel-modules-extra-6.12.0-124.el10_1.x86_64`"));
    assert!(remedy("debian").starts_with("install the package of its kernel's modules"));
}
