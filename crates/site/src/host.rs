//! A host that runs.

use std::fs::File;
use std::io::ErrorKind;
use std::os::unix::net::UnixDatagram;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::base::Base;
use crate::error::{AtPath, SiteError};
use crate::groups::Groups;
use crate::layout::{DESK, Host, NETWORK_PREFIX};
use crate::private::write;
use crate::record::Record;
use crate::run::last_lines;

/// Puts the tree together, boots it, and boots it again when it reboots.
const MINDER: &str = include_str!("scripts/mind-host.sh");
/// How long a boot may take; it takes one second on a machine with nothing else to do.
const PATIENCE: Duration = Duration::from_secs(90);
/// Between two looks whether the minder still lives, while a host boots.
const LOOK: Duration = Duration::from_millis(250);

/// A host and the process that minds it.
#[derive(Debug)]
pub(crate) struct Running {
    host: Host,
    groups: Groups,
    console: PathBuf,
    /// Where the host's init says that it has booted.
    bell: UnixDatagram,
    minder: Child,
}

impl Running {
    /// Switches a host on. Its tree is laid out.
    pub(crate) fn start(record: &Record, base: &Base, host: &Host) -> Result<Self, SiteError> {
        let groups = record.groups(host);
        groups.make()?;
        let run_folder = record.run_folder();
        let bell_path = run_folder.join(format!("{}.bell", host.name));
        // one from before a power cut
        let _ = std::fs::remove_file(&bell_path);
        let bell = UnixDatagram::bind(&bell_path).at(&bell_path)?;
        bell.set_read_timeout(Some(LOOK)).at(&bell_path)?;
        let console = record.host_folder(host).join("console.log");
        let log = File::options()
            .create(true)
            .append(true)
            .open(&console)
            .at(&console)?;
        let errors = log.try_clone().at(&console)?;
        let script = run_folder.join("mind-host.sh");
        write(&script, 0o700, MINDER)?;
        let mut command = minder(&script, record, base, host);
        command.env("NOTIFY_SOCKET", &bell_path);
        command.env("CONTROL", joined(&groups));
        command.stdin(Stdio::null()).stdout(log).stderr(errors);
        let minder = command.spawn().at(&script)?;
        Ok(Self {
            host: host.clone(),
            groups,
            console,
            bell,
            minder,
        })
    }

    pub(crate) fn host(&self) -> &Host {
        &self.host
    }

    /// Forgets what the host said so far, before it is told to reboot.
    pub(crate) fn forget(&self) -> Result<(), SiteError> {
        self.bell.set_nonblocking(true).at(&self.console)?;
        while self.bell.recv(&mut [0; 4096]).is_ok() {}
        self.bell.set_nonblocking(false).at(&self.console)
    }

    /// Waits until the host has booted; after a reboot, again.
    pub(crate) fn booted(&mut self) -> Result<(), SiteError> {
        let started = Instant::now();
        let mut message = [0; 4096];
        while started.elapsed() < PATIENCE {
            match self.bell.recv(&mut message) {
                Ok(length) if says_ready(message.get(..length).unwrap_or_default()) => {
                    return Ok(());
                }
                Ok(_) => {}
                Err(error)
                    if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) =>
                {
                    self.still_minded()?;
                }
                Err(error) => return Err(self.silent(&error.to_string())),
            }
        }
        Err(self.silent(&format!("it said nothing for {} s", PATIENCE.as_secs())))
    }

    fn still_minded(&mut self) -> Result<(), SiteError> {
        match self.minder.try_wait() {
            Ok(Some(status)) => Err(self.silent(&match status.signal() {
                Some(signal) => format!("it was switched off (signal {signal})"),
                None => format!("it ended ({status})"),
            })),
            _ => Ok(()),
        }
    }

    fn silent(&self, how: &str) -> SiteError {
        let text = std::fs::read(&self.console).unwrap_or_default();
        SiteError::Boot {
            host: self.host.name.clone(),
            how: how.to_owned(),
            last_lines: last_lines(&String::from_utf8_lossy(&text)),
        }
    }

    /// Switches it off as a power cut would.
    pub(crate) fn cut_power(&mut self) -> Result<(), SiteError> {
        self.groups.kill();
        self.minder.wait().at(&self.console)?;
        self.groups.remove()
    }
}

/// In a session of its own, so that it outlives the terminal, and where its mounts are gone with it.
fn minder(script: &Path, record: &Record, base: &Base, host: &Host) -> Command {
    let run_folder = record.run_folder();
    let mut command = Command::new("setsid");
    command
        .args(["unshare", "--mount", "--propagation", "slave", "sh"])
        .arg(script);
    command
        .env("SITE", record.namespace().name())
        .env("MACHINE", record.machine(host))
        .env("HOST", &host.name)
        .env("ADDRESS", format!("{}/{NETWORK_PREFIX}", host.address))
        .env("DESK", DESK.to_string())
        .env("BASE", base.tree())
        .env("PACKAGES", base.packages())
        .env("FOLDER", record.host_folder(host))
        .env("NET", run_folder.join(format!("{}.net", host.name)))
        .env("CARD", card(host))
        .env("PORT", format!("port{}", host.address.octets()[3]));
    command
}

/// Of those that are given out locally, see RFC 7042 §2.1.
fn card(host: &Host) -> String {
    let [a, b, c, d] = host.address.octets();
    format!("02:00:{a:02x}:{b:02x}:{c:02x}:{d:02x}")
}

fn joined(groups: &Groups) -> String {
    let folders = groups
        .folders()
        .iter()
        .map(|folder| folder.display().to_string());
    folders.collect::<Vec<_>>().join(" ")
}

fn says_ready(message: &[u8]) -> bool {
    message
        .split(|byte| *byte == b'\n')
        .any(|line| line == b"READY=1")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_whole_line_says_that_a_host_is_ready() {
        assert!(says_ready(b"STATUS=up\nREADY=1\n"));
        assert!(!says_ready(b"X_NOT_READY=1"));
    }
}
