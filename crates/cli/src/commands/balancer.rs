//! `mosipctl balancer`

use std::net::IpAddr;
use std::sync::Arc;

use mosipctl_balancer::{Files, nginx};
use mosipctl_onprem::{Around, Gateways, Sides};
use mosipctl_report::{Exit, Trouble};
use mosipctl_spec::HostsFile;
use mosipctl_spec::hosts::{Host, HostRole};
use serde_json::json;

use crate::arguments::Balancer;
use crate::commands::vpn::server_address;
use crate::connect::offline_version;
use crate::hosts_file::hosts_file;
use crate::output::Doing;
use crate::session::Session;
use crate::settings::Settings;

pub(crate) async fn run(arguments: &Balancer, settings: &Settings) -> Result<Exit, Trouble> {
    let session = Session::open(&arguments.file.file, settings)?;
    let around = around(arguments, &session)?;
    let doing = Arc::new(Doing::new(settings));
    let wanted = session.render(settings, offline_version(), &doing).await?;
    doing.done();
    let usual = Files::default();
    let files = Files {
        certificate: arguments.certificate.clone().unwrap_or(usual.certificate),
        key: arguments.key.clone().unwrap_or(usual.key),
        ..usual
    };
    let balancer = around.balancer(&Gateways::of(&wanted.desired), files);
    let text = nginx(&balancer).map_err(|error| Trouble::of(&error).exit(Exit::Usage))?;
    match settings.json {
        true => outln!("{}", json!({"nginx": text})),
        false => out!("{text}"),
    }
    Ok(Exit::Done)
}

/// The addresses of the hosts file, and before them those that were given.
fn around(arguments: &Balancer, session: &Session) -> Result<Around, Trouble> {
    let hosts = hosts_file(&session.environment, &arguments.file.file)?;
    let known = match &hosts {
        Some(file) => Some(of_file(file, session)?),
        None => None,
    };
    let mut around = match (known, arguments.internal) {
        (Some(around), _) => around,
        (None, Some(internal)) => Around {
            sides: Sides {
                public: None,
                internal,
            },
            api: vec![internal],
            nodes: Vec::new(),
            control_planes: Vec::new(),
            supervisor: None,
        },
        (None, None) => return Err(lacking("--internal")),
    };
    if let Some(internal) = arguments.internal {
        around.sides.internal = internal;
        around.api = vec![internal];
    }
    around.sides.public = arguments.public.or(around.sides.public);
    let given = |given: &Vec<IpAddr>, known: Vec<IpAddr>| match given.is_empty() {
        true => known,
        false => given.clone(),
    };
    around.nodes = given(&arguments.node, around.nodes);
    around.control_planes = given(&arguments.control_plane, around.control_planes);
    match (around.nodes.is_empty(), around.sides.public, hosts) {
        (true, ..) => Err(lacking("--node")),
        (_, None, None) => Err(lacking("--public")),
        _ => Ok(around),
    }
}

/// The addresses around the first load balancer of a hosts file.
fn of_file(file: &HostsFile, session: &Session) -> Result<Around, Trouble> {
    let vpn = server_address(&session.environment, file)?;
    let all = file.hosts();
    let balancer = all.iter().find(|host| host.has(HostRole::LoadBalancer));
    let balancer = balancer.ok_or_else(|| {
        Trouble::new("no host of the hosts file has the role `load-balancer`")
            .remedy("give it to the host that is to run nginx")
            .exit(Exit::Usage)
    })?;
    let ip = |host: &Host| {
        host.address.ip().ok_or_else(|| {
            let message = format!("the address of host `{}` is a name", host.name);
            Trouble::new(message)
                .remedy("give it as an IP address, or run `mosipctl up`, which asks the host")
                .exit(Exit::Usage)
        })
    };
    let distribution = file.spec.kubernetes.distribution;
    Around::new(balancer, &all, distribution, vpn, ip)
}

fn lacking(word: &str) -> Trouble {
    Trouble::new(format!("`{word}` is not given, and there is no hosts file to take it from"))
        .remedy("give it, or name the hosts in the environment file: `cluster: {kind: onprem, hosts: hosts.yaml}`")
        .exit(Exit::Usage)
}
