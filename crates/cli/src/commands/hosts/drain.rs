//! `mosipctl hosts drain`

use std::time::Instant;

use mosipctl_onprem::Drained;
use mosipctl_report::words::count;
use mosipctl_report::{Exit, Trouble};
use serde_json::{Value, json};

use super::members::Cluster;
use crate::arguments::HostsDrain;
use crate::ground::trouble;
use crate::output::Doing;
use crate::settings::Settings;

pub(super) async fn run(arguments: &HostsDrain, settings: &Settings) -> Result<Exit, Trouble> {
    let name = arguments.of.name.as_str();
    let cluster = Cluster::open(&arguments.of.file.file, settings).await?;
    if arguments.undo {
        let undone = cluster.members.undrain(name).await;
        undone.map_err(|error| trouble(&error))?;
        match settings.json {
            true => outln!("{}", json!({"node": name, "drained": false})),
            false => eprintln!("pods may come to {name} again"),
        }
        return Ok(Exit::Done);
    }
    let started = Instant::now();
    let doing = Doing::new(settings);
    doing.say("drain", &format!("draining {name}"));
    let drained = cluster.members.drain(name, arguments.pods.eviction()).await;
    doing.done();
    let drained = drained.map_err(|error| trouble(&error))?;
    match settings.json {
        true => outln!("{}", as_json(name, &drained)),
        false => {
            eprintln!("{}", told(name, &drained, started.elapsed().as_secs()));
            eprintln!("`mosipctl hosts drain {name} --undo` lets pods come back");
        }
    }
    Ok(Exit::Done)
}

/// What came of it, in a line.
pub(super) fn told(name: &str, drained: &Drained, seconds: u64) -> String {
    let stay = match drained.daemons.len() {
        0 => String::new(),
        number => format!(", {number} of DaemonSets stay"),
    };
    let gone = count(drained.gone.len(), "pod");
    format!("{name} is drained after {seconds} s: {gone} went{stay}")
}

fn as_json(name: &str, drained: &Drained) -> Value {
    json!({"node": name, "drained": true, "gone": drained.gone, "stay": drained.daemons})
}
