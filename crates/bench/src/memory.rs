//! Memory of a process and of all that it starts, sampled while it runs.

use std::collections::BTreeMap;
use std::fs;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use tokio::process::Command;
use tokio::time::{MissedTickBehavior, interval};

use super::place::{Ended, well};

/// How often is looked. A `helm template` takes some 70 ms, so each is seen.
const EVERY: Duration = Duration::from_millis(50);

/// The most that was seen at one time, in bytes. Pages that processes share count once (proportional set size).
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Peak {
    /// Of the process and everything under it.
    pub(crate) tree: u64,
    /// Of the process alone; the kernel's own record of its resident memory.
    pub(crate) alone: u64,
    /// Processes at one time.
    pub(crate) processes: usize,
}

/// Runs a command and watches its memory.
pub(crate) async fn watched(what: &str, mut command: Command) -> Result<(Ended, Peak)> {
    command
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped());
    let started = Instant::now();
    let child = command.spawn()?;
    let root = child.id().context("the process is gone already")?;
    let mut peak = Peak::default();
    let mut ticks = interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let ending = child.wait_with_output();
    tokio::pin!(ending);
    let output = loop {
        tokio::select! {
            output = &mut ending => break output?,
            _ = ticks.tick() => peak.look(root),
        }
    };
    Ok((well(what, output, started.elapsed())?, peak))
}

impl Peak {
    fn look(&mut self, root: u32) {
        let tree = tree(root);
        let shared = tree
            .iter()
            .filter_map(|process| kib(&format!("/proc/{process}/smaps_rollup"), "Pss:"));
        self.tree = self.tree.max(shared.sum());
        self.processes = self.processes.max(tree.len());
        let own = kib(&format!("/proc/{root}/status"), "VmHWM:");
        self.alone = self.alone.max(own.unwrap_or_default());
    }
}

/// A process and everything under it. What ends meanwhile is left out.
fn tree(root: u32) -> Vec<u32> {
    let mut children: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let processes = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    for process in processes {
        if let Some(parent) = parent(process) {
            children.entry(parent).or_default().push(process);
        }
    }
    let mut tree = vec![root];
    let mut next = 0;
    while let Some(process) = tree.get(next) {
        tree.extend(children.remove(process).unwrap_or_default());
        next += 1;
    }
    tree
}

fn parent(process: u32) -> Option<u32> {
    let text = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The name stands in parentheses and may hold any character.
    let (_, after) = text.rsplit_once(')')?;
    after.split_whitespace().nth(1)?.parse().ok()
}

/// A field of a file under /proc that is given in kB, in bytes.
fn kib(path: &str, field: &str) -> Option<u64> {
    let text = fs::read_to_string(path).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(field))?;
    let number: u64 = line.split_whitespace().next()?.parse().ok()?;
    Some(number * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_is_under_its_parent_and_has_memory() {
        let own = std::process::id();
        assert!(tree(parent(own).unwrap()).contains(&own));
        let mut peak = Peak::default();
        peak.look(own);
        assert!(peak.alone > 1 << 20 && peak.processes >= 1);
    }
}
