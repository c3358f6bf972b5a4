//! Everything that must be green.

mod output;

use std::collections::BTreeSet;
use std::process::Command;
use std::thread;

use anyhow::Result;

use crate::shell::{cargo, run as run_command};
use crate::{bans, generate, setup};

/// Runs every check in the order in which they are cheapest to fail.
pub(crate) fn run(filter: Option<&str>) -> Result<()> {
    eprintln!("── crates and licences");
    bans::run()?;
    eprintln!("── generated files");
    generate::run(true)?;
    run_command("format", cargo().args(["fmt", "--all", "--check"]))?;
    eprintln!("── programs that tests run");
    setup::run()?;
    run_command(
        "lints",
        cargo().args([
            "clippy",
            "--quiet",
            "--workspace",
            "--all-targets",
            "--",
            "-D",
            "warnings",
        ]),
    )?;
    run_command("build of tests", tests().args(["--quiet", "--no-run"]))?;
    let skipped = match filter {
        Some(filter) => output::run("tests", "", tests().arg(filter).args(SHOWN))?,
        None => in_two_lanes()?,
    };
    for line in &skipped {
        eprintln!("   {line}");
    }
    eprintln!(
        "── {} tests skipped a part, for the reasons above",
        skipped.len()
    );
    Ok(())
}

/// What libtest is told: the output of successes says what was skipped.
const SHOWN: [&str; 2] = ["--", "--show-output"];
/// The stories that take hosts through the life of a cluster, a third of an hour long. They wait more than they work.
const CLUSTERS: &str = "clusters::";

/// Clusters of hosts beside everything else. Gives the reasons for what was skipped.
fn in_two_lanes() -> Result<BTreeSet<String>> {
    let mut clusters = tests();
    clusters.args(["--test", "live", CLUSTERS]).args(SHOWN);
    let mut others = tests();
    others.args(SHOWN).args(["--skip", CLUSTERS]);
    let (clusters, others) = thread::scope(|scope| {
        let clusters = scope.spawn(|| output::run("clusters of hosts", "hosts | ", &mut clusters));
        let others = output::run("all other tests", "", &mut others);
        (clusters.join(), others)
    });
    let clusters = clusters.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
    let mut skipped = clusters?;
    skipped.extend(others?);
    Ok(skipped)
}

/// All tests, as they are built once.
fn tests() -> Command {
    let mut tests = cargo();
    tests.args(["test", "--workspace", "--no-fail-fast"]);
    tests
}
