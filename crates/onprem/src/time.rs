//! What sets the clock of a host: what does so already, else chrony.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use mosipctl_catalogue::Fact;
use mosipctl_firewall::Wall;
use mosipctl_hosts::FileOnHost;
use mosipctl_hosts::facts::{Family, Unit};
use mosipctl_spec::hosts::Host;

use crate::error::OnpremError;
use crate::family::places;
use crate::ground::Ground;
use crate::item::{HEAD, Item, Script};
use crate::work::{Task, Work, fact};

/// Name of the work.
pub(crate) const TIME: &str = "time";
/// Package of a host whose clock nothing sets.
pub(crate) const PACKAGE: &str = "chrony";
/// Which servers chrony hears.
const SOURCES: &str = "/etc/chrony/sources.d/mosipctl.sources";
/// Whom chrony serves.
const SERVED: &str = "/etc/chrony/conf.d/mosipctl.conf";
const TIMESYNCD: &str = "/etc/systemd/timesyncd.conf.d/mosipctl.conf";
/// The folders of those files are Debian's; chronyd of the RHEL family has to be told of them.
const TOLD: &str = "for line in 'confdir /etc/chrony/conf.d' 'sourcedir /etc/chrony/sources.d'; do grep -qxF \"$line\" /etc/chrony.conf";
/// Whether chrony runs as it should.
const RUNS: &str = include_str!("time/runs.sh");
const NOT_HEARD: &str = "its clock follows none of its time servers";
const REMEDY: &str =
    "look whether UDP port 123 of `time.servers` in the hosts file is open to it, and serves";

/// What sets the clock of a host as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Clock {
    /// Nothing does.
    Nothing,
    /// chrony.
    Chrony,
    /// That of systemd.
    Timesyncd,
    /// Something that is set up by somebody else.
    Other,
}

impl Clock {
    /// By what runs there.
    pub(crate) fn of(units: &BTreeMap<String, Unit>) -> Self {
        let runs = |names: &[&str]| {
            let unit = |name: &&str| units.get(&format!("{name}.service"));
            let mut found = names.iter().filter_map(unit);
            found.any(|unit| unit.active == "active")
        };
        if runs(&["chrony", "chronyd"]) {
            Self::Chrony
        } else if runs(&["systemd-timesyncd"]) {
            Self::Timesyncd
        } else if runs(&["ntp", "ntpsec"]) {
            Self::Other
        } else {
            Self::Nothing
        }
    }
}

impl Ground<'_> {
    /// Whether chrony sets, or is to set, the clock of a host. Only chrony serves others.
    pub(crate) fn has_chrony(&self, host: &Host) -> bool {
        let clock = self.traits_of(host).clock;
        let is_ours = self.hosts_file.spec.time.sync && clock != Clock::Other;
        is_ours && (host.serves_time || clock != Clock::Timesyncd)
    }

    /// What sets the clock of a host; none where that is not ours to see to.
    /// `packages` is what brings chrony, where the host gets packages.
    pub(crate) fn time(
        &self,
        host: &Host,
        wall: &Wall,
        packages: Option<&Work>,
    ) -> Result<Option<Work>, OnpremError> {
        let traits = self.traits_of(host);
        if !self.hosts_file.spec.time.sync || traits.clock == Clock::Other {
            return Ok(None);
        }
        let servers = self.time_servers(host, wall.hosts())?;
        let mut items = match self.has_chrony(host) {
            true => {
                let served = host.serves_time.then(|| served(host, wall));
                chrony(traits.family, &servers, served.as_ref())
            }
            false => timesyncd(&servers),
        };
        // one that serves others has its own clock to fall back to
        let follows = !servers.is_empty() && !host.serves_time;
        if follows {
            items.push(match self.has_chrony(host) {
                true => heard_by_chrony(traits.family),
                false => heard_by_timesyncd(),
            });
        }
        let name = host.name.as_str();
        let title = format!("see that the clock of {name} is set");
        let work = Work::new(name, TIME, title, Task::Items(items)).taking(3);
        let work = work.needing(packages.map(Work::fact));
        let hosts = wall.hosts().iter();
        let serving = hosts.filter(|other| follows && other.serves_time);
        let ready = serving.flat_map(|other| self.serves(other.name.as_str()));
        Ok(Some(work.needing(ready)))
    }

    /// What has to be true before a host is asked for the time.
    fn serves(&self, host: &str) -> Vec<Fact> {
        let wall = self.hosts_file.spec.access.firewall;
        let works = [Some(TIME), wall.then_some("firewall")];
        works.into_iter().flatten().map(|w| fact(host, w)).collect()
    }

    /// The servers that a host hears: all but itself.
    fn time_servers(&self, host: &Host, hosts: &[Host]) -> Result<Vec<String>, OnpremError> {
        let mut servers = Vec::new();
        for server in &self.hosts_file.spec.time.servers {
            match hosts.iter().find(|other| other.is_called(server)) {
                Some(other) if other.name == host.name => {}
                Some(other) => servers.push(self.ip(other)?.to_string()),
                None => servers.push(server.to_string()),
            }
        }
        Ok(servers)
    }
}

/// The addresses that other hosts may ask from.
fn served(host: &Host, wall: &Wall) -> BTreeSet<IpAddr> {
    let others = wall.hosts().iter().filter(|other| other.name != host.name);
    let addresses = others.flat_map(|other| wall.addresses(other.name.as_str()));
    addresses.copied().collect()
}

fn chrony(family: Family, servers: &[String], served: Option<&BTreeSet<IpAddr>>) -> Vec<Item> {
    let mut items = vec![
        file(SOURCES, sources(servers)),
        file(SERVED, served.map(serving)),
    ];
    if family == Family::Rhel {
        items.push(Item::Script(Script {
            what: "let chronyd read what is in its folders".to_owned(),
            check: format!("{TOLD} || echo \"it does not know $line\"; done"),
            run: format!("{TOLD} || echo \"$line\" >> /etc/chrony.conf || exit 1; done"),
        }));
    }
    let unit = places(family).chrony;
    items.push(Item::Script(Script {
        what: format!("start `{unit}`"),
        check: RUNS.replace("@UNIT@", unit),
        run: format!("systemctl -q enable {unit} && systemctl restart {unit}"),
    }));
    items
}

fn timesyncd(servers: &[String]) -> Vec<Item> {
    let text = (!servers.is_empty()).then(|| format!("{HEAD}[Time]\nNTP={}\n", servers.join(" ")));
    vec![
        file(TIMESYNCD, text),
        Item::Unit("systemd-timesyncd".to_owned()),
    ]
}

/// A file with this content, or none.
fn file(path: &str, text: Option<String>) -> Item {
    match text {
        Some(text) => Item::File(FileOnHost::new(path, text)),
        None => Item::NoFile(path.to_owned()),
    }
}

fn sources(servers: &[String]) -> Option<String> {
    let lines = servers
        .iter()
        .map(|server| format!("server {server} iburst\n"));
    (!servers.is_empty()).then(|| format!("{HEAD}{}", lines.collect::<String>()))
}

/// Its own clock counts as a bad one: whoever hears a better one prefers it.
fn serving(served: &BTreeSet<IpAddr>) -> String {
    let lines = served.iter().map(|address| format!("allow {address}\n"));
    format!(
        "{HEAD}{}local stratum 10 orphan\n",
        lines.collect::<String>()
    )
}

/// The clock follows a server: `now` says whether it does, `until` awaits it.
fn heard(now: &str, until: &str) -> Item {
    Item::Script(Script {
        what: "hear a time server".to_owned(),
        check: format!("{now} || echo '{NOT_HEARD}'"),
        run: format!("{until} || {{ echo '{NOT_HEARD}: {REMEDY}' >&2; exit 1; }}"),
    })
}

/// At most a second away from it. Where chrony may not run the clock is that of the host's machine.
fn heard_by_chrony(family: Family) -> Item {
    let unit = places(family).chrony;
    let now =
        format!("! systemctl -q is-active {unit} || chronyc -n waitsync 1 1 > /dev/null 2>&1");
    heard(&now, "chronyc -n waitsync 60 1 0 1 > /dev/null")
}

fn heard_by_timesyncd() -> Item {
    let now = "[ \"$(timedatectl show -p NTPSynchronized --value)\" = yes ]";
    let until = format!("timeout 60 sh -c 'until {now}; do sleep 1; done'");
    heard(now, &until)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unit(active: &str) -> Unit {
        Unit {
            active: active.to_owned(),
            file: "enabled".to_owned(),
        }
    }

    fn running(name: &str) -> Clock {
        Clock::of(&BTreeMap::from([(
            format!("{name}.service"),
            unit("active"),
        )]))
    }

    #[test]
    fn what_runs_sets_the_clock() {
        assert_eq!(running("chronyd"), Clock::Chrony);
        assert_eq!(running("systemd-timesyncd"), Clock::Timesyncd);
        assert_eq!(running("ntpsec"), Clock::Other);
        assert_eq!(running("nginx"), Clock::Nothing);
        let stopped = ("chrony.service".to_owned(), unit("inactive"));
        assert_eq!(Clock::of(&BTreeMap::from([stopped])), Clock::Nothing);
    }

    #[test]
    fn chronyd_of_the_rhel_family_is_told_of_the_folders_once() {
        let folder = tempfile::tempdir().unwrap();
        let configuration = folder.path().join("chrony.conf");
        std::fs::write(&configuration, "driftfile /var/lib/chrony/drift\n").unwrap();
        let items = chrony(Family::Rhel, &[], None);
        let script = items.iter().find_map(|item| match item {
            Item::Script(script) if script.what.contains("folders") => Some(script),
            _ => None,
        });
        let script = script.unwrap();
        let run = |line: &str| {
            let line = line.replace("/etc/chrony.conf", &configuration.display().to_string());
            crate::played::says(&line)
        };
        assert_eq!(run(&script.check).lines().count(), 2);
        for _ in 0..2 {
            assert_eq!(run(&script.run), "");
            assert_eq!(run(&script.check), "");
        }
        let text = std::fs::read_to_string(&configuration).unwrap();
        assert_eq!(text.lines().count(), 3, "{text}");
    }
}
