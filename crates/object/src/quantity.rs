//! Kubernetes quantities: `100m`, `1500Mi`, `2G`.
//!
//! Kept as thousandths of the base unit (a core, a byte), which is exact for every quantity that Kubernetes accepts
//! (k8s.io/apimachinery/pkg/api/resource: no finer than nano is rounded up there; nobody asks for less than 1m).

use std::fmt;
use std::str::FromStr;

/// An amount of a resource.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Quantity {
    thousandths: i128,
}

/// A text that is no quantity.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a quantity such as `500m`, `2` or `1536Mi`")]
pub struct QuantityError(String);

/// Suffixes with the thousandths of a base unit that one of them is.
const UNITS: [(&str, i128); 14] = [
    ("Ki", 1000 * (1 << 10)),
    ("Mi", 1000 * (1 << 20)),
    ("Gi", 1000 * (1 << 30)),
    ("Ti", 1000 * (1 << 40)),
    ("Pi", 1000 * (1 << 50)),
    ("m", 1),
    ("k", 1000 * 1000),
    ("K", 1000 * 1000),
    ("M", 1000 * 1_000_000),
    ("G", 1000 * 1_000_000_000),
    ("T", 1000 * 1_000_000_000_000),
    ("P", 1000 * 1_000_000_000_000_000),
    ("E", 1000 * 1_000_000_000_000_000_000),
    ("", 1000),
];

impl Quantity {
    /// Whole base units: cores, or bytes.
    pub fn of_units(units: u64) -> Self {
        Self {
            thousandths: i128::from(units) * 1000,
        }
    }

    /// Thousandths of a base unit: millicores.
    pub fn of_thousandths(thousandths: u64) -> Self {
        Self {
            thousandths: thousandths.into(),
        }
    }

    /// Thousandths of a base unit: millicores.
    pub fn thousandths(self) -> i128 {
        self.thousandths
    }

    /// Base units as a number: cores, or bytes.
    #[expect(
        clippy::cast_precision_loss,
        reason = "for display and ratios; 53 bits are plenty"
    )]
    pub fn as_f64(self) -> f64 {
        self.thousandths as f64 / 1000.0
    }

    /// This share of it, in percent, rounded up so that something stays something.
    #[must_use]
    pub fn percent(self, percent: u32) -> Self {
        Self {
            thousandths: (self.thousandths * i128::from(percent) + 99) / 100,
        }
    }

    /// At least as much, without a part of a base unit: there is no half byte.
    #[must_use]
    pub fn in_whole_units(self) -> Self {
        Self {
            thousandths: (self.thousandths + 999) / 1000 * 1000,
        }
    }
}

impl std::ops::Add for Quantity {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self {
            thousandths: self.thousandths + other.thousandths,
        }
    }
}

impl std::iter::Sum for Quantity {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::default(), std::ops::Add::add)
    }
}

impl FromStr for Quantity {
    type Err = QuantityError;

    fn from_str(text: &str) -> Result<Self, QuantityError> {
        let wrong = || QuantityError(text.to_owned());
        let trimmed = text.trim();
        let (suffix, unit) = UNITS
            .iter()
            .find(|(suffix, _)| trimmed.ends_with(suffix))
            .ok_or_else(wrong)?;
        let number = trimmed.strip_suffix(suffix).unwrap_or(trimmed);
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        if whole.is_empty() && fraction.is_empty() {
            return Err(wrong());
        }
        let digits = |part: &str| match part {
            "" => Ok(0),
            part => part.parse::<u64>().map(i128::from).map_err(|_| wrong()),
        };
        let scale = 10_i128
            .checked_pow(fraction.len().try_into().map_err(|_| wrong())?)
            .ok_or_else(wrong)?;
        let value = digits(whole)? * scale + digits(fraction)?;
        // Rounded up, as the API server does.
        let thousandths = value
            .checked_mul(*unit)
            .map(|n| (n + scale - 1) / scale)
            .ok_or_else(wrong)?;
        Ok(Self { thousandths })
    }
}

impl fmt::Display for Quantity {
    /// The shortest exact form: whole binary units, then whole base units, then thousandths.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let n = self.thousandths;
        if n % 1000 != 0 {
            return write!(f, "{n}m");
        }
        let binary = UNITS[..5]
            .iter()
            .rev()
            .find(|(_, unit)| n != 0 && n % unit == 0);
        match binary {
            Some((suffix, unit)) => write!(f, "{}{suffix}", n / unit),
            None => write!(f, "{}", n / 1000),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round(text: &str) -> String {
        text.parse::<Quantity>().unwrap().to_string()
    }

    #[test]
    fn reads_and_writes_what_kubernetes_does() {
        for (text, expected) in [
            ("100m", "100m"),
            ("1", "1"),
            ("0.5", "500m"),
            ("1500Mi", "1500Mi"),
            ("1Gi", "1Gi"),
            ("750M", "750000000"),
            ("0", "0"),
            ("1.5Gi", "1536Mi"),
        ] {
            assert_eq!(round(text), expected, "{text}");
        }
        for bad in ["", "Mi", "1.2.3", "x", "-1"] {
            assert!(bad.parse::<Quantity>().is_err(), "{bad}");
        }
    }

    #[test]
    fn adds_compares_and_takes_shares() {
        let quantity = |text: &str| text.parse::<Quantity>().unwrap();
        assert!(quantity("1Gi") > quantity("1G"));
        assert_eq!(quantity("100m") + quantity("0.9"), quantity("1"));
        assert_eq!(quantity("100m").percent(5).to_string(), "5m");
        assert_eq!(quantity("1m").percent(5).to_string(), "1m");
    }
}
