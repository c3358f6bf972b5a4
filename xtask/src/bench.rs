//! Figures of the program, each with the bar it is measured against.
//!
//! Everything that is compared is measured in the same run, on the same machine, one after another; no test depends on it.
//! What the figures mean, and what was measured, stands in docs/performance.md.

mod catalogue;
mod cluster;
mod data;
mod drills;
mod figure;
mod hosts;
mod journal;
mod machine;
mod memory;
mod place;
mod rehearsal;
mod releases;
mod startup;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use clap::{Args, ValueEnum};

use figure::{Figure, Name};
use place::Place;

use crate::shell::{cargo, root};

/// What to measure.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Measure only this; several may be named
    #[arg(long, value_enum, value_name = "NAME")]
    only: Vec<Name>,
    /// Speed of the rehearsal. Default: the highest at which its critical path takes two minutes
    #[arg(long, value_name = "FACTOR")]
    speed: Option<f64>,
    /// How many trivial releases are installed
    #[arg(long, value_name = "NUMBER", default_value_t = 100)]
    releases: usize,
    /// Measure this program instead of building one
    #[arg(long, value_name = "FILE")]
    program: Option<PathBuf>,
}

/// Measures, prints each figure, and fails when one misses its bar.
pub(crate) fn run(options: &Options) -> Result<()> {
    if cfg!(debug_assertions) {
        return optimised();
    }
    // Whoever builds the first TLS connection finds the provider that is named here.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = tokio::runtime::Runtime::new()?;
    let wanted: BTreeSet<Name> = match options.only.as_slice() {
        [] => Name::value_variants().iter().copied().collect(),
        only => only.iter().copied().collect(),
    };
    let program = match &options.program {
        Some(program) => program.canonicalize()?,
        None if wanted.iter().any(|name| name.needs_program()) => place::build()?,
        None => PathBuf::new(),
    };
    println!("{}", machine::describe()?);
    let missed = runtime.block_on(async {
        tokio::select! {
            missed = measure(options, &wanted, &program) => missed,
            _ = tokio::signal::ctrl_c() => bail!("interrupted"),
        }
    })?;
    if missed > 0 {
        // A missed bar is a result, not a fault of this program: no error, which could bring a backtrace.
        eprintln!("{missed} figures miss their bar or could not be measured");
        std::process::exit(1);
    }
    Ok(())
}

/// Starts the same again, built as the program is: some figures are those of its drivers, inside this process.
fn optimised() -> Result<()> {
    let mut again = cargo();
    again.args(["run", "--quiet", "--release", "--package", "xtask", "--"]);
    again.args(std::env::args_os().skip(1));
    let ended = again.current_dir(root()).status()?;
    match ended.code() {
        Some(0) => Ok(()),
        code => std::process::exit(code.unwrap_or(1)),
    }
}

/// Measures what is wanted, and says how much of it is not as it should be.
async fn measure(options: &Options, wanted: &BTreeSet<Name>, program: &Path) -> Result<usize> {
    let any = |names: &[Name]| names.iter().any(|name| wanted.contains(name));
    let mut missed = 0;
    // Each figure is shown when it is there: what comes later may take long, or fail.
    let mut show = |figures: Result<Vec<Figure>>| match figures {
        Ok(figures) => {
            let figures = figures
                .iter()
                .filter(|figure| wanted.contains(&figure.name));
            for figure in figures {
                println!("{figure}");
                missed += usize::from(!figure.is_met());
            }
        }
        Err(error) => {
            println!("FAILED {error:#}");
            missed += 1;
        }
    };
    if any(&[Name::Version]) {
        show(startup::version(&Place::new(program)?).await);
    }
    if any(&[Name::Plan]) {
        show(startup::plan(&Place::new(program)?).await);
    }
    if any(&[Name::Size]) {
        show(startup::size(&Place::new(program)?).await);
    }
    if any(&[Name::Releases, Name::Again]) {
        show(releases::measure(&Place::new(program)?, options.releases).await);
    }
    if any(&[Name::Rehearsal, Name::Memory, Name::Requests]) {
        show(rehearsal::measure(&Place::new(program)?, options.speed).await);
    }
    if any(&[Name::Drills]) {
        show(drills::measure(&Place::new(program)?).await);
    }
    if any(&[Name::Crowd]) {
        show(drills::crowd(&Place::new(program)?).await);
    }
    if any(&[Name::Databases, Name::Look]) {
        show(data::databases().await);
    }
    if any(&[Name::Realm, Name::Look]) {
        show(data::realm().await);
    }
    if any(&[Name::Hosts]) {
        show(hosts::measure(&Place::new(program)?).await);
    }
    Ok(missed)
}
