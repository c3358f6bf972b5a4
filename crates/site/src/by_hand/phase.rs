//! How long each part of a work took.

use std::time::{Duration, Instant};

/// A part of a work that was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Phase {
    /// What was reached.
    pub name: &'static str,
    /// How long it took.
    pub took: Duration,
}

/// How long several parts took together.
pub fn total(phases: &[Phase]) -> Duration {
    phases.iter().map(|phase| phase.took).sum()
}

/// Measures parts, one after the other, and tells of each.
pub(super) struct Clock<'a> {
    tell: &'a dyn Fn(&str),
    last: Instant,
    phases: Vec<Phase>,
}

impl<'a> Clock<'a> {
    pub(super) fn start(tell: &'a dyn Fn(&str)) -> Self {
        Self {
            tell,
            last: Instant::now(),
            phases: Vec::new(),
        }
    }

    /// The part that ends now.
    pub(super) fn lap(&mut self, name: &'static str) {
        let took = self.last.elapsed();
        self.last = Instant::now();
        (self.tell)(&format!("{name}: {:.1} s", took.as_secs_f64()));
        self.phases.push(Phase { name, took });
    }

    pub(super) fn phases(self) -> Vec<Phase> {
        self.phases
    }
}
