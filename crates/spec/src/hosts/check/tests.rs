use super::*;

const ONE: &str = "    - {name: cp1, address: 10.0.0.1, roles: [control-plane]}\n";

fn complained(text: &str) -> Option<Complaint> {
    let document = Document {
        name: "h.yaml",
        text,
    };
    HostsFile::read(&document).err().map(|complaint| *complaint)
}

/// What is said of a file with these lines under `spec`, which is line 3.
fn complaint(spec: &str) -> String {
    let text = format!("apiVersion: mosipctl.io/v1alpha1\nkind: Hosts\nspec:\n{spec}");
    match complained(&text) {
        None => "fine".to_owned(),
        Some(complaint) => format!("{} {complaint}", complaint.position()),
    }
}

/// What is said of a file with one control plane on line 5 and these hosts after it.
fn hosts(more: &str) -> String {
    complaint(&format!("  hosts:\n{ONE}{more}"))
}

#[test]
fn one_control_plane_is_enough() {
    assert_eq!(hosts(""), "fine");
}

#[test]
fn each_wrong_host_is_named_with_its_line() {
    let cases = [
        (
            "    - {name: cp1, address: 10.0.0.2}\n",
            "h.yaml:6:8 host `cp1` stands here twice",
        ),
        (
            "    - {name: w1, address: 10.0.0.1}\n",
            "h.yaml:6:18 `w1` and `cp1` have the same address `10.0.0.1`",
        ),
        (
            "    - {name: w1, address: 10.0.0.2, role: [worker]}\n",
            "h.yaml:6:37 unknown field `role`",
        ),
        (
            "    - {name: w1, address: 10.0.0.2, roles: [worke]}\n",
            "h.yaml:6:45 unknown value `worke`",
        ),
        (
            "    - {name: w1}\n",
            "h.yaml:6:8 field `address` is missing",
        ),
        (
            "    - {name: w1, address: 10.0.0.2, ssh: {port: 70000}}\n",
            "h.yaml:6:49 `port` is no whole number from 0 to 65535",
        ),
        (
            "    - {name: w1, address: 10.0.0.2, ssh: {port: 0}}\n",
            "h.yaml:6:43 no server listens on port 0",
        ),
        (
            "    - {name: w1, address: 10.0.0.2, ssh: {jump: bastoin}}\n    - {name: bastion, address: 10.0.0.3}\n",
            "h.yaml:6:43 jump through unknown host `bastoin`",
        ),
        (
            "    - {name: w1, address: 10.0.0.2, ssh: {jump: w1}}\n",
            "h.yaml:6:43 jumps go in a circle: w1 → w1",
        ),
        (
            "    - {name: a, address: 10.0.0.2, ssh: {jump: b}}\n    - {name: b, address: 10.0.0.3, ssh: {jump: a}}\n",
            "h.yaml:6:42 jumps go in a circle: a → b → a",
        ),
        (
            "    - {name: w1, address: 10.42.7.1}\n",
            "h.yaml:6:18 `10.42.7.1` of host `w1` lies in the network of pods, `10.42.0.0/16`",
        ),
        (
            "    - {name: w1, address: 10.0.0.2, public: 198.51.100.2}\n",
            "h.yaml:6:37 `w1` is no load balancer, and has no public side",
        ),
        (
            "    - {name: lb, address: 10.0.0.2, public: 10.0.0.2, roles: [load-balancer]}\n",
            "h.yaml:6:37 `lb` has one address for both of its sides",
        ),
        (
            "    - {name: w1, address: 10.0.0.2, labels: {a b: c}}\n",
            "h.yaml:6:46 `a b` is not the name of a label",
        ),
        (
            "    - {name: w1, address: 10.0.0.2, labels: {a: -c}}\n",
            "h.yaml:6:46 `-c` is not the value of a label",
        ),
        (
            "    - {name: w1, address: 10.0.0.2, taints: [{key: a/, effect: NoSchedule}]}\n",
            "h.yaml:6:47 `a/` is not the key of a taint",
        ),
        (
            "    - {name: w1, address: 10.0.0.2, taints: [{key: a, effect: NoShedule}]}\n",
            "h.yaml:6:63 unknown value `NoShedule`",
        ),
        (
            "    - {name: w1, address: 10.0.0.2, ssh: {passphrase: {from: {env: A}}}}\n",
            "h.yaml:6:43 `passphrase` needs `key`, the file that it opens",
        ),
        (
            "    - {name: w1, address: 10.0.0.2, ssh: {key: a, passphrase: {from: {kubernetes: {namespace: a, name: b, key: c}}}}}\n",
            "h.yaml:6:51 there is no cluster yet to take a passphrase from",
        ),
    ];
    for (more, expected) in cases {
        assert_eq!(hosts(more), expected);
    }
}

#[test]
fn what_all_hosts_share_is_checked_too() {
    let with = |line: &str| complaint(&format!("{line}  hosts:\n{ONE}"));
    assert_eq!(
        with("  networks: {services: 10.96.0.0/12, vpn: 10.99.0.0/24}\n"),
        "h.yaml:4:38 the networks `services` and `vpn` overlap"
    );
    assert_eq!(
        with("  networks: {services: 10.96.0.0/12, vpn: 10.200.0.0/24}\n"),
        "fine"
    );
    assert_eq!(
        with("  defaults: {ssh: {jump: nobody}}\n"),
        "h.yaml:4:20 jump through unknown host `nobody`"
    );
    assert_eq!(
        with("  networks: {pods: 10.42.0.0}\n"),
        "h.yaml:4:20 `10.42.0.0` is not a network: it is written as address and bits, `10.42.0.0/16`"
    );
}

#[test]
fn a_set_of_hosts_that_is_no_cluster_is_refused() {
    assert_eq!(complaint("  hosts: []\n"), "h.yaml:4:3 no host given");
    assert_eq!(
        complaint("  hosts:\n    - {name: w1, address: 10.0.0.1}\n"),
        "h.yaml:4:3 no host has the role `control-plane`"
    );
}

#[test]
fn hosts_behind_one_address_are_told_apart_by_their_ports_and_jumps() {
    let two = "    - {name: w1, address: 10.0.0.1, ssh: {port: 2222}}\n";
    assert_eq!(hosts(two), "fine");
    let behind = "    - {name: w1, address: 10.0.0.1, ssh: {jump: cp1}}\n";
    assert_eq!(hosts(behind), "fine");
}

#[test]
fn a_misspelt_jump_is_shown_with_the_nearest_host() {
    let text = format!(
        "apiVersion: mosipctl.io/v1alpha1\nkind: Hosts\nspec:\n  hosts:\n{ONE}    - {{name: w1, address: 10.0.0.2, ssh: {{jump: bastoin}}}}\n    - {{name: bastion, address: 10.0.0.3}}\n"
    );
    let complaint = complained(&text).unwrap();
    assert!(format!("{complaint:?}").contains("did you mean `bastion`?"));
}

#[test]
fn a_circle_further_on_is_told_by_those_in_it() {
    let said = hosts(
        "    - {name: w1, address: 10.0.0.2, ssh: {jump: a}}\n    - {name: a, address: 10.0.0.3, ssh: {jump: b}}\n    - {name: b, address: 10.0.0.4, ssh: {jump: a}}\n",
    );
    assert_eq!(said, "h.yaml:7:42 jumps go in a circle: a → b → a");
}

#[test]
fn another_kind_of_file_is_named() {
    let text = "apiVersion: mosipctl.io/v1alpha1\nkind: Host\nspec: {hosts: []}\n";
    assert_eq!(complained(text).unwrap().to_string(), "unknown kind `Host`");
    let text = "apiVersion: v1\nkind: Hosts\nspec: {hosts: []}\n";
    assert_eq!(
        complained(text).unwrap().to_string(),
        "unknown apiVersion `v1`"
    );
}

#[test]
fn the_example_is_a_cluster_behind_a_bastion() {
    let text = include_str!("../../../../../examples/hosts.yaml");
    let document = Document {
        name: "hosts.yaml",
        text,
    };
    let hosts = HostsFile::read(&document).unwrap().hosts();
    let behind = hosts.iter().filter(|host| host.login.jump.is_some());
    assert_eq!((hosts.len(), behind.count()), (8, 7));
}

/// What is said of a file with a control plane, two load balancers, and this of what they share on line 4.
fn shared(virtual_addresses: &str, more: &str) -> String {
    complaint(&format!(
        "  virtualAddresses: {{{virtual_addresses}}}\n  hosts:\n{ONE}\
         \x20   - {{name: lb1, address: 10.0.0.8, roles: [load-balancer]{more}}}\n\
         \x20   - {{name: lb2, address: 10.0.0.9, roles: [load-balancer]}}\n"
    ))
}

#[test]
fn load_balancers_share_an_address_that_nobody_else_has() {
    assert_eq!(
        shared("internal: 10.0.0.7, public: 203.0.113.7", ""),
        "fine"
    );
    let cases = [
        ("internal: 10.0.0.1", "is the address of host `cp1`"),
        ("internal: 10.42.0.7", "lies in the network of pods"),
        ("internal: 'fd00::7'", "of another kind than `10.0.0.8`"),
        (
            "internal: 10.0.0.7, public: 10.0.0.7",
            "both sides share one address",
        ),
        (
            "internal: 10.0.0.7, router: 0",
            "no virtual router has the number 0",
        ),
    ];
    for (text, expected) in cases {
        let said = shared(text, "");
        assert!(
            said.starts_with("h.yaml:4") && said.contains(expected),
            "{said}"
        );
    }
    let both = shared(
        "internal: 10.0.0.7, public: 203.0.113.7",
        ", public: 203.0.113.8",
    );
    assert!(both.contains("`lb1` has a `public` of its own"), "{both}");
    let alone = complaint(&format!(
        "  virtualAddresses: {{internal: 10.0.0.7}}\n  hosts:\n{ONE}"
    ));
    assert!(alone.contains("no load balancer shares it"), "{alone}");
}

#[test]
fn a_version_is_one_of_its_distribution() {
    let kubernetes = |text: &str| complaint(&format!("  kubernetes: {{{text}}}\n  hosts:\n{ONE}"));
    assert_eq!(
        kubernetes("distribution: rke2, version: 1.34.1+rke2r1"),
        "fine"
    );
    assert_eq!(kubernetes("version: 1.34.1"), "fine");
    assert_eq!(
        kubernetes("distribution: rke2, version: 1.34.1"),
        "h.yaml:4:36 `1.34.1` is no version of RKE2"
    );
    assert_eq!(
        kubernetes("version: 1.34.1+rke2r1"),
        "h.yaml:4:16 `1.34.1+rke2r1` is a version of RKE2"
    );
    // who names none gets that of kubeadm
    let said = kubernetes("distribution: rke2");
    assert!(said.contains("is no version of RKE2"), "{said}");
}
