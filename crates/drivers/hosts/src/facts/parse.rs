//! Reading the answer of a host.

use std::str::FromStr;
use std::time::Duration;

use super::addresses::Raw;
use super::{Cgroup, Clock, Disk, Facts, Memory, Module, Os, Sudo, Told, Unit};

/// First field and version of the line with which an answer begins.
const FIRST: [&str; 2] = ["mosipctl-facts", "1"];
/// `df` and `/proc/meminfo` count in these.
const KIBIBYTE: u64 = 1024;

/// Why an answer is not understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FactsError {
    /// A line is not of its form.
    #[error("line {line} of its answer is not understood: `{text}`")]
    Line {
        /// The line, from 1.
        line: usize,
        /// The line.
        text: String,
    },
    /// The answer has no beginning, or is not whole.
    #[error("its answer has no {0}")]
    Missing(&'static str),
}

/// Reads an answer. What stands before its first line was written by the login shell.
pub(super) fn parse(told: &Told<'_>) -> Result<Facts, FactsError> {
    let mut answer = Answer::default();
    let mut lines = told.text.lines().enumerate();
    let begun = lines.find_map(|(_, line)| begun(line));
    let theirs = begun.ok_or(FactsError::Missing("beginning"))?;
    for (number, text) in lines {
        let fields: Vec<&str> = text.split('\t').collect();
        if fields == ["end"] {
            return answer.facts(clock(theirs, told));
        }
        answer.take(&fields).ok_or_else(|| FactsError::Line {
            line: number + 1,
            text: text.to_owned(),
        })?;
    }
    Err(FactsError::Missing("end"))
}

/// The time of the host, when this is the first line.
fn begun(line: &str) -> Option<Duration> {
    let fields: Vec<&str> = line.split('\t').collect();
    match fields.as_slice() {
        [name, version, time] if [*name, *version] == FIRST => {
            // a `date` without nanoseconds leaves its `%N`
            let seconds = time.trim_end_matches(|c: char| !c.is_ascii_digit());
            Duration::try_from_secs_f64(seconds.parse().ok()?).ok()
        }
        _ => None,
    }
}

fn clock(theirs: Duration, told: &Told<'_>) -> Clock {
    let milliseconds = |time: Duration| i64::try_from(time.as_millis()).unwrap_or(i64::MAX);
    Clock {
        ahead: milliseconds(theirs) - milliseconds(told.ours),
        uncertainty: u64::try_from(told.took.as_millis() / 2).unwrap_or(u64::MAX),
    }
}

/// What was read so far. What may not be left out is an option.
#[derive(Default)]
struct Answer {
    hostname: Option<String>,
    machine_id: Option<String>,
    boot_id: String,
    kernel: Option<(String, String)>,
    cpus: Option<u32>,
    os: Os,
    memory: Memory,
    disks: Vec<Disk>,
    cgroup: Option<Cgroup>,
    network: Raw,
    sudo: Option<Sudo>,
    rest: Rest,
}

/// What a host may have many of, or none.
#[derive(Default)]
struct Rest {
    nameservers: Vec<String>,
    loaded: std::collections::BTreeSet<String>,
    modules: std::collections::BTreeMap<String, Module>,
    sysctls: std::collections::BTreeMap<String, i64>,
    programs: std::collections::BTreeMap<String, String>,
    sockets: std::collections::BTreeSet<String>,
    init: String,
    units: std::collections::BTreeMap<String, Unit>,
    selinux: Option<String>,
}

impl Answer {
    /// Takes a line; none when it is not understood.
    fn take(&mut self, fields: &[&str]) -> Option<()> {
        match fields {
            ["hostname", name] => self.hostname = Some((*name).to_owned()),
            ["machine-id", id] => self.machine_id = some(id),
            ["boot-id", id] => self.boot_id = (*id).to_owned(),
            ["kernel", release, machine] => {
                self.kernel = Some(((*release).to_owned(), (*machine).to_owned()));
            }
            ["cpus", number] => self.cpus = Some(read(number)?),
            ["os", id, version, like, name] => self.os = os([id, version, like, name]),
            ["memory", kind, amount] => self.memory(kind, read(amount)?)?,
            ["disk", source, size, free, mount] => self.disks.push(Disk {
                source: (*source).to_owned(),
                mount: (*mount).to_owned(),
                size: read::<u64>(size)?.checked_mul(KIBIBYTE)?,
                free: read::<u64>(free)?.checked_mul(KIBIBYTE)?,
            }),
            ["cgroup", version] => self.cgroup = Some(cgroup(version)?),
            ["interface" | "address" | "route" | "listens", ..] => self.network.take(fields)?,
            ["sudo", "root"] => self.sudo = Some(Sudo::Root),
            ["sudo", "allowed"] => self.sudo = Some(Sudo::Allowed),
            ["sudo", "refused", said] => {
                let said = said.strip_prefix("sudo: ").unwrap_or(said);
                self.sudo = Some(Sudo::Refused(said.to_owned()));
            }
            fields => self.rest.take(fields)?,
        }
        Some(())
    }

    fn memory(&mut self, kind: &str, kibibytes: u64) -> Option<()> {
        let place = match kind {
            "total" => &mut self.memory.total,
            "available" => &mut self.memory.available,
            "swap" => &mut self.memory.swap,
            _ => return None,
        };
        *place = kibibytes.checked_mul(KIBIBYTE)?;
        Some(())
    }

    fn facts(self, clock: Clock) -> Result<Facts, FactsError> {
        let missing = FactsError::Missing;
        let (kernel, architecture) = self.kernel.ok_or(missing("kernel"))?;
        if self.memory.total == 0 {
            return Err(missing("memory"));
        }
        let rest = self.rest;
        Ok(Facts {
            hostname: self.hostname.ok_or(missing("hostname"))?,
            machine_id: self.machine_id,
            boot_id: self.boot_id,
            os: self.os,
            kernel,
            architecture,
            cpus: self.cpus.ok_or(missing("cpus"))?,
            memory: self.memory,
            disks: self.disks,
            cgroup: self.cgroup.ok_or(missing("cgroup"))?,
            clock,
            interfaces: self.network.interfaces,
            routes: self.network.routes,
            listening: self.network.listening,
            nameservers: rest.nameservers,
            loaded: rest.loaded,
            modules: rest.modules,
            sysctls: rest.sysctls,
            programs: rest.programs,
            sockets: rest.sockets,
            init: rest.init,
            units: rest.units,
            selinux: rest.selinux,
            sudo: self.sudo.ok_or(missing("sudo"))?,
        })
    }
}

impl Rest {
    fn take(&mut self, fields: &[&str]) -> Option<()> {
        match fields {
            ["nameserver", address] => self.nameservers.push((*address).to_owned()),
            ["loaded", names] => {
                self.loaded = names.split_whitespace().map(str::to_owned).collect();
            }
            ["module", name, state] => {
                self.modules.insert((*name).to_owned(), module(state)?);
            }
            ["sysctl", name, value] => {
                self.sysctls.insert((*name).to_owned(), read(value)?);
            }
            ["program", name, path] => {
                self.programs.insert((*name).to_owned(), (*path).to_owned());
            }
            ["socket", path] => {
                self.sockets.insert((*path).to_owned());
            }
            ["init", init] => self.init = (*init).to_owned(),
            ["unit", name, active, file] => {
                let unit = Unit {
                    active: (*active).to_owned(),
                    file: (*file).to_owned(),
                };
                self.units.insert((*name).to_owned(), unit);
            }
            ["selinux", mode] => self.selinux = some(mode),
            _ => return None,
        }
        Some(())
    }
}

fn read<T: FromStr>(text: &str) -> Option<T> {
    text.parse().ok()
}

fn some(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

fn os([id, version, like, name]: [&str; 4]) -> Os {
    Os {
        id: id.to_owned(),
        version: version.to_owned(),
        like: like.split_whitespace().map(str::to_owned).collect(),
        name: name.to_owned(),
    }
}

fn cgroup(version: &str) -> Option<Cgroup> {
    match version {
        "v1" => Some(Cgroup::V1),
        "v2" => Some(Cgroup::V2),
        "none" => Some(Cgroup::None),
        _ => None,
    }
}

fn module(state: &str) -> Option<Module> {
    match state {
        "loaded" => Some(Module::Loaded),
        "loadable" => Some(Module::Loadable),
        "missing" => Some(Module::Missing),
        "unknown" => Some(Module::Unknown),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
