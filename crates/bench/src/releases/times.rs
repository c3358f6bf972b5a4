//! What is compared, as figures.

use std::time::Duration;

use super::{AT_ONCE, TIMES};
use crate::figure::{Bar, Figure, Name};

/// How long something took.
pub(super) struct Took {
    /// Until the API server said that every Deployment is available.
    pub(super) available: Duration,
    /// Until the program had ended.
    pub(super) ended: Duration,
}

/// Everything that is compared.
pub(super) struct Times {
    pub(super) ours: Took,
    /// With nothing to do.
    pub(super) again: Duration,
    /// Ours with every release in the render cache.
    pub(super) rendered: Duration,
    pub(super) bare: Duration,
    pub(super) helm: Duration,
}

impl Times {
    /// The figures, with what one must know to judge them.
    pub(super) fn figures(&self, count: usize, about: &str) -> Vec<Figure> {
        let s = |time: Duration| time.as_secs_f64();
        let Times {
            ours,
            again,
            rendered,
            bare,
            helm,
        } = self;
        let cold = Figure {
            name: Name::Releases,
            what: format!("{count} releases, cold, against helm one by one"),
            value: s(*helm) / s(ours.available),
            unit: " times",
            bar: Bar::AtLeast(8.0),
            beside: vec![
                format!(
                    "mosipctl {:.2} s until available, {:.2} s until it ended; helm install --wait {:.1} s",
                    s(ours.available),
                    s(ours.ended),
                    s(*helm)
                ),
                format!(
                    "mosipctl with every release in the render cache {:.2} s",
                    s(*rendered)
                ),
                format!(
                    "bare apply of the same objects, rendered before, {AT_ONCE} requests at once: {:.2} s",
                    s(*bare)
                ),
                about.to_owned(),
            ],
        };
        let ratio = Figure {
            name: Name::Again,
            what: format!("{count} releases, nothing to do, against that loop"),
            value: s(*helm) / s(*again),
            unit: " times",
            bar: Bar::AtLeast(30.0),
            beside: Vec::new(),
        };
        let time = Figure {
            name: Name::Again,
            what: format!("{count} releases, nothing to do"),
            value: s(*again),
            unit: " s",
            bar: Bar::AtMost(1.5),
            beside: vec![format!(
                "slowest of {TIMES}, the first right after the installation"
            )],
        };
        vec![cold, ratio, time]
    }
}
