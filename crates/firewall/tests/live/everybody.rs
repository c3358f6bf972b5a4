//! Everybody tries to get everywhere.

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};

use mosipctl_firewall::{Port, Protocol, Wall};
use mosipctl_spec::hosts::Host;

use crate::world::{OUTSIDERS, World, lacks, reached, wall};

/// Every port of the model, and those that are to be closed.
fn ports(wall: &Wall) -> BTreeSet<u16> {
    let model = wall.model();
    let flows = model.flows.iter().flat_map(|flow| {
        let single = flow.ports.iter().filter_map(|port| match port {
            Port::Range(first, last) if first == last => Some(*first),
            _ => None,
        });
        single.chain(flow.tried.iter().copied())
    });
    let closed = model.closed.iter().map(|closed| closed.port);
    flows.chain(closed).chain([2222]).collect()
}

#[test]
fn everybody_gets_where_the_model_says_and_nowhere_else() {
    if lacks() {
        return;
    }
    let wall = wall();
    let ports = ports(&wall);
    let world = World::make(&wall, &ports);
    let outsiders = OUTSIDERS.map(|(name, address)| (name.to_owned(), address.parse().unwrap()));
    let speakers = wall.hosts().iter().map(|host| {
        let name = host.name.to_string();
        let address = *wall.addresses(&name).last().unwrap();
        (name, address)
    });
    let (mut lines, mut wrong, mut attempts) = (Vec::new(), Vec::new(), 0);
    for (name, from) in speakers.chain(outsiders) {
        let others = wall.hosts().iter();
        let others: Vec<&Host> = others.filter(|host| host.name.as_str() != name).collect();
        let wanted = |host: &&Host| expected(&wall, host, from, &ports);
        let all: Vec<(SocketAddr, bool)> = others.iter().flat_map(wanted).collect();
        let reached = reached(world.place(&name), &all);
        attempts += all.len();
        for ((to, expected), got) in all.iter().zip(&reached) {
            if got != expected {
                wrong.push(format!("{name} → {to}: {got}"));
            }
        }
        lines.extend(
            others
                .iter()
                .filter_map(|host| line(&name, host, &wanted(host))),
        );
    }
    assert_eq!(wrong, Vec::<String>::new());
    eprintln!("{attempts} connections were tried");
    // what a person reads, beside what the program computes
    insta::assert_snapshot!("who_gets_where", lines.join("\n"));
}

fn expected(
    wall: &Wall,
    host: &Host,
    from: IpAddr,
    ports: &BTreeSet<u16>,
) -> Vec<(SocketAddr, bool)> {
    let addresses = wall.addresses(host.name.as_str());
    let all = addresses.iter().flat_map(|at| {
        ports.iter().map(|port| {
            let flow = wall.admits(from, host, (*at, Protocol::Tcp, *port));
            (SocketAddr::new(*at, *port), flow.is_some())
        })
    });
    all.collect()
}

fn line(from: &str, host: &Host, wanted: &[(SocketAddr, bool)]) -> Option<String> {
    let open = wanted.iter().filter(|(_, is_expected)| *is_expected);
    let open: Vec<String> = open.map(|(to, _)| to.to_string()).collect();
    (!open.is_empty()).then(|| format!("{from} → {}: {}", host.name, open.join(" ")))
}
