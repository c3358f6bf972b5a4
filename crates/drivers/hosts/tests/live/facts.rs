//! Facts of hosts, one and many.

use std::time::{Duration, Instant};

use futures::future::join_all;
use mosipctl_hosts::Target;
use mosipctl_hosts::facts::{Sudo, facts};

use crate::commands::with_users;
use crate::support::{Site, is_root};

#[tokio::test]
async fn a_host_tells_what_it_is_in_one_command() {
    let Some(site) = Site::new().await else {
        return;
    };
    let server = site.server("one").await;
    let host = site.connected(&server).await;
    let facts = facts(host.as_ref()).await.unwrap();
    assert_eq!(facts.kernel, read("/proc/sys/kernel/osrelease"));
    assert_eq!(facts.boot_id, read("/proc/sys/kernel/random/boot_id"));
    let listens = facts
        .listening
        .iter()
        .any(|each| each.port == server.port());
    assert!(listens, "{:?}", facts.listening);
    assert!(facts.disk_of("/var/lib").is_some_and(|disk| disk.size > 0));
    let clock = facts.clock;
    let off = clock.ahead.unsigned_abs();
    assert!(
        off <= clock.uncertainty + 50,
        "it is our own clock: {clock:?}"
    );
    if is_root() {
        assert_eq!(facts.sudo, Sudo::Root);
    }
}

#[tokio::test]
async fn a_user_is_told_whether_it_may_become_root() {
    let Some(site) = Site::new().await else {
        return;
    };
    let Some(server) = with_users(&site).await else {
        return;
    };
    let target = |name: &str| Target {
        user: name.to_owned(),
        ..site.target(name, server.port())
    };
    let hosts = site.hosts(vec![target("sam"), target("pat")]).await;
    let told = async |name: &str| {
        let host = hosts.connection(name).await.unwrap();
        facts(host.as_ref()).await.unwrap().sudo
    };
    assert_eq!(told("sam").await, Sudo::Allowed);
    assert_eq!(
        told("pat").await,
        Sudo::Refused("a password is required".to_owned())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_hosts_tell_theirs_at_once_and_in_order() {
    const HOSTS: usize = 50;
    let Some(site) = Site::new().await else {
        return;
    };
    let names: Vec<String> = (0..HOSTS).map(|number| format!("h{number}")).collect();
    let servers = join_all(names.iter().map(|name| site.server(name))).await;
    let pairs = names.iter().zip(&servers);
    let targets = pairs.map(|(name, server)| site.target(name, server.port()));
    let hosts = site.hosts(targets.collect()).await;
    let began = Instant::now();
    let told = hosts
        .each(&names, async |host| facts(host.as_ref()).await)
        .await;
    let took = began.elapsed();
    eprintln!("facts of {HOSTS} hosts, connected to for it: {took:.2?}");
    let again = Instant::now();
    let again_told = hosts
        .each(&names, async |host| facts(host.as_ref()).await)
        .await;
    eprintln!(
        "facts of {HOSTS} hosts over the same connections: {:.2?}",
        again.elapsed()
    );
    assert!(told.iter().all(|(_, facts)| facts.is_ok()));
    assert!(again_told.iter().all(|(_, facts)| facts.is_ok()));
    let order: Vec<&str> = told.iter().map(|(name, _)| *name).collect();
    assert_eq!(order, names);
    // far more than it takes, on a machine that does other things meanwhile; the bench has the figure
    assert!(took < Duration::from_secs(60), "it took {took:?}");
}

fn read(path: &str) -> String {
    std::fs::read_to_string(path).unwrap().trim().to_owned()
}
