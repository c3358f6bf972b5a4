//! Lines for `/etc/hosts`, for machines that ask no DNS.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::net::IpAddr;

use crate::records::{Records, Target};

/// Hosts on one line; longer lines are hard to read, and some resolvers read no more than 1024 bytes of one.
const ON_A_LINE: usize = 8;

/// The lines, between two marks, so that they can be found and replaced. A hosts file knows no aliases: such hosts are named in
/// a remark.
pub fn hosts_snippet(environment: &str, records: &Records) -> String {
    let mut by_address: BTreeMap<IpAddr, Vec<&str>> = BTreeMap::new();
    let mut remarks = String::new();
    for record in &records.hosts {
        match &record.target {
            Target::Addresses(addresses) => {
                for address in addresses {
                    by_address.entry(*address).or_default().push(&record.host);
                }
            }
            Target::Alias(name) => {
                let _ = writeln!(remarks, "# {} is an alias of {name}", record.host);
            }
        }
    }
    let mut text = format!("# begin mosipctl {environment}\n{remarks}");
    for (address, hosts) in &by_address {
        for some in hosts.chunks(ON_A_LINE) {
            let _ = writeln!(text, "{address} {}", some.join(" "));
        }
    }
    let _ = writeln!(text, "# end mosipctl {environment}");
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::records::tests::{routes, spec};

    #[test]
    fn a_hosts_file_has_hosts_by_their_address() {
        let spec = spec(
            "{public: [203.0.113.4], internal: [10.0.0.4], also: {www.example.org: [lb.example.net]}}",
        );
        let records = Records::new(&spec, None, &routes()).unwrap();
        insta::assert_snapshot!(hosts_snippet("blue", &records), @r"
        # begin mosipctl blue
        # www.example.org is an alias of lb.example.net
        10.0.0.4 iam.box.example.org
        203.0.113.4 api.box.example.org prereg.example.com
        # end mosipctl blue
        ");
    }
}
