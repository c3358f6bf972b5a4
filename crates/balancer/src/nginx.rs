//! The configuration of nginx.

use std::fmt::Write as _;
use std::net::{IpAddr, SocketAddr};

use crate::channel::Channel;
use crate::entrances::Entrance;

/// What stands in front of a cluster.
#[derive(Debug, Clone)]
pub struct Balancer {
    /// Machines that take what comes in: every node offers the ports of the gateways.
    pub nodes: Vec<IpAddr>,
    /// Machines with an API server.
    pub control_planes: Vec<IpAddr>,
    /// What everybody reaches; none where nobody is to come in from outside.
    pub public: Option<Side>,
    /// What is reached from inside the VPN alone.
    pub internal: Side,
    /// Addresses at which it listens for the API: nodes ask at one, people at another.
    pub api: Vec<IpAddr>,
    /// The port at which nodes register, where that is another one than the API's: RKE2 has one.
    pub supervisor: Option<u16>,
    /// Ports of the gateways.
    pub entrances: Vec<Entrance>,
    /// Where things lie on the balancer.
    pub files: Files,
}

/// One side of a balancer.
#[derive(Debug, Clone)]
pub struct Side {
    /// The address at which it listens.
    pub address: IpAddr,
    /// The port for HTTPS, 443 in real life.
    pub https: u16,
    /// The port that sends browsers on to HTTPS, 80 in real life; none for no such port.
    pub http: Option<u16>,
    /// Hosts that it answers for.
    pub hosts: Vec<String>,
}

/// Where things lie on a balancer.
#[derive(Debug, Clone)]
pub struct Files {
    /// Chain of the certificate for all hosts, PEM.
    pub certificate: String,
    /// Its key, PEM.
    pub key: String,
    /// Where nginx writes the number of its process.
    pub pid: String,
    /// Where nginx writes what goes wrong.
    pub errors: String,
    /// Folder of modules that are not built in; none for built-in ones.
    pub modules: Option<String>,
}

impl Default for Files {
    /// As Debian has it.
    fn default() -> Self {
        Self {
            certificate: "/etc/nginx/certs/tls.crt".to_owned(),
            key: "/etc/nginx/certs/tls.key".to_owned(),
            pid: "/run/nginx.pid".to_owned(),
            errors: "/var/log/nginx/error.log".to_owned(),
            modules: Some("/usr/lib/nginx/modules".to_owned()),
        }
    }
}

/// Why there can be no configuration.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum BalancerError {
    /// Nobody takes what comes in.
    #[error("make a load balancer: no node takes what comes in")]
    NoNode,
    /// A channel has no HTTP port.
    #[error("make a load balancer: no gateway of the {0} channel has a port of the nodes for HTTP")]
    NoEntrance(&'static str),
    /// Both sides are one.
    #[error(
        "make a load balancer: {address} cannot be public and internal: everybody would reach what only the VPN is to"
    )]
    OneSide {
        /// The address.
        address: IpAddr,
    },
}

/// Port of API servers.
const API: u16 = 6443;
/// What the internal side offers: the web, the API, and what MOSIP's guide has beside HTTP (PostgreSQL, object store, messages).
pub const INTERNAL_PORTS: [u16; 6] = [80, 443, 5432, API, 9000, 61616];
/// What stands at the top of each part.
const HTTP: &str = include_str!("nginx/http.conf");
const PROXY: &str = include_str!("nginx/proxy.conf");

/// The whole file.
///
/// # Errors
/// See [`BalancerError`].
pub fn nginx(balancer: &Balancer) -> Result<String, BalancerError> {
    if balancer.nodes.is_empty() {
        return Err(BalancerError::NoNode);
    }
    let internal = &balancer.internal;
    let is_internal =
        |side: &&Side| side.address == internal.address && side.https == internal.https;
    if let Some(public) = balancer.public.as_ref().filter(is_internal) {
        return Err(BalancerError::OneSide {
            address: public.address,
        });
    }
    let files = &balancer.files;
    let mut text = head(files) + "\nhttp {\n";
    text += HTTP;
    let _ = writeln!(
        text,
        "    ssl_certificate {};\n    ssl_certificate_key {};",
        files.certificate, files.key
    );
    let public = balancer.public.as_ref();
    let public = public.map(|side| (Channel::Public, "public", side));
    let sides = public
        .into_iter()
        .chain([(Channel::Internal, "internal", internal)]);
    for (channel, name, side) in sides {
        let http = balancer
            .entrances
            .iter()
            .find(|entrance| entrance.channel == channel && entrance.is_http());
        let http = http.ok_or(BalancerError::NoEntrance(name))?;
        text += &upstream(
            name,
            &balancer.nodes,
            http.node_port,
            "    keepalive 64;\n    ",
        );
        text += &web(name, side);
    }
    text += "}\n\nstream {\n    proxy_connect_timeout 1s;\n    proxy_timeout 10m;\n";
    text += &passed_on(balancer);
    text += "}\n";
    Ok(text)
}

/// The file for a cluster that has nothing but its API yet.
pub fn api_alone(
    control_planes: &[IpAddr],
    listen: &[IpAddr],
    supervisor: Option<u16>,
    files: &Files,
) -> String {
    let mut text = head(files);
    text += "\nstream {\n    proxy_connect_timeout 1s;\n    proxy_timeout 10m;\n";
    text += &control_plane(control_planes, listen, supervisor);
    text + "}\n"
}

/// What concerns the whole program.
fn head(files: &Files) -> String {
    let mut text = String::from("# Written by mosipctl; changes are overwritten.\n");
    if let Some(modules) = &files.modules {
        let _ = writeln!(text, "load_module {modules}/ngx_stream_module.so;");
    }
    let _ = writeln!(
        text,
        "worker_processes auto;\nworker_rlimit_nofile 65536;\npid {};\nerror_log {} warn;",
        files.pid, files.errors
    );
    // two connections for each that is open, one on each side
    text + "events { worker_connections 16384; }\n"
}

/// The way to the API servers, and to where nodes register.
fn control_plane(nodes: &[IpAddr], listen: &[IpAddr], supervisor: Option<u16>) -> String {
    let supervisor = supervisor.map(|port| ("supervisor", port));
    let ways = [Some(("kubernetes", API)), supervisor];
    let mut text = String::new();
    for (name, port) in ways.into_iter().flatten() {
        text += &upstream(name, nodes, port, "");
        text += "    server {\n";
        for address in listen {
            let listen = SocketAddr::new(*address, port);
            let _ = writeln!(text, "        listen {listen} so_keepalive=on;");
        }
        let _ = writeln!(text, "        proxy_pass {name};\n    }}");
    }
    text
}

/// Nodes that take something; one that fails is left alone for a while.
fn upstream(name: &str, nodes: &[IpAddr], port: u16, more: &str) -> String {
    let servers = nodes.iter().map(|node| {
        let address = SocketAddr::new(*node, port);
        format!("        server {address} max_fails=1 fail_timeout=5s;\n")
    });
    let servers: String = servers.collect();
    format!("\n    upstream {name} {{\n{servers}    {more}}}\n")
}

/// Hosts of a side, whoever asks for another one, and the way from HTTP.
fn web(name: &str, side: &Side) -> String {
    let secure = SocketAddr::new(side.address, side.https);
    let mut text = format!(
        "    # whoever asks for another host gets no certificate to look at\n    server {{\n        listen {secure} ssl default_server;\n        ssl_reject_handshake on;\n    }}\n"
    );
    if !side.hosts.is_empty() {
        let hosts = side.hosts.join("\n            ");
        let _ = writeln!(
            text,
            "    server {{\n        listen {secure} ssl;\n        server_name\n            {hosts};\n        location / {{\n            proxy_pass http://{name};\n{PROXY}        }}\n    }}"
        );
    }
    if let Some(port) = side.http {
        let plain = SocketAddr::new(side.address, port);
        let _ = writeln!(
            text,
            "    server {{\n        listen {plain} default_server;\n        return 308 https://$host$request_uri;\n    }}"
        );
    }
    text
}

/// What is no HTTP, and the API servers: passed on as it is.
fn passed_on(balancer: &Balancer) -> String {
    let mut text = String::new();
    let internal = balancer.internal.address;
    let others = balancer
        .entrances
        .iter()
        .filter(|entrance| entrance.channel == Channel::Internal && !entrance.is_http());
    for entrance in others {
        text += &upstream(&entrance.name, &balancer.nodes, entrance.node_port, "");
        let listen = SocketAddr::new(internal, entrance.port);
        let _ = writeln!(
            text,
            "    server {{\n        listen {listen} so_keepalive=on;\n        proxy_pass {};\n    }}",
            entrance.name
        );
    }
    if !balancer.control_planes.is_empty() {
        text += &control_plane(&balancer.control_planes, &balancer.api, balancer.supervisor);
    }
    text
}

#[cfg(test)]
mod tests;
