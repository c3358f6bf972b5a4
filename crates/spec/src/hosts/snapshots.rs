//! Snapshots of etcd that control planes take by themselves.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Snapshots of etcd that control planes take by themselves.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Snapshots {
    /// How often each control plane takes one, such as `24h`, `30min` or `7d`.
    #[serde(default = "default_every")]
    pub every: Every,
    /// How many each control plane keeps.
    #[serde(default = "default_keep")]
    pub keep: u16,
}

impl Default for Snapshots {
    fn default() -> Self {
        Self {
            every: default_every(),
            keep: default_keep(),
        }
    }
}

fn default_every() -> Every {
    Every("24h".to_owned())
}

fn default_keep() -> u16 {
    7
}

/// A span of time: a whole number of minutes, hours or days.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[schemars(with = "String")]
#[serde(try_from = "String", into = "String")]
pub struct Every(String);

impl Every {
    /// As it was written, which is as systemd takes it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Every {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
        let unit = text.get(digits.len()..).unwrap_or_default();
        let number: Option<u32> = digits.parse().ok();
        match (number, unit) {
            (Some(1..=9999), "min" | "h" | "d") => Ok(Self(text)),
            _ => Err(format!(
                "`{text}` is no span of time such as `24h`, `30min` or `7d`"
            )),
        }
    }
}

impl From<Every> for String {
    fn from(every: Every) -> Self {
        every.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_whole_minutes_hours_or_days() {
        let every = |text: &str| Every::try_from(text.to_owned());
        for good in ["24h", "30min", "7d"] {
            assert_eq!(every(good).unwrap().as_str(), good);
        }
        for bad in ["", "h", "0h", "24", "24 h", "1y", "1h30min", "-1h"] {
            assert!(every(bad).is_err(), "{bad}");
        }
    }
}
