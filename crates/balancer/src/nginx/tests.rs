use std::net::Ipv4Addr;

use super::*;

fn balancer() -> Balancer {
    let address = |last: u8| IpAddr::V4(Ipv4Addr::new(10, 0, 0, last));
    let side = |last: u8, host: &str| Side {
        address: address(last),
        https: 443,
        http: Some(80),
        hosts: vec![format!("{host}.example.org")],
    };
    let entrance = |channel, name: &str, port, node_port| Entrance {
        channel,
        name: name.to_owned(),
        port,
        node_port,
    };
    Balancer {
        nodes: vec![address(21), address(22)],
        control_planes: vec![address(11)],
        supervisor: None,
        public: Some(side(1, "api")),
        internal: side(2, "api-internal"),
        api: vec![address(2)],
        entrances: vec![
            entrance(Channel::Public, "http2", 80, 30080),
            entrance(Channel::Internal, "http2", 80, 31080),
            entrance(Channel::Internal, "postgres", 5432, 31432),
        ],
        files: Files::default(),
    }
}

#[test]
fn tls_ends_here_and_the_rest_is_passed_on_from_inside() {
    insta::assert_snapshot!(nginx(&balancer()).unwrap());
}

#[test]
fn what_cannot_be_served_is_refused() {
    let refused = |change: fn(&mut Balancer)| {
        let mut balancer = balancer();
        change(&mut balancer);
        nginx(&balancer).unwrap_err()
    };
    assert_eq!(
        refused(|balancer| balancer.nodes.clear()),
        BalancerError::NoNode
    );
    let no_http = refused(|balancer| {
        balancer
            .entrances
            .retain(|entrance| entrance.channel == Channel::Public)
    });
    assert_eq!(no_http, BalancerError::NoEntrance("internal"));
    let one = refused(|balancer| {
        let public = balancer.public.as_ref().unwrap();
        balancer.internal.address = public.address;
    });
    assert!(matches!(one, BalancerError::OneSide { .. }));
}

#[test]
fn a_balancer_that_nobody_enters_from_outside_has_no_public_side() {
    let alone = Balancer {
        public: None,
        ..balancer()
    };
    let text = nginx(&alone).unwrap();
    assert!(!text.contains("10.0.0.1:") && text.contains("10.0.0.2:443 ssl"));
}

#[test]
fn nodes_register_through_it_where_the_distribution_has_a_port_for_that() {
    let address = |last| IpAddr::from([192, 0, 2, last]);
    let listen = [address(10)];
    let text = |supervisor| api_alone(&[address(11)], &listen, supervisor, &Files::default());
    assert!(!text(None).contains("9345"));
    let text = text(Some(9345));
    for line in [
        ":9345 max_fails",
        ":9345 so_keepalive=on",
        "proxy_pass supervisor;",
    ] {
        assert!(text.contains(line), "{line} in {text}");
    }
}
