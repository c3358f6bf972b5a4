//! The programs that tests and labs run: found, or built from pinned Go modules.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use mosipctl_artefact::{Artefacts, Program, Progress, Report, Settings};

pub(crate) fn run() -> Result<()> {
    packages::install()?;
    // Whoever builds the first HTTPS client finds the provider that is named here.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = tokio::runtime::Runtime::new()?;
    let artefacts =
        Artefacts::new(Settings::from_environment()?).telling(Arc::new(Lines::default()));
    for program in Program::ALL {
        let started = Instant::now();
        let path = runtime.block_on(artefacts.program(program));
        let path = path.with_context(|| format!("failed to get `{}`", program.name()))?;
        let seconds = started.elapsed().as_secs();
        eprintln!(
            "   {} {}: {} ({seconds} s)",
            program.name(),
            program.version(),
            path.display()
        );
    }
    Ok(())
}

mod packages;

/// Says what goes on, a line when it changes or every half minute.
#[derive(Default)]
struct Lines {
    last: Mutex<Option<(String, Instant)>>,
}

impl Progress for Lines {
    fn report(&self, report: &Report) {
        let text = format!("{} {:?}", report.what, report.action);
        let mut last = self
            .last
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        let due = last
            .as_ref()
            .is_none_or(|(shown, at)| *shown != text || at.elapsed() > Duration::from_secs(30));
        if due {
            eprintln!("   {text}, {} s", report.elapsed.as_secs());
            *last = Some((text, Instant::now()));
        }
    }
}
