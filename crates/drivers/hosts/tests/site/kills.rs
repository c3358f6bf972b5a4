//! A program that is killed, and a host that loses its power, while a change waits to be confirmed.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use mosipctl_firewall::RULES;
use mosipctl_hosts::{Guarded, guarded, nftables};
use mosipctl_site::Site;

use crate::place::{CLOSED, answers, hosts, inside, rules, says, site, until_says};

/// Asks the test below to begin a change on a host of a site, in a process that is then killed: `SITE HOST SECONDS`.
const ASKED: &str = "MOSIPCTL_GUARD_TEST_BEGINS";
/// What nobody can know who does not get in.
const FILE: &str = "cat /etc/mosipctl/firewall.nft 2>/dev/null | sha256sum; sudo nft list tables; sudo ls /var/lib/mosipctl/guard/firewall | grep -v lock";

/// A process that makes a change by which nobody gets in any more, from the moment in which it is in force.
fn begun(site: &Site, host: &str, seconds: u64) -> Child {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "kills::begins_a_change_when_asked",
            "--nocapture",
        ])
        .env(ASKED, format!("{} {host} {seconds}", site.network().name()))
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap().contains("it begins")));
    // when nobody answers any more, the change is in force
    while answers(site, host) {
        assert!(
            child.try_wait().unwrap().is_none(),
            "it was put back too soon"
        );
    }
    child
}

fn kill(mut child: Child) {
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn a_host_helps_itself_when_the_program_is_killed_or_its_power_is_cut() {
    let Some(mut site) = site() else {
        return;
    };
    let before = inside(&site, async || {
        let hosts = hosts(&site).await;
        let good = nftables::load(RULES, &rules("cp1"));
        guarded(&hosts, "cp1", &good).await.unwrap();
        says(&site, "cp1", FILE).unwrap()
    });
    let restored = before
        .replace("settled", "restored\nsettled")
        .replace("new\n", "");
    let has_restored = format!("{FILE} | grep -v ^new");
    let started = Instant::now();
    // killed: the timer of the host does it
    kill(begun(&site, "cp1", 15));
    until_says(&site, "cp1", &has_restored, &restored);
    eprintln!("killed and back within {:?}", started.elapsed());
    // killed, and the power is gone before the time is up: the start of the host does it
    kill(begun(&site, "cp1", 600));
    site.cut_power("cp1").unwrap();
    site.give_power("cp1").unwrap();
    until_says(&site, "cp1", &has_restored, &restored);
    eprintln!("and after a power cut within {:?}", started.elapsed());
    // killed, and the next run comes before the time is up, from where it gets in still
    a_next_run_begins_anew(&site);
}

/// This one lets us in all the time, so that the next run finds what was begun.
fn a_next_run_begins_anew(site: &Site) {
    let state = inside(site, async || {
        let hosts = hosts(site).await;
        let slow = nftables::load(RULES, &rules("cp1")).apply("sleep 600");
        let slow = slow.within(Duration::from_secs(24));
        // given up in the middle, as by a person who has no patience
        let begun = tokio::time::timeout(Duration::from_secs(6), guarded(&hosts, "w1", &slow));
        assert!(begun.await.is_err());
        guarded(&hosts, "w1", &nftables::load(RULES, &rules("w1"))).await
    });
    assert_eq!(state.unwrap(), Guarded::Changed);
    let table = says(site, "w1", "sudo nft list table inet mosipctl").unwrap();
    assert!(
        table.contains("10250") && !table.contains("2379"),
        "{table}"
    );
}

#[test]
fn begins_a_change_when_asked() {
    let Ok(asked) = std::env::var(ASKED) else {
        return;
    };
    let words: Vec<&str> = asked.split(' ').collect();
    let site = Site::find(words[0].trim_start_matches("mosipctl-site-")).unwrap();
    inside(&site, async || {
        let hosts = hosts(&site).await;
        let span = Duration::from_secs(words[2].parse().unwrap());
        println!("it begins");
        let _ = guarded(
            &hosts,
            words[1],
            &nftables::load(RULES, CLOSED).within(span),
        )
        .await;
    });
}
