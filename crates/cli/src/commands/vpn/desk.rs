//! What every verb needs: the environment's settings, and what is known of its peers.

use std::collections::BTreeSet;
use std::net::IpAddr;

use mosipctl_balancer::INTERNAL_PORTS;
use mosipctl_journal::Place;
use mosipctl_onprem::Sides;
use mosipctl_report::{Exit, Trouble};
use mosipctl_spec::environment::vpn::Vpn as Wanted;
use mosipctl_spec::hosts::{Host, HostRole, Network, Networks};
use mosipctl_spec::{Document, Environment, HostsFile};
use mosipctl_vpn::{Settings, Store, Taken, Vpn};

use super::{refused, unkept};
use crate::arguments::File;
use crate::hosts_file::{hosts_file, read};

/// The folder beside those of clusters in which an environment's VPN is kept.
const PLACE: &str = "vpn";

/// The environment's VPN, for as long as a command is at it.
pub(super) struct Desk {
    /// The environment file, as the user named it.
    pub(super) file: String,
    pub(super) environment: Environment,
    pub(super) settings: Settings,
    pub(super) store: Store,
    /// Hosts that let peers in.
    pub(super) bastions: Vec<String>,
}

impl Desk {
    pub(super) fn open(file: &File) -> Result<Self, Trouble> {
        let name = file.file.display().to_string();
        let text = read(&file.file)?;
        let document = Document {
            name: &name,
            text: &text,
        };
        let environment =
            Environment::read(&document).map_err(|complaint| Trouble::in_file(*complaint))?;
        let wanted = environment.spec.vpn.as_ref().ok_or_else(|| no_vpn(&name))?;
        let hosts = hosts_file(&environment, &file.file)?;
        let settings = settings(&environment, wanted, hosts.as_ref())?;
        let store = store(&environment)?;
        let bastions = hosts.iter().flat_map(bastions);
        Ok(Self {
            file: name,
            bastions: bastions.map(|host| host.name.to_string()).collect(),
            environment,
            settings,
            store,
        })
    }

    /// What is known, where something must be.
    pub(super) fn known(&self) -> Result<Vpn, Trouble> {
        let vpn = self.store.load().map_err(unkept)?;
        vpn.ok_or_else(|| {
            Trouble::new("nobody was ever let into this VPN").remedy(format!(
                "begin with `mosipctl vpn peer add NAME {} --qr`",
                self.file
            ))
        })
    }
}

/// What is known of the VPN of an environment.
pub(super) fn store(environment: &Environment) -> Result<Store, Trouble> {
    let place = Place::of(environment.name().as_str(), PLACE);
    let place = place.map_err(|error| Trouble::of(&error))?;
    Store::open(place.folder()).map_err(unkept)
}

/// Hosts that let peers in.
pub(super) fn bastions(hosts: &HostsFile) -> Vec<Host> {
    let all = hosts.hosts().into_iter();
    all.filter(|host| host.has(HostRole::Bastion)).collect()
}

fn no_vpn(file: &str) -> Trouble {
    let remedy = "put it under `spec:`, with the networks that peers are to reach:\n\
                  vpn: {endpoint: vpn.example.org, channels: {internal: [10.0.1.0/24]}}";
    Trouble::new(format!("`{file}` has no `spec.vpn`"))
        .remedy(remedy)
        .exit(Exit::Usage)
}

/// What the environment and its hosts say of the VPN.
pub(super) fn settings(
    environment: &Environment,
    wanted: &Wanted,
    hosts: Option<&HostsFile>,
) -> Result<Settings, Trouble> {
    let networks = hosts.map_or_else(Networks::default, |hosts| hosts.spec.networks.clone());
    let network = wanted.network(&networks);
    let own = wanted.endpoint.is_none().then(|| hosts.and_then(endpoint));
    let endpoint = own.flatten();
    let endpoint = endpoint.unwrap_or_else(|| wanted.endpoint(&environment.spec.domain));
    let taken = taken(wanted, hosts);
    let settings = Settings::new(wanted, network, &endpoint, &taken).map_err(refused)?;
    match hosts.filter(|_| wanted.channels.is_empty()) {
        Some(hosts) => internal(settings, hosts),
        None => Ok(settings),
    }
}

/// Where the bastion is found by itself.
fn endpoint(hosts: &HostsFile) -> Option<String> {
    let bastions = bastions(hosts);
    let host = bastions.iter().find(|host| host.login.jump.is_none())?;
    let public = host.public.map(|public| public.to_string());
    Some(public.unwrap_or_else(|| host.address.to_string()))
}

/// The channel that leads to what load balancers offer inside.
fn internal(mut settings: Settings, hosts: &HostsFile) -> Result<Settings, Trouble> {
    let server = settings.server_address();
    let all = hosts.hosts();
    let balancers = all.iter().filter(|host| host.has(HostRole::LoadBalancer));
    let sides = balancers.filter_map(|host| {
        let own = host.address.ip()?;
        Some(Sides::of(host, own, Some(server)).internal)
    });
    // several share one
    for side in sides.collect::<BTreeSet<_>>() {
        if let IpAddr::V4(side) = side {
            settings = settings.leading_to("internal", side, &INTERNAL_PORTS);
        }
    }
    let leads_somewhere = settings.channels().next().is_some();
    match leads_somewhere {
        true => Ok(settings),
        false => Err(Trouble::new("this VPN leads nowhere: the environment file names no channel, and the hosts file no load balancer by its IP address")
            .remedy("put networks that peers may reach under `spec.vpn.channels`, such as `internal: [10.0.1.0/24]`")
            .exit(Exit::Usage)),
    }
}

/// Everything that the VPN may not overlap, by its name.
fn taken(wanted: &Wanted, hosts: Option<&HostsFile>) -> Vec<Taken> {
    let named = wanted.taken.iter();
    let named = named.flat_map(|(what, networks)| {
        networks
            .iter()
            .map(move |network| (format!("`{what}`"), *network))
    });
    let mut taken: Vec<(String, Network)> = named.collect();
    if let Some(file) = hosts {
        let networks = &file.spec.networks;
        taken.push(("the network of pods".to_owned(), networks.pods));
        taken.push(("the network of Services".to_owned(), networks.services));
        for host in &file.spec.hosts {
            let alone = host
                .address
                .ip()
                .and_then(|ip| Network::around(ip, if ip.is_ipv4() { 32 } else { 128 }));
            taken.extend(alone.map(|network| (format!("host `{}`", host.name), network)));
        }
    }
    let taken = taken
        .into_iter()
        .map(|(what, network)| Taken { what, network });
    taken.collect()
}
