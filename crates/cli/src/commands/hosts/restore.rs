//! `mosipctl hosts restore-etcd`

use std::time::Instant;

use mosipctl_artefact::Sha256;
use mosipctl_report::{Exit, Trouble};
use serde_json::json;

use super::members::{Cluster, confirm};
use crate::arguments::HostsRestore;
use crate::ground::trouble;
use crate::output::Doing;
use crate::settings::Settings;

pub(super) async fn run(arguments: &HostsRestore, settings: &Settings) -> Result<Exit, Trouble> {
    let snapshot = &arguments.snapshot;
    let digest = Sha256::of_file(snapshot).map_err(|error| {
        Trouble::of(&error)
            .while_doing(format!("failed to read `{}`", snapshot.display()))
            .remedy("`mosipctl hosts snapshot --to FOLDER` brings one here")
            .exit(Exit::Usage)
    })?;
    let cluster = Cluster::open(&arguments.file.file, settings).await?;
    let name = cluster.environment.as_str();
    let what = format!("{name} forgets all that it learnt after this snapshot");
    confirm(name, arguments.confirm.as_deref(), &what, settings)?;
    let _lock = cluster.lock().await?;
    let started = Instant::now();
    let doing = Doing::new(settings);
    doing.say("restore", "restoring etcd on all control planes");
    let restored = cluster.members.restore(snapshot, &digest.to_string()).await;
    doing.done();
    restored.map_err(|error| trouble(&error))?;
    let seconds = started.elapsed().as_secs();
    match settings.json {
        true => outln!("{}", json!({"environment": name, "seconds": seconds})),
        false => {
            eprintln!("etcd is as it was in the snapshot, and the API answers, after {seconds} s");
            eprintln!(
                "what etcd had before lies in /var/lib/etcd/before of each control plane; `mosipctl up {}` makes true what is missing now",
                cluster.file
            );
        }
    }
    Ok(Exit::Done)
}
