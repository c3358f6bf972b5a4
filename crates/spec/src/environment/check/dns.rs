//! Checks of the names in DNS.

use std::net::IpAddr;

use super::{Checked, Complain, fail, secret};
use crate::environment::Environment;
use crate::environment::dns::Dns;
use crate::hosts::Address;
use crate::name::Domain;

/// Longest time that resolvers keep an answer by default (`max-cache-ttl` of bind9: a week).
const LONGEST: u32 = 7 * 24 * 3600;

pub(super) fn check(environment: &Environment, complain: Complain<'_>) -> Checked {
    let spec = &environment.spec;
    let Some(dns) = &spec.dns else {
        return Ok(());
    };
    targets(&dns.public, &["spec", "dns", "public"], complain)?;
    targets(&dns.internal, &["spec", "dns", "internal"], complain)?;
    for (name, addresses) in &dns.also {
        let path = ["spec", "dns", "also", name.as_str()];
        if addresses.is_empty() {
            return fail(complain(&path, format!("`{name}` leads nowhere")));
        }
        targets(addresses, &path, complain)?;
    }
    zone(dns, &spec.domain, complain)?;
    if dns.ttl == 0 || dns.ttl > LONGEST {
        let message = format!("`{}` is no time to keep an answer", dns.ttl);
        let help = "a number of seconds from 1 to 604800 (a week)";
        return fail(complain(&["spec", "dns", "ttl"], message).with_help(help));
    }
    update(dns, complain)
}

/// A name is an alias, and an alias stands alone.
fn targets(addresses: &[Address], path: &[&str], complain: Complain<'_>) -> Checked {
    for (index, address) in addresses.iter().enumerate() {
        let index = index.to_string();
        let path = [path, &[index.as_str()]].concat();
        let is_alias = address.ip().is_none();
        if is_alias && addresses.len() > 1 {
            let message = format!("the name `{address}` cannot stand beside other addresses");
            let help = "give IP addresses, or one name alone";
            return fail(complain(&path, message).with_help(help));
        }
        if is_alias && !address.as_str().contains('.') {
            let message = format!("`{address}` is neither an IP address nor a whole DNS name");
            return fail(complain(&path, message));
        }
        if address.ip().is_some_and(|ip| is_nowhere(&ip)) {
            let message = format!("`{address}` leads nowhere");
            return fail(complain(&path, message));
        }
    }
    Ok(())
}

fn is_nowhere(ip: &IpAddr) -> bool {
    ip.is_unspecified() || ip.is_multicast()
}

fn zone(dns: &Dns, domain: &Domain, complain: Complain<'_>) -> Checked {
    let Some(zone) = &dns.zone else {
        return Ok(());
    };
    if !domain.is_in(zone) {
        let message = format!("the domain `{domain}` is not in the zone `{zone}`");
        let help = "name the zone that holds the domain: it, or what follows one of its dots";
        return fail(complain(&["spec", "dns", "zone"], message).with_help(help));
    }
    Ok(())
}

fn update(dns: &Dns, complain: Complain<'_>) -> Checked {
    let Some(update) = &dns.update else {
        return Ok(());
    };
    let path = ["spec", "dns", "update", "key"];
    let is_of_a_name = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    let name = &update.key.name;
    if name.is_empty() || !name.bytes().all(is_of_a_name) {
        let message = format!("`{name}` is no name of a key");
        let help = "it is written as in the server's configuration: `key \"NAME\" { … };`";
        return fail(complain(&[&path[..], &["name"]].concat(), message).with_help(help));
    }
    let path = [&path[..], &["secret"]].concat();
    secret(&update.key.secret, &path, complain)
}

#[cfg(test)]
mod tests {
    use crate::environment::check::tests::complaint;

    #[test]
    fn each_wrong_setting_of_dns_is_named_with_its_line() {
        let key = "{name: mosipctl, secret: {from: {env: TSIG}}}";
        let cases = [
            ("{public: [203.0.113.4, '2001:db8::4'], internal: [lb.example.net]}".to_owned(), "fine"),
            (format!("{{update: {{server: '10.0.0.2:5353', key: {key}}}}}"), "fine"),
            (
                "{public: [203.0.113.4, lb.example.net]}".to_owned(),
                "x.yaml:7:31 the name `lb.example.net` cannot stand beside other addresses",
            ),
            ("{internal: [0.0.0.0]}".to_owned(), "x.yaml:7:20 `0.0.0.0` leads nowhere"),
            (
                "{zone: example.com}".to_owned(),
                "x.yaml:7:9 the domain `x.example.org` is not in the zone `example.com`",
            ),
            ("{ttl: 0}".to_owned(), "x.yaml:7:9 `0` is no time to keep an answer"),
            (
                "{resolvers: [ns1.example.org]}".to_owned(),
                "x.yaml:7:21 `ns1.example.org` is not the address of a name server: write `10.0.0.2`, `10.0.0.2:5353` or `[2001:db8::2]:53`",
            ),
            (
                format!("{{update: {{sever: 10.0.0.2, key: {key}}}}}"),
                "x.yaml:7:18 unknown field `sever`",
            ),
            (
                "{update: {server: 10.0.0.2, key: {name: a b, secret: {from: {env: A}}}}}".to_owned(),
                "x.yaml:7:42 `a b` is no name of a key",
            ),
            (
                "{update: {server: 10.0.0.2, key: {name: a, secret: {from: {kubernetes: {namespace: a, name: b, key: c}}}}}}".to_owned(),
                "x.yaml:7:51 there may be no cluster yet to take a secret from",
            ),
        ];
        for (dns, expected) in cases {
            assert_eq!(complaint(&format!("  dns: {dns}\n")), expected, "{dns}");
        }
    }
}
