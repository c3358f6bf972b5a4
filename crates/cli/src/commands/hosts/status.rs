//! `mosipctl hosts status`

use mosipctl_hosts::{Facts, HostError};
use mosipctl_report::{Exit, Paint, Trouble};
use mosipctl_spec::hosts::{Host, HostRole};
use serde_json::{Value, json};

use super::as_json;
use super::facts::{Told, ask, errors};
use super::site::Site;
use super::table::table;
use crate::arguments::OfHosts;
use crate::settings::Settings;

pub(super) async fn run(of: &OfHosts, settings: &Settings) -> Result<Exit, Trouble> {
    let site = Site::open(of)?;
    let names = site.names();
    let told = ask(&site, &names, settings).await;
    match settings.json {
        true => outln!("{}", json_of(&site, &told)),
        false => tell(&site, &told, settings.data),
    }
    let is_whole = told.iter().all(|(_, facts)| facts.is_ok());
    Ok(if is_whole {
        Exit::Done
    } else {
        Exit::Attention
    })
}

fn tell(site: &Site, told: &Told<'_>, paint: Paint) {
    let heading = [
        "host", "address", "roles", "zone", "through", "state", "runs",
    ];
    let mut lines = vec![heading.map(str::to_owned).to_vec()];
    let pairs = site.chosen.iter().zip(told);
    lines.extend(pairs.map(|(host, (_, facts))| line(host, facts)));
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

fn json_of(site: &Site, told: &Told<'_>) -> Value {
    let hosts = site.chosen.iter().zip(told).map(|(host, (name, facts))| {
        let error = facts.as_ref().err().map(as_json);
        json!({
            "name": name,
            "address": host.address,
            "roles": host.roles,
            "zone": host.zone,
            "jump": host.login.jump,
            "state": state(facts),
            "runs": facts.as_ref().map(running).unwrap_or_default(),
            "error": error,
        })
    });
    json!({"environment": site.environment, "hosts": hosts.collect::<Vec<_>>()})
}
