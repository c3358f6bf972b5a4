//! Figures that say how they came about.

use mosipctl_catalogue::sizing::{Basis, Datum};
use serde::Serialize;

/// A figure with how it came about and where it is from.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Figure {
    /// What it is of.
    pub what: String,
    /// The number.
    pub value: f64,
    /// Its unit.
    pub unit: String,
    /// The formula, in words and numbers.
    pub how: String,
    /// The least firm thing that it rests on.
    pub basis: Basis,
    /// Where its numbers are from, by name.
    pub sources: Vec<String>,
}

impl Figure {
    /// A figure that rests on what the environment file says alone, until [`Figure::from`] adds to it.
    pub fn new(what: impl Into<String>, value: f64, unit: &str, how: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            value,
            unit: unit.to_owned(),
            how: how.into(),
            basis: Basis::Given,
            sources: Vec::new(),
        }
    }

    /// The same, resting on these numbers too.
    #[must_use]
    pub fn from<'a>(mut self, data: impl IntoIterator<Item = &'a Datum>) -> Self {
        for datum in data {
            self.rest_on(datum.basis, &datum.sources);
        }
        self
    }

    /// The same, resting on these sources too.
    #[must_use]
    pub fn on(mut self, basis: Basis, sources: &[String]) -> Self {
        self.rest_on(basis, sources);
        self
    }

    /// The same, resting on other figures too.
    #[must_use]
    pub fn after<'a>(mut self, figures: impl IntoIterator<Item = &'a Figure>) -> Self {
        for figure in figures {
            self.rest_on(figure.basis, &figure.sources);
        }
        self
    }

    fn rest_on(&mut self, basis: Basis, sources: &[String]) {
        self.basis = self.basis.max(basis);
        cite(&mut self.sources, sources);
    }
}

/// Adds sources that are not there yet.
pub(crate) fn cite(into: &mut Vec<String>, sources: &[String]) {
    for source in sources {
        if !into.contains(source) {
            into.push(source.clone());
        }
    }
}

/// Cores and memory.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Amount {
    /// Cores.
    pub cpu: f64,
    /// Memory in MiB.
    pub memory_mib: f64,
}

impl Amount {
    /// Memory in GiB.
    pub fn memory_gib(self) -> f64 {
        self.memory_mib / 1024.0
    }

    /// So many of it.
    #[must_use]
    pub fn times(self, factor: f64) -> Self {
        Self {
            cpu: self.cpu * factor,
            memory_mib: self.memory_mib * factor,
        }
    }

    /// The larger part of another amount that this one is.
    pub fn share_of(self, whole: Self) -> f64 {
        (self.cpu / whole.cpu).max(self.memory_mib / whole.memory_mib)
    }
}

impl std::ops::Add for Amount {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self {
            cpu: self.cpu + other.cpu,
            memory_mib: self.memory_mib + other.memory_mib,
        }
    }
}

impl std::iter::Sum for Amount {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::default(), |sum, amount| sum + amount)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_is_as_firm_as_its_least_firm_number_and_cites_each_source_once() {
        let datum = |basis, source: &str| Datum {
            value: 1.0,
            unit: "GB".to_owned(),
            basis,
            sources: vec![source.to_owned()],
            about: None,
        };
        let (official, assumed) = (datum(Basis::Official, "a"), datum(Basis::Assumed, "a"));
        let figure = Figure::new("disk", 1.0, "GB", "1 GB").from([&official, &assumed]);
        assert_eq!((figure.basis, figure.sources.len()), (Basis::Assumed, 1));
    }
}
