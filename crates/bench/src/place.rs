//! The program in its release build, and a place of its own to run it in.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Output, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use mosipctl_artefact::{Artefacts, CACHE_VARIABLE, Program, Settings};
use mosipctl_lab::STATE_VARIABLE;
use mosipctl_site::Site;
use serde_json::Value;
use tempfile::TempDir;
use tokio::process::Command;

use crate::sources::{cargo, root};

/// Builds the program and says where it lies.
pub(crate) fn build() -> Result<PathBuf> {
    eprintln!("── release build");
    let mut command = cargo();
    command.args(["build", "--release", "--package", "mosipctl"]);
    command.args(["--message-format", "json-render-diagnostics"]);
    let output = command
        .current_dir(root())
        .stderr(Stdio::inherit())
        .output()?;
    ensure!(output.status.success(), "release build: {}", output.status);
    let text = String::from_utf8(output.stdout)?;
    let messages = text.lines().flat_map(serde_json::from_str::<Value>);
    let mut built = messages.filter_map(|message| {
        let is_ours = message["target"]["name"] == "mosipctl";
        let path = message["executable"].as_str().filter(|_| is_ours)?;
        Some(PathBuf::from(path))
    });
    built.next().context("cargo names no program that it built")
}

/// State and cache that nothing else uses. Only the programs that labs run are shared, so that none is built again.
pub(crate) struct Place {
    folder: TempDir,
    program: PathBuf,
}

/// A command that has ended.
pub(crate) struct Ended {
    pub(crate) took: Duration,
    pub(crate) output: String,
}

impl Place {
    pub(crate) fn new(program: &Path) -> Result<Self> {
        let place = Self {
            folder: TempDir::with_prefix("mosipctl-bench-")?,
            program: program.to_owned(),
        };
        place.forget_cache()?;
        Ok(place)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) -> Result<PathBuf> {
        let path = self.path(name);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(&path, text).with_context(|| format!("failed to write {}", path.display()))?;
        Ok(path)
    }

    /// The environment that is rehearsed: the example, as it stands.
    pub(crate) fn sandbox(&self) -> Result<PathBuf> {
        let text = fs::read_to_string(root().join("examples/sandbox.yaml"))?;
        self.write("sandbox.yaml", &text)
    }

    /// The example of a production, as it stands.
    pub(crate) fn production(&self) -> Result<PathBuf> {
        let text = fs::read_to_string(root().join("examples/production.yaml"))?;
        self.write("production.yaml", &text)
    }

    /// Leaves nothing in the cache but programs.
    pub(crate) fn forget_cache(&self) -> Result<()> {
        let cache = self.path("cache");
        if cache.exists() {
            fs::remove_dir_all(&cache)?;
        }
        fs::create_dir_all(&cache)?;
        let shared = Settings::from_environment()?.cache.join("programs");
        fs::create_dir_all(&shared)?;
        std::os::unix::fs::symlink(shared, cache.join("programs"))?;
        Ok(())
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        self.prepared(Command::new(&self.program), arguments)
    }

    fn prepared(&self, mut command: Command, arguments: &[&str]) -> Command {
        command
            .args(arguments)
            .current_dir(self.folder.path())
            .env(STATE_VARIABLE, self.path("state"))
            .env(CACHE_VARIABLE, self.path("cache"))
            .env("NO_COLOR", "1")
            .env_remove("KUBECONFIG")
            .stdin(Stdio::null())
            .kill_on_drop(true);
        command
    }

    /// Runs the program to its end.
    pub(crate) async fn run(&self, arguments: &[&str]) -> Result<Ended> {
        self.ended(self.command(arguments), arguments).await
    }

    /// The same in the network of a site.
    pub(crate) async fn run_in(&self, site: &Site, arguments: &[&str]) -> Result<Ended> {
        let command = Command::from(site.command(&self.program));
        self.ended(self.prepared(command, arguments), arguments)
            .await
    }

    async fn ended(&self, mut command: Command, arguments: &[&str]) -> Result<Ended> {
        let started = Instant::now();
        let output = command.output().await?;
        let took = started.elapsed();
        well(&arguments.join(" "), output, took)
    }
}

/// What a command said, if it ended well: done, or done with something that somebody should look at.
pub(crate) fn well(what: &str, output: Output, took: Duration) -> Result<Ended> {
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let complaint = String::from_utf8_lossy(&output.stderr);
    ensure!(
        is_good(output.status),
        "{what}: {}\n{said}\n{complaint}",
        output.status
    );
    Ok(Ended { took, output: said })
}

fn is_good(status: ExitStatus) -> bool {
    matches!(status.code(), Some(0 | 3))
}

/// The helm that mosipctl itself uses.
pub(crate) async fn helm() -> Result<PathBuf> {
    let artefacts = Artefacts::new(Settings::from_environment()?);
    Ok(artefacts.program(Program::Helm).await?)
}
