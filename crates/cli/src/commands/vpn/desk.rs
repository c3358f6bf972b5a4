//! What every verb needs: the environment's settings, and what is known of its peers.

use std::path::Path;

use mosipctl_journal::Place;
use mosipctl_report::{Exit, Trouble};
use mosipctl_spec::environment::cluster::ClusterKind;
use mosipctl_spec::environment::vpn::Vpn as Wanted;
use mosipctl_spec::hosts::{Network, Networks};
use mosipctl_spec::{Document, Environment, HostsFile};
use mosipctl_vpn::{Settings, Store, Taken, Vpn};

use super::{refused, unkept};
use crate::arguments::File;

/// The folder beside those of clusters in which an environment's VPN is kept.
const PLACE: &str = "vpn";

/// The environment's VPN, for as long as a command is at it.
pub(super) struct Desk {
    /// The environment file, as the user named it.
    pub(super) file: String,
    pub(super) environment: Environment,
    pub(super) settings: Settings,
    pub(super) store: Store,
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
        let hosts = hosts(&environment, &file.file)?;
        let settings = settings(&environment, wanted, hosts.as_ref())?;
        let place =
            Place::of(environment.name().as_str(), PLACE).map_err(|error| Trouble::of(&error))?;
        let store = Store::open(place.folder()).map_err(unkept)?;
        Ok(Self {
            file: name,
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

fn read(file: &Path) -> Result<String, Trouble> {
    std::fs::read_to_string(file).map_err(|error| {
        Trouble::new(format!("failed to read `{}`: {error}", file.display()))
            .remedy("name an environment file, or write one with `mosipctl init`")
            .exit(Exit::Usage)
    })
}

fn no_vpn(file: &str) -> Trouble {
    let remedy = "put it under `spec:`, with the networks that peers are to reach:\n\
                  vpn: {endpoint: vpn.example.org, channels: {internal: [10.0.1.0/24]}}";
    Trouble::new(format!("`{file}` has no `spec.vpn`"))
        .remedy(remedy)
        .exit(Exit::Usage)
}

/// The hosts file, which the environment file names from where it lies.
fn hosts(environment: &Environment, file: &Path) -> Result<Option<HostsFile>, Trouble> {
    let cluster = &environment.spec.cluster;
    let Some(hosts) = cluster
        .hosts
        .as_ref()
        .filter(|_| cluster.kind == ClusterKind::Onprem)
    else {
        return Ok(None);
    };
    let path = file.parent().unwrap_or(Path::new("")).join(hosts);
    let (name, text) = (path.display().to_string(), read(&path)?);
    let document = Document {
        name: &name,
        text: &text,
    };
    HostsFile::read(&document)
        .map(Some)
        .map_err(|complaint| Trouble::in_file(*complaint))
}

fn settings(
    environment: &Environment,
    wanted: &Wanted,
    hosts: Option<&HostsFile>,
) -> Result<Settings, Trouble> {
    let networks = hosts.map_or_else(Networks::default, |hosts| hosts.spec.networks.clone());
    let network = wanted.network(&networks);
    let endpoint = wanted.endpoint(&environment.spec.domain);
    let taken = taken(wanted, hosts);
    Settings::new(wanted, network, &endpoint, &taken).map_err(refused)
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
