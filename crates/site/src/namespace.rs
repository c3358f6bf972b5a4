//! Network namespaces.

use std::fs::{self, File};
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use nix::sched::{CloneFlags, setns};

use crate::error::{AtPath, SiteError};
use crate::groups::kill_all;
use crate::run::{output, run};

/// Where `ip` keeps the names.
const NAMES: &str = "/run/netns";
/// What the names of namespaces for single tests begin with; the number of the process follows.
const OF_TESTS: &str = "mosipctl-test-";

/// A network namespace with a name.
#[derive(Debug, Clone)]
pub struct Namespace {
    name: String,
}

impl Namespace {
    /// The one of that name, whether it is there or not.
    pub fn named(name: impl Into<String>) -> Self {
        Self { name: name.into() }
    }

    /// Makes it, with its loopback.
    ///
    /// # Errors
    /// The system refuses.
    pub fn make(&self) -> Result<(), SiteError> {
        run(
            "make a network namespace",
            Command::new("ip").args(["netns", "add", &self.name]),
        )?;
        self.ip("link set lo up")
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether it is there.
    pub fn is_there(&self) -> bool {
        self.path().exists()
    }

    fn path(&self) -> PathBuf {
        Path::new(NAMES).join(&self.name)
    }

    /// Runs `ip` in it; words are parted by spaces.
    ///
    /// # Errors
    /// `ip` fails.
    pub fn ip(&self, words: &str) -> Result<(), SiteError> {
        let mut command = Command::new("ip");
        command.args(["-n", &self.name]).args(words.split(' '));
        run(&format!("ip {words}"), &mut command)
    }

    /// A program that is to run in it.
    pub fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &self.name]).arg(program);
        command
    }

    /// Does work in it, on a thread of its own. What that thread starts, such as the threads of a runtime, is in it too.
    ///
    /// # Errors
    /// It cannot be entered.
    pub fn inside<T: Send>(&self, work: impl FnOnce() -> T + Send) -> Result<T, SiteError> {
        let path = self.path();
        let file = File::open(&path).at(&path)?;
        let enter = || -> Result<T, SiteError> {
            setns(&file, CloneFlags::CLONE_NEWNET)
                .map_err(std::io::Error::from)
                .at(&path)?;
            Ok(work())
        };
        let joined = std::thread::scope(|scope| scope.spawn(enter).join());
        joined.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    }

    /// Ends every process in it and takes it away, with everything in it. One that is not there is no error.
    ///
    /// # Errors
    /// The system refuses.
    pub fn remove(&self) -> Result<(), SiteError> {
        if !self.is_there() {
            return Ok(());
        }
        kill_all(|| self.processes());
        run(
            "remove a network namespace",
            Command::new("ip").args(["netns", "del", &self.name]),
        )
    }

    fn processes(&self) -> Vec<i32> {
        let list = output(
            "list processes",
            Command::new("ip").args(["netns", "pids", &self.name]),
        );
        list.unwrap_or_default()
            .lines()
            .filter_map(|line| line.parse().ok())
            .collect()
    }
}

/// A network namespace for one test, gone with it.
#[derive(Debug)]
pub struct TestNamespace(Namespace);

impl TestNamespace {
    /// Makes one. Those of processes that were killed are taken away first.
    ///
    /// # Errors
    /// The system refuses.
    pub fn make() -> Result<Self, SiteError> {
        static NUMBER: AtomicU32 = AtomicU32::new(1);
        for name in leftovers() {
            // another process may do the same
            let _ = Namespace::named(name).remove();
        }
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let made = Self(Namespace::named(format!(
            "{OF_TESTS}{}-{number}",
            std::process::id()
        )));
        made.0.make()?;
        Ok(made)
    }
}

impl Deref for TestNamespace {
    type Target = Namespace;
    fn deref(&self) -> &Namespace {
        &self.0
    }
}

impl Drop for TestNamespace {
    fn drop(&mut self) {
        if let Err(error) = self.0.remove() {
            eprintln!("failed to {error}");
        }
    }
}

fn leftovers() -> Vec<String> {
    let entries = fs::read_dir(NAMES).into_iter().flatten().flatten();
    let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    names.filter(|name| owner_is_gone(name)).collect()
}

fn owner_is_gone(name: &str) -> bool {
    let owner = name
        .strip_prefix(OF_TESTS)
        .and_then(|rest| rest.split('-').next());
    owner.is_some_and(|pid| !Path::new("/proc").join(pid).exists())
}
