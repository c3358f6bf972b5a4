//! A zone file (RFC 1035 §5).

use std::fmt::Write;

use crate::records::{Record, Records, Target};

/// Who answers for a zone: what a whole zone file begins with.
#[derive(Debug, Clone)]
pub struct Authority {
    /// Its name servers, the primary first.
    pub servers: Vec<String>,
    /// Its version; each one greater than the one before. Seconds since 1970 will do.
    pub serial: u32,
}

/// Times of the zone that secondary servers keep to: look again, try again, give up, keep a "no". As RIPE-203 advises.
const TIMES: &str = "3600 900 1209600 300";

/// The zone's records as text. Without an authority it is no whole zone, but a part to be included in one.
pub fn zone_file(records: &Records, authority: Option<&Authority>) -> String {
    let zone = &records.zone;
    let mut text = format!(
        "; {zone}: hosts of a MOSIP, written by mosipctl\n$ORIGIN {zone}.\n$TTL {}\n",
        records.ttl
    );
    if let Some(authority) = authority {
        let primary = authority.servers.first().map_or("ns", String::as_str);
        let _ = writeln!(
            text,
            "@ IN SOA {primary}. hostmaster.{zone}. {} {TIMES}",
            authority.serial
        );
        for server in &authority.servers {
            let _ = writeln!(text, "@ IN NS {server}.");
        }
    }
    let names: Vec<(&Record, String)> = records
        .in_zone()
        .map(|record| (record, relative(&record.host, zone.as_str())))
        .collect();
    let width = names.iter().map(|(_, name)| name.len()).max().unwrap_or(0);
    for (record, name) in &names {
        for value in values(&record.target) {
            let _ = writeln!(text, "{name:width$} IN {value}");
        }
    }
    for record in records.elsewhere() {
        let _ = writeln!(text, "; {} is in another zone", record.host);
    }
    text
}

/// The name without the zone, `@` for the zone itself.
fn relative(host: &str, zone: &str) -> String {
    let below = host
        .strip_suffix(zone)
        .map(|name| name.trim_end_matches('.'));
    match below {
        Some("") => "@".to_owned(),
        Some(name) => name.to_owned(),
        None => format!("{host}."),
    }
}

/// Type and value of each record of a host.
fn values(target: &Target) -> Vec<String> {
    match target {
        Target::Alias(name) => vec![format!("CNAME {name}.")],
        Target::Addresses(addresses) => {
            let values = addresses.iter().map(|address| match address.is_ipv4() {
                true => format!("A {address}"),
                false => format!("AAAA {address}"),
            });
            values.collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::records::tests::{routes, spec};

    #[test]
    fn a_zone_file_has_each_host_and_names_those_of_other_zones() {
        let spec = spec(
            "{public: [203.0.113.4], internal: [10.0.0.4, 'fd00::4'], zone: example.org, also: {www.example.org: [lb.example.net]}}",
        );
        let records = Records::new(&spec, None, &routes()).unwrap();
        let authority = Authority {
            servers: vec!["ns1.example.org".to_owned()],
            serial: 7,
        };
        insta::assert_snapshot!(zone_file(&records, Some(&authority)), @r"
        ; example.org: hosts of a MOSIP, written by mosipctl
        $ORIGIN example.org.
        $TTL 300
        @ IN SOA ns1.example.org. hostmaster.example.org. 7 3600 900 1209600 300
        @ IN NS ns1.example.org.
        api.box IN A 203.0.113.4
        iam.box IN A 10.0.0.4
        iam.box IN AAAA fd00::4
        www     IN CNAME lb.example.net.
        ; prereg.example.com is in another zone
        ");
    }
}
