//! What each module takes: typed functions over the numbers of the edition.
//!
//! Each official calculator is a module of its own that follows the sheet step by step, so that the sheet's figures come
//! out to the last digit.

pub mod authentication;
pub mod bandwidth;
pub mod field;
pub mod outside;
pub mod pre_registration;
pub mod registration;
pub mod storage;

use mosipctl_catalogue::sizing::Row;
use serde::Serialize;

/// Pods of one service in a calculator.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ServicePods {
    /// The service, as the calculator names it.
    pub service: String,
    /// The component of this edition.
    pub component: Option<String>,
    /// Pods.
    pub pods: u32,
    /// Cores of one.
    pub cpu: f64,
    /// Memory of one in GB.
    pub memory_gb: f64,
    /// Whether the calculator's total holds it.
    pub counted: bool,
    /// How the pods came about.
    pub how: String,
}

impl ServicePods {
    fn of(row: &Row, pods: u32, how: String) -> Self {
        Self {
            service: row.service.clone(),
            component: row.component.clone(),
            pods,
            cpu: row.cpu,
            memory_gb: row.memory_gb,
            counted: true,
            how,
        }
    }

    /// Cores of all its pods.
    pub fn all_cpu(&self) -> f64 {
        f64::from(self.pods) * self.cpu
    }

    /// Memory of all its pods, in GB.
    pub fn all_memory_gb(&self) -> f64 {
        f64::from(self.pods) * self.memory_gb
    }
}

/// Cores and GB of a whole calculator, without what it does not count.
pub fn total(rows: &[ServicePods]) -> (f64, f64) {
    let counted = || rows.iter().filter(|row| row.counted);
    (
        counted().map(ServicePods::all_cpu).sum(),
        counted().map(ServicePods::all_memory_gb).sum(),
    )
}

#[cfg(test)]
pub(crate) mod tests {
    use std::path::Path;
    use std::sync::LazyLock;

    use mosipctl_catalogue::{Sizing, Source};

    /// What the repository's edition rests on.
    pub(crate) fn facts() -> &'static Sizing {
        static FACTS: LazyLock<Sizing> = LazyLock::new(|| {
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../catalogue");
            let source = Source::Folder(folder);
            source.sizing(&"1.2.0.1".parse().unwrap()).unwrap()
        });
        &FACTS
    }
}
