//! Facts of many hosts, each played by an OpenSSH server of its own on this machine.

use anyhow::{Context, Result, ensure};
use futures::future::try_join_all;
use mosipctl_servers::{Sshd, SshdSettings, make_key};
use serde_json::Value;

use super::figure::{Bar, Figure, Name};
use super::machine::load;
use super::place::Place;

/// How many hosts.
const HOSTS: usize = 50;
/// How often they are asked; the slowest counts.
const TIMES: usize = 3;
const ENVIRONMENT: &str = "apiVersion: mosipctl.io/v1alpha1\nkind: Environment\nmetadata: {name: bench}\nspec:\n  \
    domain: bench.example.org\n  mosip: 1.2.0.1\n  cluster: {kind: onprem, hosts: hosts.yaml}\n";

pub(crate) async fn measure(place: &Place) -> Result<Vec<Figure>> {
    eprintln!("── facts of hosts");
    Sshd::find()?;
    let public = make_key(&place.path("key"), "").await?;
    let start = (0..HOSTS).map(async |number| {
        let folder = place.path(&format!("host-{number}"));
        Sshd::start(&SshdSettings::new(folder, &[&public])).await
    });
    let servers = try_join_all(start).await?;
    place.write("environment.yaml", ENVIRONMENT)?;
    place.write("hosts.yaml", &hosts(&servers)?)?;
    place.run(&["hosts", "trust", "--yes"]).await?;
    let before = load()?;
    let mut took = Vec::new();
    for _ in 0..TIMES {
        let ended = place.run(&["hosts", "facts", "--json"]).await?;
        let told: Value = serde_json::from_str(&ended.output)?;
        let hosts = told["hosts"].as_object().context("no hosts")?;
        let known = hosts.values().filter(|host| host["cpus"].is_u64()).count();
        ensure!(known == HOSTS, "facts of {known} hosts alone");
        took.push(ended.took.as_secs_f64());
    }
    let slowest = took.iter().copied().fold(0.0, f64::max);
    let each: Vec<String> = took.iter().map(|time| format!("{time:.2}")).collect();
    Ok(vec![Figure {
        name: Name::Hosts,
        what: format!("facts of {HOSTS} hosts over SSH"),
        value: slowest,
        unit: " s",
        bar: Bar::AtMost(10.0),
        beside: vec![format!(
            "{TIMES} times, {} s; all of them on this machine; load {before} to {}",
            each.join(", "),
            load()?
        )],
    }])
}

fn hosts(servers: &[Sshd]) -> Result<String> {
    let user = std::process::Command::new("id").arg("-un").output()?;
    let user = String::from_utf8(user.stdout)?;
    let mut text = format!(
        "apiVersion: mosipctl.io/v1alpha1\nkind: Hosts\nspec:\n  defaults: {{ssh: {{user: {}, key: key}}}}\n  hosts:\n",
        user.trim()
    );
    for (number, server) in servers.iter().enumerate() {
        let role = if number == 0 {
            "control-plane"
        } else {
            "worker"
        };
        let port = server.port();
        text += &format!(
            "    - {{name: h{number}, address: 127.0.0.1, roles: [{role}], ssh: {{port: {port}}}}}\n"
        );
    }
    Ok(text)
}
