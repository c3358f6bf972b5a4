//! The records that an environment needs.

use std::collections::BTreeMap;
use std::net::IpAddr;

use mosipctl_balancer::{Channel, Route};
use mosipctl_spec::environment::Spec;
use mosipctl_spec::environment::dns::Dns;
use mosipctl_spec::hosts::{Address, HostRole};
use mosipctl_spec::{Domain, HostsFile};

/// All records of an environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Records {
    /// The zone that they are in.
    pub zone: Domain,
    /// Seconds for which others may keep an answer.
    pub ttl: u32,
    /// One for each host, in the order of their names.
    pub hosts: Vec<Record>,
}

/// Where a host's name leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The name.
    pub host: String,
    /// Why it is there.
    pub origin: Origin,
    /// Where it leads.
    pub target: Target,
}

/// Why a record is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// A gateway of this channel answers for it.
    Gateway(Channel),
    /// `spec.dns.also` names it.
    Also,
}

impl Origin {
    /// In one word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Gateway(channel) => channel.as_str(),
            Self::Also => "also",
        }
    }
}

/// Where a name leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// To addresses: A and AAAA records.
    Addresses(Vec<IpAddr>),
    /// To another name: a CNAME record.
    Alias(String),
}

/// Why there can be no records. Reads after "failed to".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RecordsError {
    /// Nobody said where hosts lead.
    #[error("tell where hosts of the {channel} channel lead, such as `{host}`")]
    NoAddress {
        /// The channel.
        channel: &'static str,
        /// One of its hosts.
        host: String,
    },
    /// The zone's own name cannot be an alias.
    #[error(
        "make `{zone}` an alias of `{target}`: it is the name of the zone itself, which DNS allows no alias"
    )]
    ApexAlias {
        /// The zone.
        zone: Domain,
        /// Where it should lead.
        target: String,
    },
}

impl RecordsError {
    /// What a person can do about it.
    pub fn remedy(&self) -> String {
        match self {
            Self::NoAddress { channel, .. } => {
                format!(
                    "set `spec.dns.{channel}`, such as `dns: {{public: [203.0.113.4], internal: [10.0.0.4]}}`"
                )
            }
            Self::ApexAlias { zone, .. } => {
                format!(
                    "give it addresses of its own in `spec.dns.also`, such as `{zone}: [203.0.113.4]`"
                )
            }
        }
    }
}

impl Records {
    /// The records of hosts that gateways answer for, and those that the file adds. A host that stands in `also` leads there.
    ///
    /// # Errors
    /// See [`RecordsError`].
    pub fn new(
        spec: &Spec,
        hosts: Option<&HostsFile>,
        routes: &[Route],
    ) -> Result<Self, RecordsError> {
        let dns = spec.dns.clone().unwrap_or_default();
        let zone = dns.zone.clone().unwrap_or_else(|| spec.domain.clone());
        let also = dns.also.iter().map(|(name, addresses)| {
            let record = Record {
                host: name.to_string(),
                origin: Origin::Also,
                target: target(addresses),
            };
            (name.to_string(), record)
        });
        let mut records: BTreeMap<String, Record> = also.collect();
        for route in routes {
            if !records.contains_key(&route.host) {
                let record = of_route(route, &dns, hosts)?;
                records.insert(route.host.clone(), record);
            }
        }
        let hosts: Vec<Record> = records.into_values().collect();
        no_apex_alias(&zone, &hosts)?;
        let ttl = dns.ttl;
        Ok(Self { zone, ttl, hosts })
    }

    /// Those that the zone can hold.
    pub fn in_zone(&self) -> impl Iterator<Item = &Record> {
        self.hosts.iter().filter(|record| self.holds(&record.host))
    }

    /// Those of other zones, which somebody else has to make.
    pub fn elsewhere(&self) -> impl Iterator<Item = &Record> {
        self.hosts.iter().filter(|record| !self.holds(&record.host))
    }

    fn holds(&self, host: &str) -> bool {
        host.parse::<Domain>()
            .is_ok_and(|host| host.is_in(&self.zone))
    }
}

fn of_route(route: &Route, dns: &Dns, hosts: Option<&HostsFile>) -> Result<Record, RecordsError> {
    let addresses = match route.channel {
        Channel::Public if dns.public.is_empty() => shared_public(hosts),
        Channel::Public => dns.public.clone(),
        Channel::Internal if dns.internal.is_empty() => balancers(hosts),
        Channel::Internal => dns.internal.clone(),
    };
    if addresses.is_empty() {
        return Err(RecordsError::NoAddress {
            channel: route.channel.as_str(),
            host: route.host.clone(),
        });
    }
    Ok(Record {
        host: route.host.clone(),
        origin: Origin::Gateway(route.channel),
        target: target(&addresses),
    })
}

/// Where everybody enters the load balancers of a hosts file, whichever of them is well.
fn shared_public(hosts: Option<&HostsFile>) -> Vec<Address> {
    let shared = hosts.and_then(|hosts| hosts.spec.virtual_addresses.as_ref());
    let public = shared.and_then(|shared| shared.public);
    public.map(Address::from).into_iter().collect()
}

/// The load balancers of a hosts file, as far as they are given by address.
fn balancers(hosts: Option<&HostsFile>) -> Vec<Address> {
    let shared = hosts.and_then(|hosts| hosts.spec.virtual_addresses.as_ref());
    if let Some(shared) = shared {
        return vec![shared.internal.into()];
    }
    let all = hosts.map(HostsFile::hosts).unwrap_or_default();
    let balancers = all
        .into_iter()
        .filter(|host| host.roles.contains(&HostRole::LoadBalancer));
    balancers
        .map(|host| host.address)
        .filter(|address| address.ip().is_some())
        .collect()
}

/// The file was checked: a name stands alone.
fn target(addresses: &[Address]) -> Target {
    let alias = addresses.iter().find(|address| address.ip().is_none());
    match alias {
        Some(alias) => Target::Alias(alias.as_str().to_owned()),
        None => Target::Addresses(addresses.iter().filter_map(Address::ip).collect()),
    }
}

fn no_apex_alias(zone: &Domain, hosts: &[Record]) -> Result<(), RecordsError> {
    let apex = hosts.iter().find(|record| record.host == zone.as_str());
    match apex.map(|record| &record.target) {
        Some(Target::Alias(target)) => Err(RecordsError::ApexAlias {
            zone: zone.clone(),
            target: target.clone(),
        }),
        _ => Ok(()),
    }
}

#[cfg(test)]
pub(crate) mod tests;
