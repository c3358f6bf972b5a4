//! Checks of the way in from outside.

use super::{Checked, Complain, fail};
use crate::environment::Environment;
use crate::environment::cluster::ClusterKind;
use crate::environment::vpn::Vpn;
use crate::hosts::{Network, Networks};
use crate::name::Domain;

/// The system's limit for the name of an interface (`IFNAMSIZ` of Linux, without the final zero).
const INTERFACE_LIMIT: usize = 15;

pub(super) fn check(environment: &Environment, complain: Complain<'_>) -> Checked {
    let Some(vpn) = &environment.spec.vpn else {
        return Ok(());
    };
    endpoint(vpn, complain)?;
    interface(vpn, complain)?;
    let own = own(environment, vpn);
    let is_onprem = environment.spec.cluster.kind == ClusterKind::Onprem;
    if vpn.channels.is_empty() && !is_onprem {
        return fail(no_channel(complain));
    }
    channels(vpn, own, complain)?;
    network(vpn, own, complain)
}

/// The VPN's network; none when only the hosts file tells.
fn own(environment: &Environment, vpn: &Vpn) -> Option<Network> {
    let is_onprem = environment.spec.cluster.kind == ClusterKind::Onprem;
    let other = (!is_onprem).then(|| Networks::default().vpn);
    vpn.network.or(other)
}

fn endpoint(vpn: &Vpn, complain: Complain<'_>) -> Checked {
    let path = ["spec", "vpn", "endpoint"];
    let Some(endpoint) = &vpn.endpoint else {
        return Ok(());
    };
    let is_address = endpoint.parse::<std::net::Ipv4Addr>().is_ok();
    if !is_address && endpoint.parse::<Domain>().is_err() {
        let message = format!("`{endpoint}` is neither a host name nor an IPv4 address");
        return fail(complain(&path, message).with_help("the port is a field of its own, `port`"));
    }
    Ok(())
}

fn interface(vpn: &Vpn, complain: Complain<'_>) -> Checked {
    let name = &vpn.interface;
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    if name.is_empty() || name.len() > INTERFACE_LIMIT || !name.bytes().all(is_plain) {
        let message = format!("`{name}` is no name of an interface");
        let help = "at most 15 letters, digits, `-` and `_`, such as `wg0`";
        return fail(complain(&["spec", "vpn", "interface"], message).with_help(help));
    }
    Ok(())
}

fn no_channel(complain: Complain<'_>) -> crate::document::Complaint {
    let help = "name the networks that peers may reach, such as `internal: [10.0.1.0/24]`";
    let message = "a VPN without channels leads nowhere".to_owned();
    complain(&["spec", "vpn", "channels"], message).with_help(help)
}

fn channels(vpn: &Vpn, own: Option<Network>, complain: Complain<'_>) -> Checked {
    let path = ["spec", "vpn", "channels"];
    for (name, networks) in &vpn.channels {
        for (index, network) in networks.iter().enumerate() {
            let index = index.to_string();
            let path = [&path[..], &[name.as_str(), &index]].concat();
            if network.first().is_ipv6() {
                let message = format!("`{network}` is not IPv4, as addresses of peers are");
                return fail(complain(&path, message));
            }
            if let Some(own) = own.filter(|own| own.overlaps(*network)) {
                let what = format!("channel `{name}`");
                return fail(overlap((own, *network), &what, &path, complain));
            }
        }
    }
    Ok(())
}

fn network(vpn: &Vpn, own: Option<Network>, complain: Complain<'_>) -> Checked {
    let (path, Some(own)) = (["spec", "vpn", "network"], own) else {
        return Ok(());
    };
    // the bastion, a peer, and two that no host may have
    if own.first().is_ipv6() || own.bits() > 30 {
        let message = format!("`{own}` has no room for a bastion and a peer");
        let help = "an IPv4 network of 30 bits or fewer, such as `10.13.13.0/24`";
        return fail(complain(&path, message).with_help(help));
    }
    for (what, networks) in &vpn.taken {
        if let Some(taken) = networks.iter().find(|taken| taken.overlaps(own)) {
            let what = format!("`{what}`");
            return fail(overlap((own, *taken), &what, &path, complain));
        }
    }
    Ok(())
}

fn overlap(
    (own, taken): (Network, Network),
    what: &str,
    path: &[&str],
    complain: Complain<'_>,
) -> crate::document::Complaint {
    let message = format!("the VPN's network `{own}` overlaps `{taken}` of {what}");
    complain(path, message)
        .with_help("give `network` one that nothing else uses, such as `10.13.13.0/24`")
}

#[cfg(test)]
mod tests {
    use crate::environment::check::tests::complaint;

    #[test]
    fn each_wrong_setting_of_a_vpn_is_named_with_its_line() {
        let cases = [
            ("{channels: {internal: [10.0.1.0/24]}}", "fine"),
            (
                "{channels: {}}",
                "x.yaml:8:10 a VPN without channels leads nowhere",
            ),
            (
                "{channels: {internal: [10.13.0.0/16]}}",
                "x.yaml:8:32 the VPN's network `10.13.13.0/24` overlaps `10.13.0.0/16` of channel `internal`",
            ),
            (
                "{network: 10.99.0.0/24, channels: {a: [10.0.1.0/24]}, taken: {services: [10.96.0.0/12]}}",
                "x.yaml:8:10 the VPN's network `10.99.0.0/24` overlaps `10.96.0.0/12` of `services`",
            ),
            (
                "{network: 10.99.0.0/31, channels: {a: [10.0.1.0/24]}}",
                "x.yaml:8:10 `10.99.0.0/31` has no room for a bastion and a peer",
            ),
            (
                "{endpoint: 'vpn.example.org:51820', channels: {a: [10.0.1.0/24]}}",
                "x.yaml:8:10 `vpn.example.org:51820` is neither a host name nor an IPv4 address",
            ),
            (
                "{interface: a/b, channels: {a: [10.0.1.0/24]}}",
                "x.yaml:8:10 `a/b` is no name of an interface",
            ),
        ];
        for (vpn, expected) in cases {
            let said = complaint(&format!("  vpn:\n        {vpn}\n"));
            assert_eq!(said, expected, "{vpn}");
        }
    }
}
