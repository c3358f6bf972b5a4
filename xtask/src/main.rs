//! Tasks of the workshop: `cargo xtask TASK`.

use std::ffi::OsString;

use anyhow::Result;
use clap::{Parser, Subcommand};

mod bans;
mod generate;
mod setup;
mod shell;
mod test;

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Tasks of the workshop")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Build or fetch the programs that tests and labs run (eight minutes the first time, nothing after)
    Setup,
    /// Everything that must be green: bans, generated files, format, lints, all tests
    Test {
        /// Only tests whose name contains this
        filter: Option<String>,
    },
    /// Write the files that are made from code: schemas and references
    Generate {
        /// Change nothing; fail when a file is not as it would be written
        #[arg(long)]
        check: bool,
    },
    /// Print figures of the release build, each with its bar (five minutes after its build; see docs/performance.md)
    #[command(disable_help_flag = true)]
    Bench {
        /// What to measure; `--help` lists it
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<OsString>,
    },
    /// Real Debian hosts on this machine, to try what is done to bare hosts (needs root; see docs/site.md)
    #[command(disable_help_flag = true)]
    Site {
        /// What to do with them; `--help` lists it
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<OsString>,
    },
    /// Look for crates and licences that must not be in the program
    Bans,
}

fn main() -> Result<()> {
    match Arguments::parse().task {
        Task::Setup => setup::run(),
        Task::Test { filter } => test::run(filter.as_deref()),
        Task::Generate { check } => generate::run(check),
        // some figures are those of drivers inside the bench, so it is built as the program is
        Task::Bench { arguments } => shell::tool("mosipctl-bench", &["--release"], &arguments),
        Task::Site { arguments } => shell::tool("mosipctl-site", &[], &arguments),
        Task::Bans => bans::run(),
    }
}
