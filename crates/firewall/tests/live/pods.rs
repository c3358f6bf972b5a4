//! Pods, and what kube-proxy makes of the ports of nodes.

use std::collections::BTreeSet;
use std::net::SocketAddr;

use mosipctl_firewall::{Circumstances, Wall};
use mosipctl_site::TestNamespace;
use mosipctl_spec::Document;
use mosipctl_spec::hosts::HostsFile;

use crate::world::{World, lacks, listen, reached, said, tempfile, wall};

/// What kube-proxy does with the port of a node, in few words.
const PROXY: &str = "table ip proxy {
  chain prerouting { type nat hook prerouting priority dstnat; fib daddr type local tcp dport 30080 dnat to 10.42.1.5:8080; }
  chain postrouting { type nat hook postrouting priority srcnat; ip daddr 10.42.1.5 oifname pods masquerade; }
}
";

/// A pod, and the way of packets to it as a CNI lays it.
fn pod_on(world: &World, node: &str) -> TestNamespace {
    let (node, pod) = (world.place(node), TestNamespace::make().unwrap());
    let plug = format!(
        "link add pods type veth peer name eth0 netns {}",
        pod.name()
    );
    for words in [&plug, "addr add 10.42.1.1/24 dev pods", "link set pods up"] {
        node.ip(words).unwrap();
    }
    for words in [
        "addr add 10.42.1.5/24 dev eth0",
        "link set eth0 up",
        "route add default via 10.42.1.1",
    ] {
        pod.ip(words).unwrap();
    }
    said(
        node.command("sysctl")
            .args(["-qw", "net.ipv4.ip_forward=1"]),
    );
    said(node.command("nft").arg("-f").arg(tempfile(PROXY).path()));
    for name in ["cp1", "lb", "stranger"] {
        let way = "route add 10.42.1.0/24 via 192.0.2.21 dev eth0 onlink";
        world.place(name).ip(way).unwrap();
    }
    pod
}

#[test]
fn a_pod_is_reached_through_its_node_by_those_who_may() {
    if lacks() {
        return;
    }
    let wall = wall();
    let world = World::make(&wall, &BTreeSet::from([10250]));
    let pod = pod_on(&world, "w1");
    let _pod_listens = pod.inside(|| listen(&BTreeSet::from([8080]))).unwrap();
    let stranger = world.place("stranger");
    let _world_listens = stranger.inside(|| listen(&BTreeSet::from([443]))).unwrap();
    let node_port = "192.0.2.21:30080".parse().unwrap();
    let own_port = "10.42.1.5:8080".parse().unwrap();
    let tried: [(&str, SocketAddr, bool); 7] = [
        ("lb", node_port, true),
        ("cp1", node_port, false),
        ("stranger", node_port, false),
        ("admin", node_port, false),
        ("cp1", own_port, true),
        ("lb", own_port, false),
        ("stranger", own_port, false),
    ];
    for (name, to, may) in tried {
        let got = reached(world.place(name), &[(to, may)]);
        assert_eq!(got, [may], "{name} to {to}");
    }
    // out it comes: to its node, to another node through it, and to the world
    for (to, may) in [
        ("192.0.2.21:10250", true),
        ("192.0.2.21:22", false),
        ("192.0.2.200:443", true),
    ] {
        let got = reached(&pod, &[(to.parse().unwrap(), may)]);
        assert_eq!(got, [may], "the pod to {to}");
    }
    // the rules of kube-proxy are still there after ours were loaded anew
    let mut hosts = wall.hosts().iter();
    let host = hosts.find(|host| host.name.as_str() == "w1").unwrap();
    let (node, file) = (world.place("w1"), tempfile(&wall.rules(host)));
    said(node.command("nft").arg("-f").arg(file.path()));
    assert!(said(node.command("nft").args(["list", "tables"])).contains("table ip proxy"));
    assert_eq!(reached(world.place("lb"), &[(node_port, true)]), [true]);
}

/// Hosts of the other kind of address.
const V6: &str = "apiVersion: mosipctl.io/v1alpha1
kind: Hosts
spec:
  networks: {pods: \"fd00:42::/56\", services: \"fd00:43::/112\", vpn: 10.13.13.0/24}
  kubernetes: {distribution: rke2, version: 1.34.1+rke2r1}
  access: {admins: [\"2001:db8:7::/48\", 203.0.113.0/24]}
  hosts:
    - {name: lb, address: \"2001:db8::1\", public: \"2001:db8:1::1\", roles: [load-balancer, bastion, storage]}
    - {name: cp1, address: \"2001:db8::2\", roles: [control-plane], ssh: {jump: lb}}
";

#[test]
fn rule_sets_with_both_kinds_of_addresses_are_taken_by_nft() {
    if lacks() {
        return;
    }
    let place = TestNamespace::make().unwrap();
    let document = Document {
        name: "hosts.yaml",
        text: V6,
    };
    let file = HostsFile::read(&document).unwrap_or_else(|complaint| panic!("{complaint}"));
    let all = Circumstances {
        vpn_port: Some(51820),
        has_vxlan: true,
        ..Circumstances::default()
    };
    let wall = Wall::new(&file, all).unwrap();
    for host in wall.hosts() {
        let rules = wall.rules(host);
        assert!(rules.contains("ip6 saddr"), "{rules}");
        said(place.command("nft").arg("-f").arg(tempfile(&rules).path()));
    }
}
