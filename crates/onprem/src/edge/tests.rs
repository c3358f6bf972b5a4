use std::collections::BTreeMap;

use jiff::Timestamp;
use mosipctl_balancer::Channel;
use mosipctl_spec::hosts::HostsFile;
use mosipctl_spec::{Document, Environment};
use mosipctl_vpn::{Bastion, PrivateKey, Settings, Vpn};

use super::*;
use crate::files::{Files, Pinned};
use crate::ground::Ground;
use crate::item::Item;
use crate::traits::Traits;
use crate::work::{Task, Work};

fn hosts_file(balancer: &str) -> HostsFile {
    let text = format!(
        "apiVersion: mosipctl.io/v1alpha1\nkind: Hosts\nspec:\n  hosts:\n    \
         - {{name: lb, address: 192.0.2.10, {balancer}}}\n    \
         - {{name: cp1, address: 192.0.2.11, roles: [control-plane]}}\n    \
         - {{name: w1, address: 192.0.2.12}}\n"
    );
    HostsFile::read(&Document {
        name: "hosts.yaml",
        text: &text,
    })
    .unwrap()
}

fn tunnel(private_key: &PrivateKey) -> Tunnel {
    let text = "apiVersion: mosipctl.io/v1alpha1\nkind: Environment\nmetadata: {name: x}\nspec:\n  domain: x.example.org\n  mosip: 1.2.0.1\n  \
                vpn: {channels: {internal: [192.0.2.0/24]}}\n";
    let document = Document {
        name: "x.yaml",
        text,
    };
    let wanted = Environment::read(&document).unwrap().spec.vpn.unwrap();
    let network = "10.13.13.0/24".parse().unwrap();
    let settings = Settings::new(&wanted, network, "192.0.2.10", &[]).unwrap();
    let now = Timestamp::now();
    let vpn = Vpn::new(private_key.public(), now);
    let bastion = Bastion::new(&vpn, &settings, now).unwrap();
    Tunnel::new(&bastion, &settings, private_key)
}

fn gateways() -> Gateways {
    let route = |host: &str, channel| Route {
        host: host.to_owned(),
        channel,
        http: true,
    };
    let entrance = |channel, name: &str, port, node_port| Entrance {
        channel,
        name: name.to_owned(),
        port,
        node_port,
    };
    Gateways {
        routes: vec![
            route("api.x.example.org", Channel::Public),
            route("api-internal.x.example.org", Channel::Internal),
        ],
        entrances: vec![
            entrance(Channel::Public, "http2", 80, 30080),
            entrance(Channel::Internal, "http2", 80, 31080),
            entrance(Channel::Internal, "postgres", 5432, 31432),
        ],
    }
}

fn certificate(chain: &str) -> CertificateFiles {
    CertificateFiles {
        chain: chain.to_owned(),
        key: Zeroizing::new("the key itself".to_owned()),
    }
}

fn works(hosts_file: &HostsFile, edge: &Edge) -> BTreeMap<String, Work> {
    let traits = BTreeMap::from([(
        "lb".to_owned(),
        Traits {
            has_wireguard: false,
            ..Traits::default()
        },
    )]);
    let pinned = |name: &str| {
        let path = format!("/files/{name}").into();
        let sha256 = "0".repeat(64);
        (name.to_owned(), Pinned { path, sha256 })
    };
    let files = Files {
        programs: ["kubelet", "kubeadm", "kubectl", "etcdctl", "etcdutl"]
            .map(pinned)
            .into(),
        ..Files::default()
    };
    let ground = Ground {
        environment: "x",
        hosts_file,
        traits: &traits,
        files: &files,
        edge,
        nfs: None,
        member: None,
    };
    let works = ground.works().unwrap();
    works.into_iter().map(|work| (work.id(), work)).collect()
}

fn items<'a>(works: &'a BTreeMap<String, Work>, id: &str) -> &'a [Item] {
    match &works[id].task {
        Task::Items(items) => items,
        task => panic!("{task:?}"),
    }
}

fn configuration(works: &BTreeMap<String, Work>) -> String {
    let items = items(works, "lb balancer").iter();
    let mut files = items.filter_map(|item| match item {
        Item::Nginx(file) => Some(String::from_utf8(file.content.clone()).unwrap()),
        _ => None,
    });
    files.next().unwrap()
}

#[test]
fn a_balancer_has_nothing_but_the_api_until_there_is_a_certificate() {
    let hosts = hosts_file("roles: [load-balancer]");
    let edge = Edge {
        gateways: Some(gateways()),
        ..Edge::default()
    };
    let text = configuration(&works(&hosts, &edge));
    assert!(text.contains("listen 192.0.2.10:6443") && !text.contains("443 ssl"));
}

#[test]
fn one_address_is_public_and_the_inside_is_that_of_the_vpn() {
    let hosts = hosts_file("roles: [load-balancer, bastion]");
    let edge = Edge {
        tunnel: Some(tunnel(&PrivateKey::generate())),
        gateways: Some(gateways()),
        certificate: Some(certificate("chain")),
    };
    let works = works(&hosts, &edge);
    let text = configuration(&works);
    for listens in [
        "192.0.2.10:443 ssl",
        "10.13.13.1:443 ssl",
        "10.13.13.1:5432",
        "192.0.2.10:6443",
        "10.13.13.1:6443",
    ] {
        assert!(text.contains(&format!("listen {listens}")), "{listens}");
    }
    assert!(!text.contains("192.0.2.10:5432"));
    // nginx may start before the VPN is up
    let is_nonlocal = |item: &Item| matches!(item, Item::Sysctls { .. });
    assert!(items(&works, "lb balancer").iter().any(is_nonlocal));
}

#[test]
fn a_balancer_with_one_address_is_entered_from_inside_alone() {
    let hosts = hosts_file("roles: [load-balancer]");
    let edge = Edge {
        gateways: Some(gateways()),
        certificate: Some(certificate("chain")),
        ..Edge::default()
    };
    let text = configuration(&works(&hosts, &edge));
    assert!(text.contains("api-internal.x.example.org") && !text.contains(" api.x.example.org"));
}

#[test]
fn a_renewed_certificate_is_another_work_and_no_key_is_shown() {
    let hosts = hosts_file("roles: [load-balancer], public: 198.51.100.10");
    let made = |chain: &str| {
        let edge = Edge {
            gateways: Some(gateways()),
            certificate: Some(certificate(chain)),
            ..Edge::default()
        };
        let works = works(&hosts, &edge);
        assert!(!format!("{works:?} {edge:?}").contains("the key itself"));
        (
            configuration(&works),
            works["lb balancer"].for_plan().digest,
        )
    };
    let (before, after) = (made("chain"), made("renewed"));
    assert!(before.0 != after.0 && before.1 != after.1);
    assert_eq!(before, made("chain"));
}

#[test]
fn the_key_of_the_vpn_is_for_root_alone_and_tunnels_are_not_cut() {
    let hosts = hosts_file("roles: [load-balancer, bastion]");
    let key = PrivateKey::generate();
    let edge = Edge {
        tunnel: Some(tunnel(&key)),
        ..Edge::default()
    };
    let works = works(&hosts, &edge);
    assert!(!format!("{works:?}").contains(key.expose().as_str()));
    let items_of_vpn = items(&works, "lb vpn");
    let modes = items_of_vpn.iter().filter_map(|item| match item {
        Item::File(file) if file.path.ends_with("wg0.conf") => Some(file.mode),
        _ => None,
    });
    assert_eq!(modes.collect::<Vec<_>>(), [0o600]);
    let restarts = |item: &Item| matches!(item, Item::Unit(_));
    assert!(!items_of_vpn.iter().any(restarts));
    let packages = format!("{:?}", items(&works, "lb packages"));
    assert!(packages.contains("wireguard-go") && packages.contains("nginx"));
}
