//! Rule sets on real hosts.

use std::time::{Duration, Instant};

use mosipctl_firewall::RULES;
use mosipctl_hosts::{Guarded, HostError, guarded, nftables};
use mosipctl_site::Site;

use crate::place::{CLOSED, hosts, inside, rules, says, site};

const NAMES: [&str; 3] = ["lb1", "cp1", "w1"];

#[test]
fn rule_sets_are_loaded_once_hold_and_come_back_at_a_start() {
    let Some(mut site) = site() else {
        return;
    };
    inside(&site, async || {
        let hosts = hosts(&site).await;
        for name in NAMES {
            let change = nftables::load(RULES, &rules(name));
            let started = Instant::now();
            let first = guarded(&hosts, name, &change).await.unwrap();
            eprintln!("{name}: loaded and confirmed in {:?}", started.elapsed());
            let again = guarded(&hosts, name, &change).await.unwrap();
            assert_eq!((first, again), (Guarded::Changed, Guarded::Unchanged));
        }
    });
    what_is_let_in_is_what_the_model_says(&site);
    // somebody takes it away by hand: that is seen and mended
    says(&site, "cp1", "sudo nft delete table inet mosipctl").unwrap();
    let mended = inside(&site, async || {
        let hosts = hosts(&site).await;
        guarded(&hosts, "cp1", &nftables::load(RULES, &rules("cp1"))).await
    });
    assert_eq!(mended.unwrap(), Guarded::Changed);
    site.reboots("w1", |site| drop(says(site, "w1", "sudo systemctl reboot")))
        .unwrap();
    what_is_let_in_is_what_the_model_says(&site);
    assert_eq!(
        says(&site, "w1", "systemctl is-system-running").unwrap(),
        "running"
    );
}

/// Nobody listens at these ports: what is let in is refused by the host itself, all else is met with silence.
fn what_is_let_in_is_what_the_model_says(site: &Site) {
    let attempt = |from: &str, to: &str, port: u16| {
        let line =
            format!("timeout 1 bash -c '</dev/tcp/{to}/{port}' 2>&1 | grep -c refused; true");
        says(site, from, &line).unwrap() != "0"
    };
    let (lb1, cp1, w1) = ("10.88.0.11", "10.88.0.12", "10.88.0.13");
    let tried = [
        ("w1", cp1, 6443, true),
        ("w1", cp1, 2379, false),
        ("w1", lb1, 2049, true),
        ("w1", lb1, 6443, true),
        ("w1", lb1, 5432, false),
        ("lb1", w1, 30080, true),
        ("cp1", w1, 30080, false),
        ("cp1", w1, 10250, true),
        ("lb1", w1, 10250, false),
    ];
    for (from, to, port, may) in tried {
        assert_eq!(attempt(from, to, port), may, "{from} to {to}:{port}");
    }
}

#[test]
fn a_rule_set_that_locks_us_out_is_gone_by_itself() {
    let Some(site) = site() else {
        return;
    };
    let listing = "sudo nft list ruleset; cat /etc/mosipctl/firewall.nft";
    let before = inside(&site, async || {
        let hosts = hosts(&site).await;
        let good = nftables::load(RULES, &rules("cp1"));
        guarded(&hosts, "cp1", &good).await.unwrap();
        let before = says(&site, "cp1", listing).unwrap();
        // where there was a rule set, and where there was none
        for name in ["cp1", "w1"] {
            let closed = nftables::load(RULES, CLOSED).within(Duration::from_secs(8));
            let started = Instant::now();
            let error = guarded(&hosts, name, &closed).await.unwrap_err();
            let elapsed = started.elapsed();
            eprintln!("{name}: back after {elapsed:?}: {error}");
            assert!(matches!(error, HostError::PutBack { .. }), "{error:?}");
            assert!(error.remedy().unwrap().contains("spec.access.admins"));
            assert!(elapsed.as_secs() < 30, "{elapsed:?}");
        }
        let again = guarded(&hosts, "cp1", &good).await.unwrap();
        assert_eq!(again, Guarded::Unchanged);
        before
    });
    assert_eq!(says(&site, "cp1", listing).unwrap(), before);
    let left = "sudo nft list ruleset; ls /etc/mosipctl /etc/systemd/system/mosipctl-firewall.service 2>/dev/null; systemctl is-enabled mosipctl-firewall.service 2>/dev/null; true";
    assert_eq!(says(&site, "w1", left).unwrap(), "/etc/mosipctl:");
}
