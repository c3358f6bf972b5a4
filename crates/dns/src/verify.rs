//! What resolvers say of the hosts.

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};
use std::path::Path;

use futures::{StreamExt, stream};
use hickory_proto::op::{Message, ResponseCode};
use hickory_proto::rr::{Name, RData, RecordType};
use mosipctl_spec::environment::dns::Server;

use crate::error::{DnsError, code_name};
use crate::message::{ask, name};
use crate::records::{Record, Target};

/// Questions on their way at a time; home routers that forward DNS lose more.
const AT_ONCE: usize = 32;

/// What one resolver says of one host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Look {
    /// The resolver.
    pub resolver: Server,
    /// The host.
    pub host: String,
    /// What was found.
    pub verdict: Verdict,
}

/// Whether a resolver is right about a host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It leads where it should.
    Right,
    /// It leads elsewhere.
    Wrong(Found),
    /// There is no such name (NXDOMAIN).
    NoName,
    /// The name is there, without an address.
    NoAddress,
    /// The resolver does not want to say; its code.
    Refused(String),
    /// The resolver says nothing.
    Silent,
    /// The resolver cannot be reached, or says what makes no sense.
    Unreachable(String),
}

/// Where a name leads.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    /// The name that it is an alias of.
    pub alias: Option<String>,
    /// Its addresses.
    pub addresses: BTreeSet<IpAddr>,
}

impl Verdict {
    /// Whether it leads where it should.
    pub fn is_right(&self) -> bool {
        *self == Self::Right
    }

    /// Whether the resolver was no help at all, so that other hosts will fare no better.
    pub fn is_of_resolver(&self) -> bool {
        matches!(self, Self::Silent | Self::Unreachable(_) | Self::Refused(_))
    }

    /// In words, of a record.
    pub fn words(&self, record: &Record) -> String {
        let wanted = Found::from(&record.target);
        match self {
            Self::Right => format!("leads to {wanted}"),
            Self::Wrong(found) => format!("leads to {found} instead of {wanted}"),
            Self::NoName => "no such name (NXDOMAIN)".to_owned(),
            Self::NoAddress => "the name has no address".to_owned(),
            Self::Refused(code) => format!("the resolver says {code}"),
            Self::Silent => "the resolver is silent".to_owned(),
            Self::Unreachable(why) => format!("the resolver cannot be asked: {why}"),
        }
    }

    /// What a person can do about it; none when all is well.
    pub fn remedy(&self) -> Option<&'static str> {
        match self {
            Self::Right => None,
            Self::Wrong(_) => Some(
                "mend the record where the zone is kept; what resolvers have kept of the old one goes when its time is over",
            ),
            Self::NoName | Self::NoAddress => Some(
                "make the record: `mosipctl dns update`, or with what `mosipctl dns zone` prints",
            ),
            Self::Refused(_) => Some("ask a resolver that looks up this zone for this machine"),
            Self::Silent | Self::Unreachable(_) => Some(
                "see that a name server answers there, and that the firewall lets UDP and TCP port 53 through",
            ),
        }
    }
}

impl From<&Target> for Found {
    fn from(target: &Target) -> Self {
        match target {
            Target::Alias(alias) => Self {
                alias: Some(alias.clone()),
                addresses: BTreeSet::new(),
            },
            Target::Addresses(addresses) => Self {
                alias: None,
                addresses: addresses.iter().copied().collect(),
            },
        }
    }
}

impl std::fmt::Display for Found {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let addresses: Vec<String> = self.addresses.iter().map(ToString::to_string).collect();
        match (&self.alias, addresses.is_empty()) {
            (Some(alias), true) => f.write_str(alias),
            (Some(alias), false) => write!(f, "{alias} ({})", addresses.join(", ")),
            (None, _) => f.write_str(&addresses.join(", ")),
        }
    }
}

/// Asks each resolver for each host. Sorted by host, then in the order of the resolvers.
pub async fn verify(records: &[Record], resolvers: &[Server]) -> Vec<Look> {
    let questions = records
        .iter()
        .flat_map(|record| resolvers.iter().map(move |resolver| (record, *resolver)));
    let looks = stream::iter(questions).map(|(record, resolver)| look(record, resolver));
    looks.buffered(AT_ONCE).collect().await
}

async fn look(record: &Record, resolver: Server) -> Look {
    let seen = see(&record.host, resolver.address()).await;
    let verdict = match seen {
        Ok(Seen::Found(found)) => judge(&record.target, found),
        Ok(Seen::NoName) => Verdict::NoName,
        Ok(Seen::Refused(code)) => Verdict::Refused(code_name(code)),
        Err(DnsError::Silent { .. }) => Verdict::Silent,
        Err(DnsError::Unreachable { source, .. }) => Verdict::Unreachable(source.to_string()),
        Err(other) => Verdict::Unreachable(other.to_string()),
    };
    Look {
        resolver,
        host: record.host.clone(),
        verdict,
    }
}

fn judge(wanted: &Target, found: Found) -> Verdict {
    let is_right = match wanted {
        Target::Alias(alias) => found.alias.as_deref() == Some(alias),
        Target::Addresses(addresses) => found.addresses == addresses.iter().copied().collect(),
    };
    match found == Found::default() {
        _ if is_right => Verdict::Right,
        true => Verdict::NoAddress,
        false => Verdict::Wrong(found),
    }
}

enum Seen {
    Found(Found),
    NoName,
    Refused(ResponseCode),
}

async fn see(host: &str, server: SocketAddr) -> Result<Seen, DnsError> {
    let host = name(host)?;
    let mut found = Found::default();
    for kind in [RecordType::A, RecordType::AAAA] {
        let answer = ask(server, &host, kind).await?;
        gather(&answer, &host, &mut found);
        match answer.response_code {
            ResponseCode::NoError => {}
            // an alias of a name that is not there has an answer, and a "no" for the other name
            ResponseCode::NXDomain if found.alias.is_some() => {}
            ResponseCode::NXDomain => return Ok(Seen::NoName),
            code => return Ok(Seen::Refused(code)),
        }
    }
    Ok(Seen::Found(found))
}

fn gather(answer: &Message, host: &Name, found: &mut Found) {
    for record in &answer.answers {
        match &record.data {
            RData::A(address) => drop(found.addresses.insert(address.0.into())),
            RData::AAAA(address) => drop(found.addresses.insert(address.0.into())),
            RData::CNAME(alias) if record.name == *host => {
                let alias = alias.0.to_ascii().trim_end_matches('.').to_lowercase();
                found.alias = Some(alias);
            }
            _ => {}
        }
    }
}

/// The resolvers of a machine, from its `/etc/resolv.conf`.
///
/// # Errors
/// The file cannot be read.
pub fn machine_resolvers(file: &Path) -> std::io::Result<Vec<Server>> {
    let text = std::fs::read_to_string(file)?;
    let servers = text.lines().filter_map(|line| {
        let address: IpAddr = line
            .trim()
            .strip_prefix("nameserver")?
            .trim()
            .parse()
            .ok()?;
        Some(Server::from(address))
    });
    Ok(servers.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_resolvers_of_a_machine_are_read_and_anything_else_is_passed_over() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("resolv.conf");
        let text = "# by hand\nsearch example.org\nnameserver 10.0.0.2\nnameserver fe80::1%eth0\nnameserver 2001:db8::2\n";
        std::fs::write(&file, text).unwrap();
        let found = machine_resolvers(&file).unwrap();
        let found: Vec<String> = found.iter().map(ToString::to_string).collect();
        assert_eq!(found, ["10.0.0.2", "2001:db8::2"]);
    }

    #[test]
    fn an_alias_is_right_whatever_it_leads_to_and_addresses_must_be_all_and_no_more() {
        let address = |text: &str| text.parse::<IpAddr>().unwrap();
        let found = |alias: Option<&str>, addresses: &[&str]| Found {
            alias: alias.map(ToOwned::to_owned),
            addresses: addresses.iter().map(|text| address(text)).collect(),
        };
        let alias = Target::Alias("lb.example.net".to_owned());
        assert!(judge(&alias, found(Some("lb.example.net"), &["203.0.113.4"])).is_right());
        let direct = Target::Addresses(vec![address("203.0.113.4")]);
        assert!(judge(&direct, found(None, &["203.0.113.4"])).is_right());
        let more = judge(&direct, found(None, &["203.0.113.4", "203.0.113.5"]));
        assert!(matches!(more, Verdict::Wrong(_)));
        assert_eq!(judge(&direct, Found::default()), Verdict::NoAddress);
    }
}
