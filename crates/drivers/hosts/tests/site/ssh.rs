//! The drop-in of sshd on real hosts.

use std::time::{Duration, Instant};

use mosipctl_firewall::{SSH_DROP_IN, ssh_drop_in};
use mosipctl_hosts::{Command, Guarded, HostError, Shell, guarded, sshd};

use crate::place::{file, hosts, inside, says, site};

fn drop_in(name: &str) -> String {
    let file = file();
    let hosts = file.hosts();
    let host = hosts.iter().find(|host| host.name.as_str() == name);
    ssh_drop_in(&file, host.unwrap())
}

#[test]
fn people_log_in_with_keys_alone_and_mistakes_in_the_drop_in_are_undone() {
    let Some(site) = site() else {
        return;
    };
    inside(&site, async || {
        let hosts = hosts(&site).await;
        for name in ["lb1", "cp1", "w1"] {
            let change = sshd::drop_in(SSH_DROP_IN, &drop_in(name));
            let started = Instant::now();
            let first = guarded(&hosts, name, &change).await.unwrap();
            eprintln!("{name}: in force and confirmed in {:?}", started.elapsed());
            let again = guarded(&hosts, name, &change).await.unwrap();
            assert_eq!((first, again), (Guarded::Changed, Guarded::Unchanged));
        }
        let read = Command::line(
            "look",
            "sshd -T | grep -E '^(passwordauth|allowtcp|permitrootl)'",
        )
        .as_root();
        let told = async |name| {
            hosts
                .connection(name)
                .await
                .unwrap()
                .run(&read)
                .await
                .unwrap()
                .text()
        };
        let expected = |forwarding| {
            format!(
                "permitrootlogin without-password\npasswordauthentication no\nallowtcpforwarding {forwarding}\n"
            )
        };
        assert_eq!(told("lb1").await, expected("local"));
        assert_eq!(told("w1").await, expected("no"));
        mistakes(&hosts).await;
    });
    let kinds = says(
        &site,
        "w1",
        "ssh -o BatchMode=yes -o StrictHostKeyChecking=no nobody@localhost true 2>&1; true",
    );
    assert!(kinds.unwrap().ends_with("Permission denied (publickey)."));
    // whatever was tried, there is one drop-in of ours and nothing beside it
    let left = says(
        &site,
        "lb1",
        "sudo ls /etc/ssh/sshd_config.d | grep mosipctl",
    );
    assert_eq!(left.unwrap(), "00-mosipctl.conf");
}

async fn mistakes(hosts: &mosipctl_hosts::Hosts) {
    let span = Duration::from_secs(10);
    // sshd itself says so, before anything happens
    let started = Instant::now();
    let nonsense = sshd::drop_in(SSH_DROP_IN, "Nonsense yes\n").within(span);
    let error = guarded(hosts, "cp1", &nonsense).await.unwrap_err();
    let source = std::error::Error::source(&error).unwrap().to_string();
    assert!(
        source.contains("Bad configuration option: Nonsense"),
        "{source}"
    );
    assert!(
        started.elapsed() < span,
        "it waits for the timer though it need not"
    );
    // we get in to the bastion, and not to those behind it any more
    let no_way_on = drop_in("lb1").replace("AllowTcpForwarding local", "AllowTcpForwarding no");
    let no_way_on = sshd::drop_in(SSH_DROP_IN, &no_way_on).within(span);
    let error = guarded(hosts, "lb1", &no_way_on).await.unwrap_err();
    assert!(matches!(error, HostError::PutBack { .. }), "{error:?}");
    let source = std::error::Error::source(&error).unwrap().to_string();
    assert!(
        source.contains("it was reached before the change"),
        "{source}"
    );
    // our key counts for nothing
    let nobody = format!("{}AllowUsers nobody\n", drop_in("w1"));
    let nobody = sshd::drop_in(SSH_DROP_IN, &nobody).within(span);
    let error = guarded(hosts, "w1", &nobody).await.unwrap_err();
    assert!(matches!(error, HostError::PutBack { .. }), "{error:?}");
    for name in ["lb1", "cp1", "w1"] {
        let good = sshd::drop_in(SSH_DROP_IN, &drop_in(name));
        let state = guarded(hosts, name, &good).await.unwrap();
        assert_eq!(state, Guarded::Unchanged, "{name}");
    }
}
