//! A figure with its bar.

use std::fmt;

use clap::ValueEnum;

/// What can be measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub(crate) enum Name {
    /// `mosipctl --version`
    Version,
    /// An offline plan of the whole catalogue
    Plan,
    /// Trivial releases on an empty cluster, against Helm
    Releases,
    /// The same again, with nothing to do
    Again,
    /// The whole catalogue in a lab, against its critical path
    Rehearsal,
    /// Memory of that rehearsal
    Memory,
    /// Requests of a run with nothing to do
    Requests,
    /// The default databases from MOSIP's own scripts, against psql
    Databases,
    /// The realm of MOSIP with all clients, in Keycloak
    Realm,
    /// The sizes of the production example
    Size,
    /// The production example rehearsed, each node lost in turn
    Drills,
    /// A rehearsal on 500 nodes with 2000 pods
    Crowd,
    /// Looks at those databases and at that realm, with nothing to do
    Look,
    /// Facts of fifty hosts over SSH
    Hosts,
    /// Bare hosts to five nodes, against kubeadm by hand
    Nodes,
    /// Those hosts, with nothing to do
    Idle,
}

impl Name {
    /// Whether it is measured with the program; the others use its drivers alone.
    pub(crate) fn needs_program(self) -> bool {
        !matches!(self, Self::Databases | Self::Realm | Self::Look)
    }
}

/// What a figure is measured against.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Bar {
    /// Good when not above.
    AtMost(f64),
    /// Good when not below.
    AtLeast(f64),
}

/// Something that was measured.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Figure {
    pub(crate) name: Name,
    /// What was measured, in words.
    pub(crate) what: String,
    pub(crate) value: f64,
    pub(crate) unit: &'static str,
    pub(crate) bar: Bar,
    /// What one must know to judge it.
    pub(crate) beside: Vec<String>,
}

impl Figure {
    pub(crate) fn is_met(&self) -> bool {
        match self.bar {
            Bar::AtMost(most) => self.value <= most,
            Bar::AtLeast(least) => self.value >= least,
        }
    }

    fn amount(&self, value: f64) -> String {
        // Enough digits that a miss can be seen.
        let digits = match value {
            value if value.fract() == 0.0 || value.abs() >= 1000.0 => 0,
            value if value.abs() >= 20.0 => 1,
            value if value.abs() >= 2.0 => 2,
            _ => 3,
        };
        format!("{value:.digits$}{}", self.unit)
    }
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bar = match self.bar {
            Bar::AtMost(most) => format!("at most {}", self.amount(most)),
            Bar::AtLeast(least) => format!("at least {}", self.amount(least)),
        };
        let verdict = if self.is_met() { "met" } else { "MISSED" };
        let value = self.amount(self.value);
        write!(f, "{verdict:<7}{:<48}{value:>10}  {bar}", self.what)?;
        self.beside
            .iter()
            .try_for_each(|line| write!(f, "\n       {line}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figure(value: f64, bar: Bar) -> Figure {
        Figure {
            name: Name::Plan,
            what: "a plan".to_owned(),
            value,
            unit: " ms",
            bar,
            beside: vec!["cold 2 s".to_owned()],
        }
    }

    #[test]
    fn a_figure_that_misses_its_bar_says_so() {
        let slow = figure(300.4, Bar::AtMost(300.0));
        assert!(!slow.is_met());
        let text = slow.to_string();
        assert!(text.starts_with("MISSED a plan"), "{text}");
        assert!(text.contains("300.4 ms  at most 300 ms\n       cold 2 s"));
    }

    #[test]
    fn a_bar_itself_is_met() {
        assert!(figure(8.0, Bar::AtLeast(8.0)).is_met());
        assert!(figure(8.0, Bar::AtMost(8.0)).is_met());
        assert!(!figure(7.99, Bar::AtLeast(8.0)).is_met());
    }
}
