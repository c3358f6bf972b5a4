//! Two hosts from nothing to nothing.

#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::fs;
use std::process::Command;
use std::time::Instant;

use mosipctl_site::{GUEST, Host, Site, SiteSettings, lacks};

/// What a command prints; it must succeed.
fn said(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {text} {errors}");
    text
}

fn on(site: &Site, host: &Host, command: &str) -> String {
    said(site.ssh(host).arg(command))
}

/// Lines of the whole machine that name the site: processes, namespaces, mounts, control groups.
fn traces(site: &str) -> Vec<String> {
    let mut lines = vec![
        said(Command::new("ps").args(["-e", "-o", "args="])),
        said(Command::new("ip").args(["netns", "list"])),
    ];
    lines.push(fs::read_to_string("/proc/self/mountinfo").unwrap());
    lines.push(said(Command::new("find").args([
        "/sys/fs/cgroup",
        "/run",
        "-name",
        &format!("*{site}*"),
    ])));
    let lines = lines.iter().flat_map(|text| text.lines());
    lines
        .filter(|line| line.contains(site) && !line.contains("/sys/fs/cgroup -name"))
        .map(str::to_owned)
        .collect()
}

#[test]
fn two_hosts_come_up_reboot_lose_power_and_leave_nothing() {
    if let Some(reason) = lacks() {
        eprintln!("skipped: {reason}");
        return;
    }
    let settings = SiteSettings::for_test(2).unwrap();
    let started = Instant::now();
    let mut site = Site::up(&settings, &|_| {}).unwrap();
    eprintln!(
        "two hosts are up after {:.1} s",
        started.elapsed().as_secs_f64()
    );
    let hosts = site.hosts().to_vec();
    let [first, second] = &hosts[..] else {
        panic!("{hosts:?}")
    };

    the_user_may_do_everything_and_the_guest_nothing(&site, first);
    hosts_know_and_reach_each_other(&site, first, second);
    packages_come_from_the_folder(&site, first);
    rules_go_and_files_stay_at_a_reboot(&mut site, second);
    a_power_cut_hurts_nobody_else(&mut site, first, second);
    the_hosts_file_lies_beside_its_key(&site);

    assert!(!traces(&settings.name).is_empty());
    let folder = site.hosts_file().parent().unwrap().to_owned();
    site.down().unwrap();
    assert_eq!(traces(&settings.name), Vec::<String>::new());
    assert!(!folder.exists());
    eprintln!("everything took {:.1} s", started.elapsed().as_secs_f64());
}

fn the_user_may_do_everything_and_the_guest_nothing(site: &Site, host: &Host) {
    assert_eq!(
        on(site, host, "sudo id -un; id -un; hostname"),
        format!("root\nadmin\n{}", host.name)
    );
    assert_eq!(on(site, host, "systemctl is-system-running"), "running");
    let refused = site
        .ssh_as(GUEST, host)
        .arg("sudo -n true")
        .output()
        .unwrap();
    assert!(!refused.status.success());
    let root = site.ssh_as("root", host).arg("true").output().unwrap();
    assert!(!root.status.success());
}

fn hosts_know_and_reach_each_other(site: &Site, from: &Host, to: &Host) {
    let ids = [from, to].map(|host| on(site, host, "cat /etc/machine-id"));
    assert!(ids[0].len() == 32 && ids[0] != ids[1], "{ids:?}");
    on(site, from, &format!("ping -c 1 -W 2 {}", to.name));
}

fn packages_come_from_the_folder(site: &Site, host: &Host) {
    on(
        site,
        host,
        "sudo apt-get update -qq && sudo apt-get install -y -qq wireguard-tools >/dev/null",
    );
    assert!(on(site, host, "wg --version").starts_with("wireguard-tools"));
    let clock = site
        .ssh(host)
        .arg("sudo date -s 2001-01-01")
        .output()
        .unwrap();
    assert!(
        !clock.status.success(),
        "a host may set the clock of this machine"
    );
}

fn rules_go_and_files_stay_at_a_reboot(site: &mut Site, host: &Host) {
    on(
        site,
        host,
        "echo here | sudo tee /etc/note /var/note >/dev/null; sudo nft add table inet mine",
    );
    let boot = on(
        site,
        host,
        "cat /proc/sys/kernel/random/boot_id; uptime -s >/dev/null; systemctl show -P UserspaceTimestampMonotonic",
    );
    let started = Instant::now();
    site.reboots(&host.name, |site| {
        // the connection ends with the host
        let _ = site.ssh(host).arg("sudo systemctl reboot").output();
    })
    .unwrap();
    eprintln!("a reboot took {:.1} s", started.elapsed().as_secs_f64());
    let again = on(
        site,
        host,
        "cat /proc/sys/kernel/random/boot_id; uptime -s >/dev/null; systemctl show -P UserspaceTimestampMonotonic",
    );
    assert_ne!(boot, again);
    assert_eq!(
        on(site, host, "cat /etc/note /var/note; sudo nft list tables"),
        "here\nhere"
    );
}

fn a_power_cut_hurts_nobody_else(site: &mut Site, lost: &Host, other: &Host) {
    site.cut_power(&lost.name).unwrap();
    assert!(
        !site
            .ssh(lost)
            .arg("true")
            .output()
            .unwrap()
            .status
            .success()
    );
    on(site, other, "true");
    site.give_power(&lost.name).unwrap();
    on(site, lost, "wg --version");
}

fn the_hosts_file_lies_beside_its_key(site: &Site) {
    let text = fs::read_to_string(site.hosts_file()).unwrap();
    assert!(
        text.contains("key: key") && text.contains("10.88.0.11"),
        "{text}"
    );
    assert!(site.hosts_file().with_file_name("key").exists());
}

#[test]
fn a_site_of_a_killed_process_is_taken_down_by_the_next() {
    if let Some(reason) = lacks() {
        eprintln!("skipped: {reason}");
        return;
    }
    let mut killed = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "makes_a_site_and_hangs_when_asked",
            "--nocapture",
        ])
        .env(ASKED, "yes")
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let output = std::io::BufReader::new(killed.stdout.take().unwrap());
    let mut lines = std::io::BufRead::lines(output).map(Result::unwrap);
    let name = lines
        .find_map(|line| {
            line.split_once("site is up: ")
                .map(|(_, name)| name.to_owned())
        })
        .unwrap();
    assert!(!traces(&name).is_empty());
    killed.kill().unwrap();
    killed.wait().unwrap();
    assert!(traces(&name).len() > 1);
    let site = Site::up(&SiteSettings::for_test(1).unwrap(), &|_| {}).unwrap();
    assert_eq!(traces(&name), Vec::<String>::new());
    drop(site);
}

/// Asks the test below to make a site, in a process that is then killed.
const ASKED: &str = "MOSIPCTL_SITE_TEST_HANGS";

#[test]
fn makes_a_site_and_hangs_when_asked() {
    if std::env::var_os(ASKED).is_none() {
        return;
    }
    let settings = SiteSettings::for_test(1).unwrap();
    let _site = Site::up(&settings, &|_| {}).unwrap();
    println!("site is up: {}", settings.name);
    loop {
        std::thread::park();
    }
}
