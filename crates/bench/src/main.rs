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
mod nodes;
mod place;
mod rehearsal;
mod releases;
mod sources;
mod startup;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail, ensure};
use clap::{Parser, ValueEnum};

use figure::{Figure, Name};
use place::Place;

/// Prints figures of the release build, each with its bar. What they mean stands in docs/performance.md.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask bench")]
struct Options {
    /// Measure only this; several may be named
    #[arg(long, value_enum, value_name = "NAME", num_args = 1..)]
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
fn main() -> Result<()> {
    let options = &Options::parse();
    ensure!(
        !cfg!(debug_assertions),
        "some figures are those of drivers inside this process: `cargo xtask bench` builds it as the program is"
    );
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
    if any(&[Name::Nodes, Name::Idle]) {
        show(nodes::measure(&Place::new(program)?).await);
    }
    Ok(missed)
}
