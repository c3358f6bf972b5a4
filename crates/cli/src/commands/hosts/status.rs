//! `mosipctl hosts status`

use std::collections::BTreeMap;

use jiff::Timestamp;
use mosipctl_hosts::{Facts, HostError};
use mosipctl_onprem::{Expiry, OnpremError, expiry};
use mosipctl_report::{Exit, Paint, Trouble};
use mosipctl_spec::hosts::{Host, HostRole};
use serde_json::{Value, json};

use super::as_json;
use super::facts::{Told, ask, errors, exit};
use super::site::Site;
use super::table::table;
use crate::arguments::OfHosts;
use crate::settings::Settings;

/// Days before the end at which `up` makes them anew; the one that ends is named from then on.
const SOON: i64 = 30;

pub(super) async fn run(of: &OfHosts, settings: &Settings) -> Result<Exit, Trouble> {
    let site = Site::open(of)?;
    let names = site.names();
    let told = ask(&site, &names, settings).await;
    let ends = certificates(&site, &told).await;
    match settings.json {
        true => outln!("{}", json_of(&site, &told, &ends)),
        false => tell(&site, &told, &ends, settings.data),
    }
    Ok(exit(&told))
}

/// When the certificates of control planes end, and those of workers where they are renewed by us, by host. It is no fact of a host: who
/// asks is root.
type Ends = BTreeMap<String, Result<Expiry, OnpremError>>;

async fn certificates(site: &Site, told: &Told<'_>) -> Ends {
    let answers = |host: &&Host| {
        let mut told = told.iter();
        told.any(|(name, facts)| *name == host.name.as_str() && facts.is_ok())
    };
    let nodes = site.chosen.iter().filter(|host| host.is_node());
    let names = nodes.filter(answers).map(|host| host.name.to_string());
    let names: Vec<String> = names.collect();
    let asked = site
        .hosts
        .each(&names, async |host| Ok(expiry(host.as_ref()).await));
    let ends = asked.await.into_iter().filter_map(|(name, asked)| {
        let ends = asked.unwrap_or_else(|error| Err(error.into())).transpose();
        Some((name.to_owned(), ends?))
    });
    ends.collect()
}

fn tell(site: &Site, told: &Told<'_>, ends: &Ends, paint: Paint) {
    let mut heading = vec![
        "host", "address", "roles", "zone", "through", "state", "runs",
    ];
    if !ends.is_empty() {
        heading.push("certificates");
    }
    let mut lines = vec![heading.into_iter().map(str::to_owned).collect()];
    let pairs = site.chosen.iter().zip(told);
    lines.extend(pairs.map(|(host, (_, facts))| {
        let mut line = line(host, facts);
        if !ends.is_empty() {
            line.push(left(ends.get(host.name.as_str())));
        }
        line
    }));
    out!("{}", table(&lines));
    let answer = told.iter().filter(|(_, facts)| facts.is_ok()).count();
    outln!("\n{answer} of {} hosts answer", told.len());
    errors(told, paint);
}

fn line(host: &Host, facts: &Result<Facts, HostError>) -> Vec<String> {
    let none = || "-".to_owned();
    let text = |label: Option<String>| label.unwrap_or_else(none);
    let runs = match facts {
        Ok(facts) => running(facts).join(", "),
        Err(_) => String::new(),
    };
    let address = match host.login.port {
        22 => host.address.to_string(),
        port => format!("{} port {port}", host.address),
    };
    vec![
        host.name.to_string(),
        address,
        roles(host).join(", "),
        text(host.zone.as_ref().map(ToString::to_string)),
        text(host.login.jump.as_ref().map(ToString::to_string)),
        state(facts).to_owned(),
        if runs.is_empty() { none() } else { runs },
    ]
}

/// How long they are good for.
fn left(ends: Option<&Result<Expiry, OnpremError>>) -> String {
    match ends {
        None => "-".to_owned(),
        Some(Err(_)) => "unknown".to_owned(),
        Some(Ok(expiry)) => match expiry.days_from(Timestamp::now()) {
            days @ ..SOON => format!("{days} days ({})", expiry.name),
            days => format!("{days} days"),
        },
    }
}

fn roles(host: &Host) -> Vec<&'static str> {
    host.roles.iter().copied().map(HostRole::as_str).collect()
}

fn state(facts: &Result<Facts, HostError>) -> &'static str {
    match facts {
        Ok(_) => "answers",
        Err(HostError::UnknownKey { .. }) => "not trusted",
        Err(HostError::ChangedKey { .. }) => "KEY CHANGED",
        Err(HostError::Login { .. } | HostError::KeyFile { .. }) => "no login",
        Err(HostError::Jump { .. }) => "jump fails",
        Err(HostError::Unreachable { .. } | HostError::NoSsh { .. }) => "unreachable",
        Err(_) => "no answer",
    }
}

/// Units that run, without `.service`.
fn running(facts: &Facts) -> Vec<&str> {
    let active = facts
        .units
        .iter()
        .filter(|(_, unit)| unit.active == "active");
    active
        .map(|(name, _)| name.trim_end_matches(".service"))
        .collect()
}

fn json_of(site: &Site, told: &Told<'_>, ends: &Ends) -> Value {
    let hosts = site.chosen.iter().zip(told).map(|(host, (name, facts))| {
        let error = facts.as_ref().err().map(as_json);
        let ends = ends.get(*name).and_then(|ends| ends.as_ref().ok());
        let ends = ends.map(|expiry| json!({"first": expiry.name, "ends": expiry.at}));
        json!({
            "name": name,
            "address": host.address,
            "roles": host.roles,
            "zone": host.zone,
            "jump": host.login.jump,
            "state": state(facts),
            "runs": facts.as_ref().map(running).unwrap_or_default(),
            "certificates": ends,
            "error": error,
        })
    });
    json!({"environment": site.environment, "hosts": hosts.collect::<Vec<_>>()})
}
