//! Which process runs a run, so that another can tell whether it still lives.

use std::fs;

use serde::{Deserialize, Serialize};

/// A process, told apart from any later one with the same number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Process {
    /// Its number.
    pub pid: u32,
    /// The machine.
    pub host: String,
    /// Which start of the machine; absent where the system does not tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub boot: Option<String>,
    /// When it started, in the system's own ticks since the machine did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started: Option<u64>,
}

/// Whether a process lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// It does.
    Alive,
    /// It does not.
    Gone,
    /// It ran on another machine: not to be seen from here.
    Elsewhere,
}

impl Process {
    /// This process.
    pub fn current() -> Self {
        let pid = std::process::id();
        Self {
            pid,
            host: host(),
            boot: boot(),
            started: stat(pid).map(|stat| stat.started),
        }
    }

    /// Whether it lives.
    pub fn presence(&self) -> Presence {
        if self.host != host() {
            return Presence::Elsewhere;
        }
        if self.boot.is_some() && self.boot != boot() {
            return Presence::Gone;
        }
        let alive = match (self.started, stat(self.pid)) {
            (Some(started), Some(now)) => now.started == started && !now.dead,
            (Some(_), None) => false,
            (None, _) => answers(self.pid),
        };
        if alive {
            Presence::Alive
        } else {
            Presence::Gone
        }
    }
}

fn host() -> String {
    let name = nix::unistd::gethostname().unwrap_or_default();
    name.to_string_lossy().into_owned()
}

fn boot() -> Option<String> {
    let id = fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    Some(id.trim().to_owned())
}

/// What `/proc/PID/stat` says.
struct Stat {
    started: u64,
    /// Ended, but not yet collected by its parent.
    dead: bool,
}

/// Reads `/proc/PID/stat`, see proc_pid_stat(5): the name stands in brackets and may hold anything, so fields are counted
/// from the last bracket: field 3 is the state, field 22 the start time.
fn stat(pid: u32) -> Option<Stat> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, rest) = text.rsplit_once(')')?;
    let mut fields = rest.split_whitespace();
    let dead = matches!(fields.next()?, "Z" | "X");
    let started = fields.nth(18)?.parse().ok()?;
    Some(Stat { started, dead })
}

/// Whether anything with that number takes signals, for systems without `/proc`.
fn answers(pid: u32) -> bool {
    let Ok(pid) = i32::try_from(pid) else {
        return false;
    };
    let answer = nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), None);
    matches!(answer, Ok(()) | Err(nix::errno::Errno::EPERM))
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};

    use super::*;

    #[test]
    fn this_process_is_alive() {
        assert_eq!(Process::current().presence(), Presence::Alive);
    }

    #[test]
    fn a_later_process_with_the_same_number_is_not_taken_for_it() {
        let process = Process::current();
        let earlier = Process {
            started: process.started.map(|ticks| ticks - 1),
            ..process
        };
        assert_eq!(earlier.presence(), Presence::Gone);
    }

    #[test]
    fn a_process_from_before_the_last_start_of_the_machine_is_gone() {
        let before = Process {
            boot: Some("another".to_owned()),
            ..Process::current()
        };
        assert_eq!(before.presence(), Presence::Gone);
    }

    #[test]
    fn a_process_on_another_machine_cannot_be_judged() {
        let other = Process {
            host: "elsewhere".to_owned(),
            ..Process::current()
        };
        assert_eq!(other.presence(), Presence::Elsewhere);
    }

    #[test]
    fn a_killed_process_is_gone_even_before_its_parent_collects_it() {
        let mut child = Command::new("cat").stdin(Stdio::piped()).spawn().unwrap();
        let process = Process {
            pid: child.id(),
            started: stat(child.id()).map(|stat| stat.started),
            ..Process::current()
        };
        assert_eq!(process.presence(), Presence::Alive);
        child.kill().unwrap();
        while process.presence() == Presence::Alive {
            std::thread::yield_now();
        }
        child.wait().unwrap();
        assert_eq!(process.presence(), Presence::Gone);
    }
}
