//! CPU and memory, as the scheduler adds them up.

use std::collections::BTreeMap;
use std::ops::{Add, AddAssign, Sub};

use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use mosipctl_object::Quantity as Exact;
use serde::Serialize;

/// An amount of CPU and memory.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Amount {
    /// Thousandths of a core.
    pub milli_cpu: u64,
    /// Bytes of memory.
    pub memory: u64,
}

impl Amount {
    /// From a list of resources; what is not there counts as none.
    pub fn of(resources: Option<&BTreeMap<String, Quantity>>) -> Self {
        let thousandths = |name: &str| {
            let quantity = resources.and_then(|resources| resources.get(name));
            let quantity = quantity.and_then(|quantity| quantity.0.parse::<Exact>().ok());
            quantity.unwrap_or_default().thousandths()
        };
        Self {
            milli_cpu: u64::try_from(thousandths("cpu")).unwrap_or(u64::MAX),
            memory: u64::try_from(thousandths("memory") / 1000).unwrap_or(u64::MAX),
        }
    }

    /// Whether this fits into what is left.
    pub fn fits(&self, left: &Self) -> bool {
        self.milli_cpu <= left.milli_cpu && self.memory <= left.memory
    }

    /// The larger of both in each.
    #[must_use]
    pub fn max(self, other: Self) -> Self {
        Self {
            milli_cpu: self.milli_cpu.max(other.milli_cpu),
            memory: self.memory.max(other.memory),
        }
    }
}

impl Add for Amount {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            milli_cpu: self.milli_cpu + other.milli_cpu,
            memory: self.memory + other.memory,
        }
    }
}

impl AddAssign for Amount {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sub for Amount {
    type Output = Self;

    /// Never below nothing.
    fn sub(self, other: Self) -> Self {
        Self {
            milli_cpu: self.milli_cpu.saturating_sub(other.milli_cpu),
            memory: self.memory.saturating_sub(other.memory),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_are_read_as_kubernetes_writes_them() {
        let amount = |name: &str, text: &str| {
            let resources = BTreeMap::from([(name.to_owned(), Quantity(text.to_owned()))]);
            Amount::of(Some(&resources))
        };
        assert_eq!(amount("cpu", "250m").milli_cpu, 250);
        assert_eq!(amount("cpu", "1.5").milli_cpu, 1500);
        assert_eq!(amount("memory", "2Gi").memory, 2_147_483_648);
        assert_eq!(amount("memory", "1500Mi").memory, 1_572_864_000);
        assert_eq!(amount("memory", "1G").memory, 1_000_000_000);
        assert_eq!(amount("memory", "many"), Amount::default());
    }
}
