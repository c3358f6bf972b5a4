use std::net::Ipv4Addr;

use mosipctl_spec::environment::vpn::Vpn as Wanted;
use mosipctl_spec::hosts::Network;
use proptest::prelude::*;

use super::*;
use crate::bastion::{Bastion, FOLDER};
use crate::configuration::PeerConfiguration;
use crate::key::PrivateKey;
use crate::peer::PeerState;
use crate::settings::Taken;

fn network(text: &str) -> Network {
    text.parse().unwrap()
}

fn wanted(own: &str) -> Wanted {
    let channel = |name: &str, networks: &[&str]| {
        (
            name.parse().unwrap(),
            networks.iter().map(|text| network(text)).collect(),
        )
    };
    Wanted {
        endpoint: None,
        port: 51820,
        network: Some(network(own)),
        interface: "wg0".to_owned(),
        channels: [
            channel("internal", &["10.0.1.0/24"]),
            channel("admin", &["10.0.1.0/24", "10.0.2.0/24"]),
        ]
        .into(),
        dns: vec!["10.0.1.53".parse().unwrap()],
        taken: Default::default(),
    }
}

fn settings(own: &str) -> Settings {
    Settings::new(&wanted(own), network(own), "vpn.example.org", &[]).unwrap()
}

fn at(day: i64) -> Timestamp {
    let start: Timestamp = "2026-11-27T12:00:00Z".parse().unwrap();
    start + jiff::SignedDuration::from_hours(24 * day)
}

fn new(name: &str) -> NewPeer {
    NewPeer {
        name: name.to_owned(),
        public_key: PrivateKey::generate().public(),
        channels: vec!["internal".to_owned()],
        lifetime: "90d".parse().unwrap(),
    }
}

fn vpn() -> Vpn {
    Vpn::new(PrivateKey::generate().public(), at(0))
}

#[test]
fn a_peer_has_an_address_until_its_time_is_over() {
    let (mut vpn, settings) = (vpn(), settings("10.13.13.0/24"));
    let peer = vpn.add(new("alice"), &settings, at(0)).unwrap().clone();
    assert_eq!(peer.address, Ipv4Addr::new(10, 13, 13, 2));
    assert_eq!(
        [peer.state(at(89)), peer.state(at(90))],
        [PeerState::Valid, PeerState::Expired]
    );
    assert_eq!(
        vpn.add(new("bob"), &settings, at(0)).unwrap().address,
        Ipv4Addr::new(10, 13, 13, 3)
    );
}

#[test]
fn an_address_given_up_is_taken_last_and_the_oldest_first() {
    let (mut vpn, settings) = (vpn(), settings("10.13.13.0/29"));
    for name in ["a", "b", "c"] {
        vpn.add(new(name), &settings, at(0)).unwrap();
    }
    vpn.revoke("b", at(1)).unwrap();
    vpn.revoke("a", at(2)).unwrap();
    let mut next = |name| {
        vpn.add(new(name), &settings, at(3))
            .map(|peer| peer.address.octets()[3])
    };
    assert_eq!([next("d").unwrap(), next("e").unwrap()], [5, 6]);
    assert_eq!([next("f").unwrap(), next("g").unwrap()], [3, 2]);
    assert!(matches!(next("h"), Err(VpnError::Full { .. })));
}

#[test]
fn a_name_or_key_of_a_valid_peer_is_not_given_twice() {
    let (mut vpn, settings) = (vpn(), settings("10.13.13.0/24"));
    let alice = new("alice");
    vpn.add(alice.clone(), &settings, at(0)).unwrap();
    assert_eq!(
        vpn.add(new("alice"), &settings, at(1)).unwrap_err(),
        VpnError::NameTaken("alice".to_owned())
    );
    vpn.revoke("alice", at(1)).unwrap();
    vpn.add(new("alice"), &settings, at(2)).unwrap();
    let error = vpn
        .add(
            NewPeer {
                name: "mallory".to_owned(),
                ..alice
            },
            &settings,
            at(2),
        )
        .unwrap_err();
    assert_eq!(error.to_string(), "add `mallory`: `alice` has this key");
}

#[test]
fn what_cannot_be_is_refused_with_what_to_do() {
    let (mut vpn, settings) = (vpn(), settings("10.13.13.0/24"));
    vpn.add(new("alice"), &settings, at(0)).unwrap();
    let error = vpn.revoke("alcie", at(0)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "find a peer `alcie`: did you mean `alice`?"
    );
    let odd = NewPeer {
        channels: vec!["intern".to_owned()],
        ..new("bob")
    };
    let error = vpn.add(odd, &settings, at(0)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "add `bob`: the environment has no channel `intern`, only `admin`, `internal`"
    );
    vpn.revoke("alice", at(1)).unwrap();
    assert_eq!(
        vpn.revoke("alice", at(2)).unwrap_err(),
        VpnError::Ended("alice".to_owned())
    );
    for name in ["", "a b", "a/b", "../x", ".x", "a\nb"] {
        assert!(
            matches!(
                vpn.add(new(name), &settings, at(0)),
                Err(VpnError::BadName(_))
            ),
            "{name}"
        );
    }
}

#[test]
fn a_network_in_use_is_refused_by_its_name() {
    let taken = [Taken {
        what: "the network of Services".to_owned(),
        network: network("10.96.0.0/12"),
    }];
    let error = Settings::new(
        &wanted("10.99.0.0/24"),
        network("10.99.0.0/24"),
        "vpn.example.org",
        &taken,
    )
    .unwrap_err();
    assert_eq!(
        error.to_string(),
        "use `10.99.0.0/24` for the VPN: it overlaps the network of Services, `10.96.0.0/12`"
    );
    let error = Settings::new(
        &wanted("10.0.0.0/16"),
        network("10.0.0.0/16"),
        "vpn.example.org",
        &[],
    )
    .unwrap_err();
    assert!(error.to_string().contains("channel `admin`"), "{error}");
    assert!(matches!(
        Settings::new(&wanted("10.13.13.0/31"), network("10.13.13.0/31"), "x", &[]),
        Err(VpnError::NoRoom { .. })
    ));
}

#[test]
fn only_valid_peers_are_on_the_bastion() {
    let (mut vpn, settings) = (vpn(), settings("10.13.13.0/24"));
    for name in ["alice", "bob", "carol"] {
        vpn.add(new(name), &settings, at(0)).unwrap();
    }
    vpn.revoke("bob", at(1)).unwrap();
    let names = |day| {
        let bastion = Bastion::new(&vpn, &settings, at(day)).unwrap();
        bastion
            .peers()
            .into_iter()
            .map(|peer| peer.name)
            .collect::<Vec<_>>()
    };
    assert_eq!(names(2), ["alice", "carol"]);
    assert!(names(90).is_empty());
}

#[test]
fn a_peer_outside_a_changed_network_is_named() {
    let mut vpn = vpn();
    vpn.add(new("alice"), &settings("10.13.13.0/24"), at(0))
        .unwrap();
    let other = settings("10.14.0.0/24");
    let error = Bastion::new(&vpn, &other, at(1)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "keep `alice`: its address 10.13.13.2 is not in `10.14.0.0/24`"
    );
}

// RFC 7748 §6.1
fn keys() -> [PrivateKey; 2] {
    [
        "dwdtCnMYpX08FsFyUbJmRd9ML4frwJkqsXf7pR25LCo=",
        "XasIfmJKikt54X+Lg4AO5m87sSkmGLb9HC+LJ/+I4Os=",
    ]
    .map(|key| key.parse().unwrap())
}

#[test]
fn files_are_as_wg_quick_and_nft_read_them() {
    let [server, alice] = keys();
    let settings = settings("10.13.13.0/24");
    let mut vpn = Vpn::new(server.public(), at(0));
    let peer = NewPeer {
        public_key: alice.public(),
        channels: vec!["admin".to_owned(), "internal".to_owned()],
        ..new("alice")
    };
    let peer = vpn.add(peer, &settings, at(0)).unwrap().clone();
    let configuration = PeerConfiguration {
        environment: "sandbox",
        peer: &peer,
        private_key: Some(&alice),
        server_key: vpn.server_key(),
        settings: &settings,
    };
    insta::assert_snapshot!("peer", configuration.text().as_str());
    let bastion = Bastion::new(&vpn, &settings, at(1)).unwrap();
    let [configuration, rules] = bastion.files(&server, FOLDER);
    assert_eq!(
        (configuration.name.as_str(), configuration.mode),
        ("wg0.conf", 0o600)
    );
    assert!(!format!("{configuration:?}").contains(server.expose().as_str()));
    insta::assert_snapshot!("bastion", configuration.text.as_str());
    insta::assert_snapshot!("rules", rules.text.as_str());
}

/// What may happen to a VPN.
#[derive(Debug, Clone)]
enum Deed {
    Add(u8),
    Revoke(u8),
    Wait(u8),
}

fn deed() -> impl Strategy<Value = Deed> {
    prop_oneof![
        (0..6_u8).prop_map(Deed::Add),
        (0..6_u8).prop_map(Deed::Revoke),
        (1..60_u8).prop_map(Deed::Wait)
    ]
}

proptest! {
    #[test]
    fn no_two_valid_peers_ever_share_an_address_or_a_name(deeds in prop::collection::vec(deed(), 1..60)) {
        let (mut vpn, settings, mut day) = (vpn(), settings("10.13.13.0/29"), 0);
        for deed in deeds {
            match deed {
                Deed::Add(name) => drop(vpn.add(new(&format!("p{name}")), &settings, at(day))),
                Deed::Revoke(name) => drop(vpn.revoke(&format!("p{name}"), at(day))),
                Deed::Wait(days) => day += i64::from(days),
            }
            let valid: Vec<&Peer> = vpn.valid(at(day)).collect();
            for (index, peer) in valid.iter().enumerate() {
                prop_assert!(settings.network().contains(peer.address.into()) && peer.address != settings.server_address());
                prop_assert!(valid[..index].iter().all(|other| other.address != peer.address && other.name != peer.name));
            }
        }
    }
}
