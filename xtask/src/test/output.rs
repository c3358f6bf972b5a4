//! What tests print: failures as they are, of successes only what was skipped and why.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, ensure};

use crate::shell::root;

/// How a test begins a line that tells what it could not do on this machine.
const SKIPPED: &str = "skipped:";

/// Runs tests that show the output of successes too. `before` begins each of their lines. Gives the reasons for what was skipped.
pub(super) fn run(what: &str, before: &str, command: &mut Command) -> Result<BTreeSet<String>> {
    eprintln!("── {what}");
    let started = Instant::now();
    let command = command.current_dir(root()).stdout(Stdio::piped());
    let mut child = command
        .spawn()
        .with_context(|| format!("failed to start: {what}"))?;
    let output = child.stdout.take().context("tests have no output")?;
    let mut filter = Filter::default();
    for line in BufReader::new(output).lines() {
        if let Some(line) = filter.take(&line?) {
            println!("{before}{line}");
        }
    }
    let status = child.wait()?;
    ensure!(status.success(), "{what}: {status}");
    eprintln!("   {what}: {:.0} s", started.elapsed().as_secs_f64());
    Ok(filter.skipped)
}

/// Leaves out what successful tests printed.
#[derive(Default)]
struct Filter {
    in_successes: bool,
    skipped: BTreeSet<String>,
}

impl Filter {
    fn take<'a>(&mut self, line: &'a str) -> Option<&'a str> {
        match line.trim_end() {
            "successes:" => self.in_successes = true,
            "failures:" => self.in_successes = false,
            line if line.starts_with("test result:") => self.in_successes = false,
            _ => {}
        }
        if line.starts_with(SKIPPED) {
            self.skipped.insert(line.to_owned());
        }
        let (test, ended) = ended(line).unwrap_or_default();
        if let Some(why) = ended.strip_prefix("ignored, ") {
            self.skipped.insert(format!("{SKIPPED} {test}: {why}"));
        }
        (!self.in_successes && ended != "ok").then_some(line)
    }
}

/// The name of a test that has ended, and how it did.
fn ended(line: &str) -> Option<(&str, &str)> {
    line.strip_prefix("test ")?.split_once(" ... ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn successes_are_left_out_and_what_was_skipped_is_kept() {
        let mut filter = Filter::default();
        let lines = [
            "..",
            "successes:",
            "---- a stdout ----",
            "skipped: there is no Java",
            "chatter",
            "failures:",
            "---- b stdout ----",
            "panicked",
            "test result: FAILED. 1 passed; 1 failed",
        ];
        let shown: Vec<&str> = lines.iter().filter_map(|line| filter.take(line)).collect();
        assert_eq!(shown, [lines[0], lines[5], lines[6], lines[7], lines[8]]);
        assert_eq!(filter.skipped.len(), 1);
    }

    #[test]
    fn tests_that_are_well_are_left_out_and_why_one_is_ignored_is_kept() {
        let mut filter = Filter::default();
        let lines = [
            "test a::b ... ok",
            "test kill::child ... ignored, the child of the tests below",
            "test c has been running for over 60 seconds",
            "test c ... FAILED",
        ];
        let shown: Vec<&str> = lines.iter().filter_map(|line| filter.take(line)).collect();
        assert_eq!(shown, lines[1..]);
        assert_eq!(
            filter.skipped,
            ["skipped: kill::child: the child of the tests below".to_owned()].into()
        );
    }
}
