//! `mosipctl hosts facts`

use mosipctl_hosts::facts::{Clock, Sudo, facts};
use mosipctl_hosts::{Facts, HostError};
use mosipctl_report::words::count;
use mosipctl_report::{Exit, Paint, Trouble};
use serde_json::{Map, Value, json};

use super::site::Site;
use super::table::table;
use super::{as_json, in_a_line};
use crate::arguments::OfHosts;
use crate::output::Doing;
use crate::settings::Settings;

/// What came of asking each host, in the order of the file.
pub(super) type Told<'a> = Vec<(&'a str, Result<Facts, HostError>)>;

pub(super) async fn run(of: &OfHosts, settings: &Settings) -> Result<Exit, Trouble> {
    let site = Site::open(of)?;
    let names = site.names();
    let told = ask(&site, &names, settings).await;
    match settings.json {
        true => outln!("{}", json_of(&site, &told)),
        false => tell(&told, settings.data),
    }
    Ok(exit(&told))
}

/// A host that tells nothing is one to look at.
pub(super) fn exit(told: &Told<'_>) -> Exit {
    match told.iter().all(|(_, facts)| facts.is_ok()) {
        true => Exit::Done,
        false => Exit::Attention,
    }
}

/// Asks hosts for their facts, with a line that says so.
pub(super) async fn ask<'a>(site: &'a Site, names: &'a [String], settings: &Settings) -> Told<'a> {
    let doing = Doing::new(settings);
    doing.say("facts", &format!("asking {}", count(names.len(), "host")));
    let work = async |host: std::sync::Arc<mosipctl_hosts::Connection>| facts(host.as_ref()).await;
    let told = site.hosts.each(names, work).await;
    doing.done();
    told
}

fn tell(told: &Told<'_>, paint: Paint) {
    let mut lines = vec![heading()];
    let known = told.iter();
    lines.extend(known.filter_map(|(name, facts)| Some(line(name, facts.as_ref().ok()?))));
    if lines.len() > 1 {
        out!("{}", table(&lines));
    }
    errors(told, paint);
}

/// The hosts that could not be asked, with what can be done.
pub(super) fn errors(told: &Told<'_>, paint: Paint) {
    for (_, result) in told {
        let Err(error) = result else {
            continue;
        };
        outln!("{} {}", paint.bad("✗"), in_a_line(error));
        if let Some(remedy) = error.remedy() {
            outln!("  {} {remedy}", paint.good("remedy:"));
        }
    }
}

fn heading() -> Vec<String> {
    let names = [
        "host",
        "system",
        "kernel",
        "cores",
        "memory",
        "disk free",
        "cgroup",
        "clock",
        "root",
    ];
    names.map(str::to_owned).to_vec()
}

fn line(name: &str, facts: &Facts) -> Vec<String> {
    let gib = |bytes: u64| format!("{:.1} GiB", bytes as f64 / f64::from(1 << 30));
    let free = facts.disk_of("/var/lib").map_or(0, |disk| disk.free);
    let root = match &facts.sudo {
        Sudo::Root => "yes",
        Sudo::Allowed => "by sudo",
        Sudo::Refused(_) => "no",
    };
    vec![
        name.to_owned(),
        format!("{} {}", facts.os.id, facts.os.version),
        facts.kernel.clone(),
        facts.cpus.to_string(),
        gib(facts.memory.total),
        gib(free),
        format!("{:?}", facts.cgroup).to_lowercase(),
        clock(facts.clock),
        root.to_owned(),
    ]
}

/// What is less than the question took is nothing.
fn clock(clock: Clock) -> String {
    match clock.ahead.unsigned_abs() <= clock.uncertainty {
        true => "agrees".to_owned(),
        false => format!("{:+.1} s", clock.ahead as f64 / 1000.0),
    }
}

fn json_of(site: &Site, told: &Told<'_>) -> Value {
    let hosts = told.iter().map(|(name, facts)| {
        let value = match facts {
            Ok(facts) => json!(facts),
            Err(error) => as_json(error),
        };
        ((*name).to_owned(), value)
    });
    let hosts: Map<String, Value> = hosts.collect();
    json!({"environment": site.environment, "hosts": hosts})
}
