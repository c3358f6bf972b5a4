//! `mosipctl hosts reset`

use std::sync::Arc;

use mosipctl_hosts::{HostError, Hosts};
use mosipctl_journal::place::kubeconfig;
use mosipctl_onprem::{Members, Reset, reset};
use mosipctl_report::words::count;
use mosipctl_report::{Exit, Trouble};
use mosipctl_spec::hosts::{HostRole, HostsFile};
use serde_json::{Map, Value, json};

use super::members::confirm;
use super::site::Site;
use super::{as_json as error_json, in_a_line};
use crate::arguments::HostsReset;
use crate::ground::{first, lock};
use crate::output::Doing;
use crate::settings::Settings;

pub(super) async fn run(arguments: &HostsReset, settings: &Settings) -> Result<Exit, Trouble> {
    let site = Site::open(&arguments.of)?;
    let names = site.names();
    let all = site.hosts_file.hosts();
    let hosts = Arc::new(site.hosts);
    let mut control_planes = all.iter().filter(|host| host.has(HostRole::ControlPlane));
    let is_whole = control_planes.all(|host| names.iter().any(|name| name == host.name.as_str()));
    if !is_whole {
        must_be_no_nodes(&hosts, &site.hosts_file, &names).await?;
    }
    let what = format!(
        "what mosipctl put on {} of {} goes, the cluster with it",
        count(names.len(), "host"),
        site.environment
    );
    let given = arguments.confirm.as_deref();
    confirm(&site.environment, given, &what, settings)?;
    let _lock = match lock(&hosts, &first(&all)).await {
        Err(trouble) if trouble.exit_code() == Exit::Locked => return Err(trouble),
        // where that host is dead nobody else can have it
        lock => lock.ok(),
    };
    let doing = Doing::new(settings);
    doing.say(
        "reset",
        &format!("resetting {}", count(names.len(), "host")),
    );
    // bastions come last: they may be the way to the others
    let is_bastion = |name: &String| {
        let mut bastions = all.iter().filter(|host| host.has(HostRole::Bastion));
        bastions.any(|host| host.name.as_str() == name)
    };
    let (last, early): (Vec<_>, Vec<_>) = names.iter().cloned().partition(is_bastion);
    let mut done = Vec::new();
    for names in [&early, &last] {
        let each = hosts.each(names, |connection| async move { reset(&connection).await });
        done.extend(each.await);
    }
    doing.done();
    if is_whole && let Ok(file) = kubeconfig(&site.environment) {
        // it leads to a cluster that is no more
        let _ = std::fs::remove_file(file);
    }
    match settings.json {
        true => outln!("{}", json_of(&site.environment, &done)),
        false => done.iter().for_each(|(name, result)| match result {
            Ok(done) => tell(name, done),
            Err(error) => failed(name, error, settings),
        }),
    }
    let is_well = done.iter().all(|(_, result)| result.is_ok());
    Ok(if is_well { Exit::Done } else { Exit::Failed })
}

/// A node of a cluster that goes on has to leave it first.
async fn must_be_no_nodes(
    hosts: &Arc<Hosts>,
    hosts_file: &HostsFile,
    names: &[String],
) -> Result<(), Trouble> {
    let Ok(members) = Members::find(hosts.clone(), hosts_file).await else {
        return Ok(());
    };
    let Ok(nodes) = members.nodes().await else {
        return Ok(());
    };
    match names.iter().find(|name| nodes.contains_key(*name)) {
        None => Ok(()),
        Some(name) => Err(
            Trouble::new(format!("`{name}` is a node of a cluster that goes on"))
                .remedy(format!(
                    "take it out of the cluster: `mosipctl hosts remove {name}` lets its pods go elsewhere, and resets it, too"
                ))
                .exit(Exit::Usage),
        ),
    }
}

/// What was done on a host.
pub(super) fn tell(name: &str, done: &Reset) {
    if done.did.is_empty() {
        eprintln!("{name}: nothing of mosipctl's was there");
    }
    for what in &done.did {
        eprintln!("{name}: {what}");
    }
    for what in &done.left {
        eprintln!("{name}: left: {what}");
    }
}

fn failed(name: &str, error: &HostError, settings: &Settings) {
    let paint = settings.talk;
    eprintln!("{} {name}: {}", paint.bad("✗"), in_a_line(error));
    if let Some(remedy) = error.remedy() {
        eprintln!("  {} {remedy}", paint.good("remedy:"));
    }
}

pub(super) fn as_json(done: &Reset) -> Value {
    json!({"did": done.did, "left": done.left})
}

fn json_of(environment: &str, done: &[(&str, Result<Reset, HostError>)]) -> Value {
    let hosts = done.iter().map(|(name, result)| {
        let value = match result {
            Ok(done) => as_json(done),
            Err(error) => error_json(error),
        };
        ((*name).to_owned(), value)
    });
    json!({"environment": environment, "hosts": hosts.collect::<Map<String, Value>>()})
}
