//! `mosipctl hosts`

use mosipctl_hosts::HostError;
use mosipctl_report::{Exit, Trouble};

use crate::arguments::{Hosts, HostsVerb};
use crate::settings::Settings;

mod audit;
mod check;
mod drain;
mod facts;
pub(crate) mod members;
mod remove;
mod reset;
mod restore;
mod run;
pub(crate) mod site;
mod snapshot;
mod status;
mod table;
mod trust;

pub(crate) async fn run(arguments: &Hosts, settings: &Settings) -> Result<Exit, Trouble> {
    match &arguments.verb {
        HostsVerb::Trust(trust) => trust::run(trust, settings).await,
        HostsVerb::Status(of) => status::run(of, settings).await,
        HostsVerb::Facts(of) => facts::run(of, settings).await,
        HostsVerb::Check(of) => check::run(of, settings).await,
        HostsVerb::Audit(of) => audit::run(of, settings).await,
        HostsVerb::Run(run) => run::run(run, settings).await,
        HostsVerb::Drain(drain) => drain::run(drain, settings).await,
        HostsVerb::Remove(remove) => remove::run(remove, settings).await,
        HostsVerb::Reset(reset) => reset::run(reset, settings).await,
        HostsVerb::Snapshot(snapshot) => snapshot::run(snapshot, settings).await,
        HostsVerb::RestoreEtcd(restore) => restore::run(restore, settings).await,
    }
}

/// An error with its causes in one line: `failed to …: …`.
pub(crate) fn in_a_line(error: &HostError) -> String {
    let mut text = format!("failed to {error}");
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        text.push_str(&format!(": {cause}"));
        source = cause.source();
    }
    text
}

/// What a program is told of an error.
fn as_json(error: &HostError) -> serde_json::Value {
    serde_json::json!({
        "error": in_a_line(error),
        "remedy": error.remedy(),
        "transient": error.is_transient(),
    })
}
