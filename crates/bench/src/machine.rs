//! The machine, in words: a figure without it says nothing.

use std::fs;

use anyhow::{Context, Result};

use crate::sources::root;

/// Cores, memory, load and the state of the sources.
pub(crate) fn describe() -> Result<String> {
    let cores = std::thread::available_parallelism()?;
    let memory = fs::read_to_string("/proc/meminfo")?;
    let kib: f64 = memory
        .lines()
        .find_map(|line| line.strip_prefix("MemTotal:")?.split_whitespace().next())
        .context("no total in /proc/meminfo")?
        .parse()?;
    let revision = std::process::Command::new("git")
        .args(["describe", "--always", "--dirty"])
        .current_dir(root())
        .output()?;
    let revision = String::from_utf8_lossy(&revision.stdout).trim().to_owned();
    Ok(format!(
        "{cores} cores, {:.0} GiB, load now {}, sources at {revision}",
        kib / f64::from(1 << 20),
        load()?
    ))
}

/// The load of the last minute.
pub(crate) fn load() -> Result<String> {
    let text = fs::read_to_string("/proc/loadavg")?;
    Ok(text.split(' ').next().unwrap_or_default().to_owned())
}
