//! Running commands, with their name and time on one line each.

use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, ensure};

/// Runs a command at the workspace root and says how long it took.
pub(crate) fn run(what: &str, command: &mut Command) -> Result<()> {
    eprintln!("── {what}");
    let started = Instant::now();
    let status = command
        .current_dir(root())
        .status()
        .with_context(|| format!("failed to start: {what}"))?;
    ensure!(status.success(), "{what}: {status}");
    eprintln!("   {what}: {:.0} s", started.elapsed().as_secs_f64());
    Ok(())
}

/// Becomes a tool that is a program of its own, so that nobody builds it who does not ask for it.
pub(crate) fn tool(package: &str, how: &[&str], arguments: &[OsString]) -> Result<()> {
    let mut tool = cargo();
    tool.args(["run", "--quiet", "--package", package])
        .args(how);
    tool.arg("--").args(arguments).current_dir(root());
    Err(tool.exec()).context("failed to start cargo")
}

/// The cargo that runs this.
pub(crate) fn cargo() -> Command {
    Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// The root of the workspace.
pub(crate) fn root() -> std::path::PathBuf {
    let here = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_owned()
}
