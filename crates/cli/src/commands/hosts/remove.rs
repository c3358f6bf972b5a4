//! `mosipctl hosts remove`

use std::time::Instant;

use mosipctl_onprem::{OnpremError, Removal, Reset, reset as take_away};
use mosipctl_report::{Exit, Trouble};
use serde_json::json;

use super::drain::told;
use super::members::{Cluster, confirm};
use super::reset;
use crate::arguments::HostsRemove;
use crate::ground::trouble;
use crate::output::Doing;
use crate::settings::Settings;

pub(super) async fn run(arguments: &HostsRemove, settings: &Settings) -> Result<Exit, Trouble> {
    let name = arguments.of.name.as_str();
    let cluster = Cluster::open(&arguments.of.file.file, settings).await?;
    let removal = cluster.members.removal(name).await;
    let removal = removal.map_err(|error| trouble(&error))?;
    if !settings.json {
        foretell(&cluster, &removal);
    }
    let what = format!("{name} goes out of the cluster of {}", cluster.environment);
    confirm(name, arguments.confirm.as_deref(), &what, settings)?;
    let _lock = cluster.lock().await?;
    let started = Instant::now();
    let doing = Doing::new(settings);
    doing.say("remove", &format!("taking {name} out of the cluster"));
    let eviction = arguments.pods.eviction();
    let drained = cluster.members.take_out(&removal, eviction).await;
    doing.done();
    let drained = drained.map_err(|error| trouble(&error))?;
    if let (Some(drained), false) = (&drained, settings.json) {
        eprintln!("{}", told(name, drained, started.elapsed().as_secs()));
    }
    let done = cleared(&cluster, name).await?;
    match settings.json {
        true => outln!(
            "{}",
            json!({
                "node": name,
                "gone": drained.map(|drained| drained.gone),
                "reset": done.as_ref().map(reset::as_json),
            })
        ),
        false => close(&arguments.of.file.file, name, done.as_ref()),
    }
    Ok(Exit::Done)
}

/// What will be done, before anybody says yes.
fn foretell(cluster: &Cluster, removal: &Removal) {
    let name = &removal.node;
    match removal.is_ready {
        true => eprintln!("  its pods go elsewhere"),
        false => eprintln!("  it is dead: its pods are ended in the cluster's books alone"),
    }
    if removal.is_control_plane {
        eprintln!(
            "  etcd forgets it; {} members are left, of which {} may be lost",
            removal.left,
            removal.left.saturating_sub(1) / 2
        );
    }
    eprintln!("  the cluster forgets it");
    match cluster.members.silence(name) {
        None if cluster.names.contains(name) => {
            eprintln!("  what mosipctl put on its host is taken away");
        }
        _ => eprintln!("  its host does not answer and stays as it is"),
    }
}

/// Resets the host, when it answers.
async fn cleared(cluster: &Cluster, name: &str) -> Result<Option<Reset>, Trouble> {
    let is_there = cluster.names.iter().any(|known| known == name);
    if !is_there || cluster.members.silence(name).is_some() {
        return Ok(None);
    }
    let of_host = |error| trouble(&OnpremError::from(error));
    let connection = cluster.hosts.connection(name).await.map_err(of_host)?;
    take_away(&connection).await.map(Some).map_err(of_host)
}

fn close(file: &std::path::Path, name: &str, done: Option<&Reset>) {
    match done {
        Some(done) => reset::tell(name, done),
        None => eprintln!(
            "{name} does not answer; reset it before it comes back: `mosipctl hosts reset --host {name}`"
        ),
    }
    eprintln!(
        "{name} is no node any more. Take it out of the hosts file of {}: as long as it stands there, `up` makes it a node again",
        file.display()
    );
}
