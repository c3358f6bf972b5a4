//! Everything that must be green.

mod output;

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
    let mut tests = cargo();
    tests.args(["test", "--quiet", "--workspace", "--no-fail-fast"]);
    tests.args(filter).args(["--", "--show-output"]);
    let skipped = output::run("tests", &mut tests)?;
    for line in &skipped {
        eprintln!("   {line}");
    }
    eprintln!(
        "── {} tests skipped a part, for the reasons above",
        skipped.len()
    );
    Ok(())
}
