//! A site that runs.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use crate::base::Base;
use crate::down::{clear, remove};
use crate::error::{AtPath, SiteError};
use crate::host::Running;
use crate::hosts_file;
use crate::layout::{DESK, Host, NETWORK_PREFIX};
use crate::machine;
use crate::namespace::Namespace;
use crate::offline::Offline;
use crate::private::write;
use crate::record::Record;
use crate::settings::{Keep, SiteSettings};
use crate::tree::{Tree, USER, make_key};

/// A site. One for a test is taken down when this is dropped.
#[derive(Debug)]
pub struct Site {
    record: Record,
    base: Base,
    running: Vec<Running>,
    keep: Keep,
}

impl Site {
    /// Makes a site and waits until every host has booted. Sites whose owner was killed are taken down first.
    ///
    /// `tell` hears what is being done. A site that fails half-way is taken down again.
    ///
    /// # Errors
    /// This machine cannot have one (see [`lacks`](crate::lacks)), there is one of that name, or a host does not boot.
    pub fn up(settings: &SiteSettings, tell: &dyn Fn(&str)) -> Result<Self, SiteError> {
        machine::check()?;
        machine::allow_watches(tell)?;
        for name in clear()? {
            tell(&format!(
                "took down site `{name}`, which a killed process left"
            ));
        }
        let base = Base::find_or_make(&settings.cache, tell)?;
        let record = Record::begin(settings, &base)?;
        // From here on, whatever fails takes everything with it.
        let mut site = Self {
            record,
            base,
            running: Vec::new(),
            keep: Keep::UntilDropped,
        };
        site.make(tell)?;
        site.keep = settings.keep;
        Ok(site)
    }

    /// A site that somebody made before, to log in to its hosts. It stays when this is dropped.
    ///
    /// # Errors
    /// There is none of that name.
    pub fn find(name: &str) -> Result<Self, SiteError> {
        let record = Record::find(name)?;
        let base = Base::in_folder(record.base.clone());
        Ok(Self {
            record,
            base,
            running: Vec::new(),
            keep: Keep::UntilDown,
        })
    }

    fn make(&mut self, tell: &dyn Fn(&str)) -> Result<(), SiteError> {
        let network = self.network();
        network.make()?;
        network.ip("link add bridge type bridge")?;
        network.ip(&format!("addr add {DESK}/{NETWORK_PREFIX} dev bridge"))?;
        network.ip("link set bridge up")?;
        tell("laying out files");
        self.lay_out()?;
        for host in self.record.hosts.clone() {
            self.running
                .push(Running::start(&self.record, &self.base, &host)?);
        }
        for running in &mut self.running {
            tell(&format!("booting {}", running.host().name));
            running.booted()?;
        }
        Ok(())
    }

    fn lay_out(&self) -> Result<(), SiteError> {
        let folder = &self.record.folder;
        if folder.exists() {
            // of a site that was there when the machine went down
            fs::remove_dir_all(folder).at(folder)?;
        }
        fs::create_dir_all(folder).at(folder)?;
        let login = make_key(&self.key(), "site")?;
        let mut known = String::new();
        for host in self.hosts() {
            known += &self.lay_out_host(host, &login)?;
        }
        write(&self.known_hosts(), 0o644, &known)?;
        let path = self.hosts_file();
        let text = hosts_file::text(self.hosts()).at(&path)?;
        write(&path, 0o644, &text)
    }

    fn lay_out_host(&self, host: &Host, login: &str) -> Result<String, SiteError> {
        let tree = Tree {
            base: &self.base,
            folder: &self.record.host_folder(host),
            host,
            hosts: self.hosts(),
            login: &format!("{login}\n"),
        };
        tree.lay_out()
    }

    /// Its hosts.
    pub fn hosts(&self) -> &[Host] {
        &self.record.hosts
    }

    /// One of them.
    ///
    /// # Errors
    /// It has none of that name.
    pub fn host(&self, name: &str) -> Result<&Host, SiteError> {
        let found = self.hosts().iter().find(|host| host.name == name);
        found.ok_or_else(|| SiteError::NoHost {
            host: name.to_owned(),
            known: self
                .hosts()
                .iter()
                .map(|host| host.name.as_str())
                .collect::<Vec<_>>()
                .join(", "),
        })
    }

    /// The hosts file, as people would write it.
    pub fn hosts_file(&self) -> PathBuf {
        self.record.folder.join("hosts.yaml")
    }

    /// The text of that file for whoever keeps it elsewhere, with programs and images of `files`.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn hosts_with(&self, files: &Offline) -> Result<String, SiteError> {
        let path = self.hosts_file();
        let text = fs::read_to_string(&path).at(&path)?;
        let kubernetes = format!(
            "spec:\n  kubernetes: {{files: {}}}\n",
            files.folder().display()
        );
        let key = format!("key: {}", self.key().display());
        Ok(text
            .replace("spec:\n", &kubernetes)
            .replace("key: key", &key))
    }

    /// The keys of its hosts, as OpenSSH keeps them.
    pub fn known_hosts(&self) -> PathBuf {
        self.record.folder.join("known_hosts")
    }

    /// The private key of who may log in to all hosts.
    pub fn key(&self) -> PathBuf {
        self.record.folder.join("key")
    }

    /// Its network: everything that is to reach the hosts runs in it.
    pub fn network(&self) -> Namespace {
        self.record.namespace()
    }

    /// A program in the site's network.
    pub fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        self.network().command(program)
    }

    /// Does work in the site's network, on a thread of its own; see [`Namespace::inside`].
    ///
    /// # Errors
    /// The network is gone.
    pub fn inside<T: Send>(&self, work: impl FnOnce() -> T + Send) -> Result<T, SiteError> {
        self.network().inside(work)
    }

    /// The system's `ssh` to a host, as the user that may do everything. What the host is to do follows as arguments.
    pub fn ssh(&self, host: &Host) -> Command {
        self.ssh_as(USER, host)
    }

    /// The same as another user.
    pub fn ssh_as(&self, user: &str, host: &Host) -> Command {
        let mut command = self.command("ssh");
        let known = format!("UserKnownHostsFile={}", self.known_hosts().display());
        let options = [
            "BatchMode=yes",
            "IdentitiesOnly=yes",
            "StrictHostKeyChecking=yes",
            "GlobalKnownHostsFile=/dev/null",
            "ConnectTimeout=10",
            &known,
        ];
        command.args(["-F", "/dev/null"]);
        for option in options {
            command.args(["-o", option]);
        }
        command.arg("-i").arg(self.key());
        command.arg(format!("{user}@{}", host.address));
        command
    }

    /// Lets work make a host reboot, and waits until it has booted again.
    ///
    /// # Errors
    /// It does not boot, or this is not who made the site.
    pub fn reboots(&mut self, host: &str, work: impl FnOnce(&Self)) -> Result<(), SiteError> {
        self.running(host)?.forget()?;
        work(self);
        self.running(host)?.booted()
    }

    /// Switches a host off as a power cut would.
    ///
    /// # Errors
    /// The system keeps some of its processes.
    pub fn cut_power(&mut self, host: &str) -> Result<(), SiteError> {
        let groups = self.record.groups(self.host(host)?);
        match self.running(host) {
            Ok(running) => running.cut_power(),
            // of a site that somebody else made
            Err(_) => groups.remove(),
        }
    }

    /// Installs a host anew under its old name: nothing is left on its disk, and it shows another key.
    ///
    /// # Errors
    /// The system keeps something of it, or it does not boot.
    pub fn reinstall(&mut self, host: &str) -> Result<(), SiteError> {
        self.cut_power(host)?;
        let host = self.host(host)?.clone();
        let folder = self.record.host_folder(&host);
        fs::remove_dir_all(&folder).at(&folder)?;
        let public = self.key().with_extension("pub");
        let login = fs::read_to_string(&public).at(&public)?;
        let line = self.lay_out_host(&host, login.trim())?;
        let known = fs::read_to_string(self.known_hosts()).at(&self.known_hosts())?;
        let old = format!("{},", host.name);
        let others = known.lines().filter(|line| !line.starts_with(&old));
        let others: String = others.map(|line| format!("{line}\n")).collect();
        write(&self.known_hosts(), 0o644, &format!("{others}{line}"))?;
        self.give_power(&host.name)
    }

    /// Switches a host on that was switched off, and waits until it has booted. Its disk is as it was.
    ///
    /// # Errors
    /// It does not boot.
    pub fn give_power(&mut self, host: &str) -> Result<(), SiteError> {
        let host = self.host(host)?.clone();
        let mut started = Running::start(&self.record, &self.base, &host)?;
        let booted = started.booted();
        if let Ok(running) = self.running(&host.name) {
            *running = started;
        }
        booted
    }

    fn running(&mut self, name: &str) -> Result<&mut Running, SiteError> {
        self.host(name)?;
        let found = self
            .running
            .iter_mut()
            .find(|running| running.host().name == name);
        found.ok_or_else(|| SiteError::NotOurs(name.to_owned()))
    }

    /// Takes it down: processes, control groups, network, files.
    ///
    /// # Errors
    /// The system keeps something.
    pub fn down(mut self) -> Result<(), SiteError> {
        self.keep = Keep::UntilDown;
        self.take_down()
    }

    fn take_down(&mut self) -> Result<(), SiteError> {
        for mut running in self.running.drain(..) {
            running.cut_power()?;
        }
        remove(&self.record)
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        if self.keep == Keep::UntilDropped
            && let Err(error) = self.take_down()
        {
            eprintln!("failed to {error}");
        }
    }
}
