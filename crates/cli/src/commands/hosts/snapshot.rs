//! `mosipctl hosts snapshot`

use std::path::{Path, PathBuf};

use mosipctl_artefact::Sha256;
use mosipctl_onprem::Snapshot;
use mosipctl_report::{Exit, Trouble};
use serde_json::json;

use super::members::Cluster;
use crate::arguments::HostsSnapshot;
use crate::ground::trouble;
use crate::output::Doing;
use crate::settings::Settings;

pub(super) async fn run(arguments: &HostsSnapshot, settings: &Settings) -> Result<Exit, Trouble> {
    let cluster = Cluster::open(&arguments.file.file, settings).await?;
    let doing = Doing::new(settings);
    doing.say("snapshot", "taking a snapshot of etcd");
    let taken = cluster.members.snapshot().await;
    let taken = taken.map_err(|error| trouble(&error))?;
    let here = match &arguments.to {
        Some(folder) => {
            doing.say("snapshot", "bringing it here");
            Some(bring(&cluster, &taken, folder).await?)
        }
        None => None,
    };
    doing.done();
    if settings.json {
        outln!(
            "{}",
            json!({"host": taken.host, "path": taken.path, "sha256": taken.sha256, "file": here})
        );
        return Ok(Exit::Done);
    }
    eprintln!("etcd is in {} on {}", taken.path, taken.host);
    if let Some(here) = here {
        eprintln!(
            "and in {}: it holds all secrets of the cluster, so keep it as you keep them",
            here.display()
        );
    }
    Ok(Exit::Done)
}

/// Whole, or not at all.
async fn bring(cluster: &Cluster, taken: &Snapshot, folder: &Path) -> Result<PathBuf, Trouble> {
    let name = Path::new(&taken.path).file_name().unwrap_or_default();
    let target = folder.join(name);
    let failed = |error: std::io::Error| {
        Trouble::of(&error).while_doing(format!("failed to write `{}`", target.display()))
    };
    std::fs::create_dir_all(folder).map_err(failed)?;
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(failed)?;
    let brought = cluster.members.bring(taken, file.as_file_mut()).await;
    brought.map_err(|error| trouble(&error))?;
    let is_same = Sha256::of_file(file.path()).map_err(failed)?.to_string() == taken.sha256;
    if !is_same {
        let message = format!("`{}` did not arrive as it was sent", target.display());
        return Err(Trouble::new(message).remedy("take another one"));
    }
    file.persist(&target).map_err(|error| failed(error.error))?;
    Ok(target)
}
