//! Drills that the cluster alone is put through: nodes that are lost, pods that are evicted.

mod evict;
mod lose;

use mosipctl_report::words::count;

use crate::report::{DrillReport, Unplaced};

pub use evict::evict_largest;
pub use lose::{lose, nodes};

/// Why a drill cannot be run.
#[derive(Debug, thiserror::Error)]
pub enum DrillError {
    /// The API server does not answer.
    #[error("failed to drill: {drill}")]
    Kubernetes {
        /// The drill.
        drill: String,
        /// Why.
        source: kube::Error,
    },
    /// No node would be left.
    #[error("failed to drill: {drill}: it would be the last node")]
    Last {
        /// The drill.
        drill: String,
    },
    /// There is no pod that somebody would make anew.
    #[error("failed to drill: no pod is kept in number by anything")]
    NoPod,
}

impl DrillError {
    /// The API server did not answer during a drill.
    fn of(drill: &str) -> impl Fn(kube::Error) -> Self + use<> {
        let drill = drill.to_owned();
        move |source| Self::Kubernetes {
            drill: drill.clone(),
            source,
        }
    }
}

impl DrillReport {
    /// After pods had to find another place.
    fn placed(drill: String, moved: usize, unplaced: Vec<Unplaced>, seconds: f64) -> Self {
        let end = match unplaced.len() {
            0 => "all placed elsewhere".to_owned(),
            lost => format!("{lost} without a place"),
        };
        Self {
            drill,
            survived: unplaced.is_empty(),
            outcome: format!("{} moved · {end}", count(moved, "pod")),
            moved,
            unplaced,
            remedy: None,
            seconds,
        }
    }
}
