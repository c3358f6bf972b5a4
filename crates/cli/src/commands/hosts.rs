//! `mosipctl hosts`

use mosipctl_hosts::HostError;
use mosipctl_report::{Exit, Trouble};

use crate::arguments::{Hosts, HostsVerb};
use crate::settings::Settings;

mod check;
mod facts;
mod run;
mod site;
mod status;
mod table;
mod trust;

pub(crate) async fn run(arguments: &Hosts, settings: &Settings) -> Result<Exit, Trouble> {
    match &arguments.verb {
        HostsVerb::Trust(trust) => trust::run(trust, settings).await,
        HostsVerb::Status(of) => status::run(of, settings).await,
        HostsVerb::Facts(of) => facts::run(of, settings).await,
        HostsVerb::Check(of) => check::run(of, settings).await,
        HostsVerb::Run(run) => run::run(run, settings).await,
    }
}

/// An error with its causes in one line: `failed to …: …`.
fn in_a_line(error: &HostError) -> String {
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
