//! CPU and memory, as the scheduler adds them up.

use std::collections::BTreeMap;
use std::ops::{Add, AddAssign, Sub};

use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
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
            quantity
                .and_then(|quantity| thousandths(&quantity.0))
                .unwrap_or(0)
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

/// A Kubernetes quantity in thousandths of its unit; none when it is no quantity.
fn thousandths(text: &str) -> Option<u128> {
    let end = text
        .find(|letter: char| letter.is_ascii_alphabetic())
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let factor: u128 = match unit {
        "m" => 1,
        "" => 1000,
        "k" => 1000 * 1000,
        "M" => 1000 * 1000_u128.pow(2),
        "G" => 1000 * 1000_u128.pow(3),
        "T" => 1000 * 1000_u128.pow(4),
        "Ki" => 1000 << 10,
        "Mi" => 1000 << 20,
        "Gi" => 1000 << 30,
        "Ti" => 1000 << 40,
        _ => return None,
    };
    let (whole, rest) = number.split_once('.').unwrap_or((number, ""));
    let whole: u128 = whole.parse().ok()?;
    let rest = rest.get(..rest.len().min(9)).unwrap_or(rest);
    let part: u128 = if rest.is_empty() {
        0
    } else {
        rest.parse().ok()?
    };
    let parts = 10_u128.pow(u32::try_from(rest.len()).ok()?);
    Some(whole * factor + part * factor / parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_are_read_as_kubernetes_writes_them() {
        for (text, expected) in [
            ("250m", 250),
            ("1.5", 1500),
            ("2Gi", 2_147_483_648_000),
            ("1500Mi", 1_572_864_000_000),
            ("1G", 1_000_000_000_000),
        ] {
            assert_eq!(thousandths(text), Some(expected), "{text}");
        }
        assert_eq!(thousandths("many"), None);
    }
}
