//! `mosipctl balancer`

use std::sync::Arc;

use mosipctl_balancer::{Channel, Files, Route, Side, entrances, nginx, routes};
use mosipctl_report::{Exit, Trouble};
use serde_json::json;

use crate::arguments::Balancer;
use crate::connect::offline_version;
use crate::output::Doing;
use crate::session::Session;
use crate::settings::Settings;

pub(crate) async fn run(arguments: &Balancer, settings: &Settings) -> Result<Exit, Trouble> {
    let session = Session::open(&arguments.file.file, settings)?;
    let doing = Arc::new(Doing::new(settings));
    let wanted = session.render(settings, offline_version(), &doing).await?;
    doing.done();
    let routes = routes(&wanted.desired);
    let side = |address, channel| Side {
        address,
        https: 443,
        http: Some(80),
        hosts: hosts(&routes, channel),
    };
    let usual = Files::default();
    let balancer = mosipctl_balancer::Balancer {
        nodes: arguments.node.clone(),
        control_planes: arguments.control_plane.clone(),
        public: side(arguments.public, Channel::Public),
        internal: side(arguments.internal, Channel::Internal),
        entrances: entrances(&wanted.desired),
        files: Files {
            certificate: arguments
                .certificate
                .clone()
                .unwrap_or(usual.certificate.clone()),
            key: arguments.key.clone().unwrap_or(usual.key.clone()),
            ..usual
        },
    };
    let text = nginx(&balancer).map_err(|error| Trouble::of(&error).exit(Exit::Usage))?;
    match settings.json {
        true => outln!("{}", json!({"nginx": text})),
        false => out!("{text}"),
    }
    Ok(Exit::Done)
}

/// Hosts of a channel that are spoken to by HTTP.
fn hosts(routes: &[Route], channel: Channel) -> Vec<String> {
    let hosts = routes
        .iter()
        .filter(|route| route.http && route.channel == channel);
    hosts.map(|route| route.host.clone()).collect()
}
