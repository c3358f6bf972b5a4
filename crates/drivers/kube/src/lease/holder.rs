//! Who holds a lease: a process of a user on a machine.

use std::fmt;
use std::str::FromStr;

/// A process that holds, or wants, a lease. Text form: `USER@HOST/BOOT pid PID/STARTED`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// User of the operating system.
    pub user: String,
    /// Host name.
    pub host: String,
    /// Start of the machine: two machines may have one name, and one machine may have been started again.
    pub boot: String,
    /// Process.
    pub pid: u32,
    /// Start of the process in clock ticks since boot: process numbers are given again. Zero where it is not known.
    pub started: u64,
}

impl Holder {
    /// This process.
    pub fn this_process() -> Self {
        let pid = std::process::id();
        let user = nix::unistd::User::from_uid(nix::unistd::getuid());
        let user = user.ok().flatten().map(|user| user.name);
        let host = nix::unistd::gethostname();
        let host = host.ok().and_then(|host| host.into_string().ok());
        let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id");
        let boot: String = boot.unwrap_or_default().chars().take(8).collect();
        Self {
            user: user.unwrap_or_else(|| "unknown".to_owned()),
            host: host.unwrap_or_else(|| "unknown".to_owned()),
            boot,
            pid,
            started: started(pid).unwrap_or_default(),
        }
    }

    /// Whether this holder is known to be dead: a process of the same user on the same started machine that is gone.
    pub(super) fn is_dead_as_seen_by(&self, me: &Self) -> bool {
        let same_machine = (&self.host, &self.boot, &self.user) == (&me.host, &me.boot, &me.user);
        // a machine whose start is not known may be another one of that name
        same_machine && !self.boot.is_empty() && !self.is_alive_here()
    }

    fn is_alive_here(&self) -> bool {
        match started(self.pid) {
            Some(started) => self.started == 0 || self.started == started,
            None => false,
        }
    }
}

/// When a process of this machine started; none when there is no such process.
fn started(pid: u32) -> Option<u64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // the name, in parentheses, may itself hold spaces and parentheses; field 22 is the 20th after it
    let (_, fields) = stat.rsplit_once(')')?;
    fields.split_whitespace().nth(19)?.parse().ok()
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            user,
            host,
            boot,
            pid,
            started,
        } = self;
        write!(f, "{user}@{host}/{boot} pid {pid}/{started}")
    }
}

/// A text that is no holder of ours.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` names no process")]
pub struct ParseHolderError(String);

impl FromStr for Holder {
    type Err = ParseHolderError;

    fn from_str(text: &str) -> Result<Self, ParseHolderError> {
        let parse = || {
            let (who, process) = text.split_once(" pid ")?;
            let (user, place) = who.rsplit_once('@')?;
            let (host, boot) = place.rsplit_once('/')?;
            let (pid, started) = process.split_once('/')?;
            Some(Self {
                user: user.to_owned(),
                host: host.to_owned(),
                boot: boot.to_owned(),
                pid: pid.parse().ok()?,
                started: started.parse().ok()?,
            })
        };
        parse().ok_or_else(|| ParseHolderError(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_form_survives_a_round_trip() {
        let holder = Holder::this_process();
        assert_eq!(holder.to_string().parse::<Holder>().unwrap(), holder);
    }

    #[test]
    fn only_a_process_of_this_machine_and_user_can_be_known_to_be_dead() {
        let me = Holder::this_process();
        assert!(!me.is_dead_as_seen_by(&me));
        let recycled = Holder {
            started: me.started + 1,
            ..me.clone()
        };
        assert!(recycled.is_dead_as_seen_by(&me));
        let elsewhere = Holder {
            host: "elsewhere".to_owned(),
            ..recycled.clone()
        };
        assert!(!elsewhere.is_dead_as_seen_by(&me));
        let before_reboot = Holder {
            boot: "00000000".to_owned(),
            ..recycled
        };
        assert!(!before_reboot.is_dead_as_seen_by(&me));
    }
}
