//! Bringing what is known of the VPN to its bastions: at once by who changed it, and by `up` in any case.

use std::net::Ipv4Addr;
use std::path::Path;

use jiff::Timestamp;
use mosipctl_onprem::{OnpremError, Tunnel, tell_bastion};
use mosipctl_report::{Exit, Trouble};
use mosipctl_spec::{Environment, HostsFile};
use mosipctl_vpn::{Bastion, Settings as VpnSettings, Store, Vpn};
use serde_json::{Value, json};

use super::desk::{self, Desk};
use super::{refused, screen, unkept};
use crate::commands::hosts::in_a_line;
use crate::commands::hosts::site::Site;
use crate::settings::Settings;

/// What became of each bastion.
pub(super) struct Told(Vec<(String, Heard)>);

enum Heard {
    /// It lets in whom it should.
    Yes,
    /// Its VPN was never set up.
    NotSetUp,
    /// It could not be told.
    No(String),
}

/// Tells every bastion who may come in, and says how that went.
pub(super) async fn tell(
    desk: &Desk,
    vpn: &Vpn,
    now: Timestamp,
    settings: &Settings,
) -> Result<Told, Trouble> {
    let mut told = Told(Vec::new());
    if desk.bastions.is_empty() {
        if !settings.json {
            eprintln!("{}", screen::to_be_brought(&desk.file));
        }
        return Ok(told);
    }
    let tunnel = made(vpn, &desk.settings, &desk.store, now)?;
    let site = Site::of_file(Path::new(&desk.file))?;
    for name in &desk.bastions {
        let environment = desk.environment.name().as_str();
        let answer = tell_bastion(&site.hosts, name, environment, &tunnel).await;
        let heard = heard(answer);
        if !settings.json {
            eprintln!("{}", line(name, &heard, &desk.file));
        }
        told.0.push((name.clone(), heard));
    }
    Ok(told)
}

fn heard(answer: Result<bool, OnpremError>) -> Heard {
    match answer {
        Ok(true) => Heard::Yes,
        Ok(false) => Heard::NotSetUp,
        Err(OnpremError::Host(error)) => Heard::No(in_a_line(&error)),
        Err(error) => Heard::No(error.to_string()),
    }
}

fn line(name: &str, heard: &Heard, file: &str) -> String {
    match heard {
        Heard::Yes => format!("bastion {name} knows"),
        Heard::NotSetUp => {
            format!("bastion {name} has no VPN yet: `mosipctl up {file}` sets it up")
        }
        Heard::No(problem) => format!(
            "! bastion {name} does not know: {problem}\n  it lets in whom it let in before, until `mosipctl up {file}` can tell it"
        ),
    }
}

impl Told {
    /// Somebody has to look when a bastion could not be told.
    pub(super) fn exit(&self) -> Exit {
        let is_told = |(_, heard): &(String, Heard)| !matches!(heard, Heard::No(_));
        match self.0.iter().all(is_told) {
            true => Exit::Done,
            false => Exit::Attention,
        }
    }

    pub(super) fn json(&self) -> Value {
        let each = self.0.iter().map(|(name, heard)| match heard {
            Heard::Yes => json!({"host": name, "knows": true}),
            Heard::NotSetUp => json!({"host": name, "knows": false}),
            Heard::No(problem) => json!({"host": name, "knows": false, "problem": problem}),
        });
        each.collect()
    }
}

/// The address that bastions have in the VPN; none where there is no VPN.
pub(crate) fn server_address(
    environment: &Environment,
    hosts: &HostsFile,
) -> Result<Option<Ipv4Addr>, Trouble> {
    let wanted = environment.spec.vpn.as_ref();
    let settings = wanted.map(|wanted| desk::settings(environment, wanted, Some(hosts)));
    Ok(settings
        .transpose()?
        .map(|settings| settings.server_address()))
}

/// The VPN as bastions are to have it now; none where there is no VPN, or no bastion.
pub(crate) fn tunnel(
    environment: &Environment,
    hosts: &HostsFile,
) -> Result<Option<Tunnel>, Trouble> {
    let Some(wanted) = &environment.spec.vpn else {
        return Ok(None);
    };
    if desk::bastions(hosts).is_empty() {
        return Ok(None);
    }
    let settings = desk::settings(environment, wanted, Some(hosts))?;
    let (store, now) = (desk::store(environment)?, Timestamp::now());
    let vpn = store.load_or_begin(now).map_err(unkept)?;
    made(&vpn, &settings, &store, now).map(Some)
}

fn made(
    vpn: &Vpn,
    settings: &VpnSettings,
    store: &Store,
    now: Timestamp,
) -> Result<Tunnel, Trouble> {
    let bastion = Bastion::new(vpn, settings, now).map_err(refused)?;
    let key = store.server_key(vpn).map_err(unkept)?;
    Ok(Tunnel::new(&bastion, settings, &key))
}
