//! What sets the clocks of hosts.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Address, yes};

/// What sets the clocks of hosts: certificates, tokens and etcd are judged by them.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Time {
    /// Servers of NTP, by address or name; `up` goes on when each host follows one of them. A host of this file that is named serves all
    /// others, by its own clock when it hears nobody better. Default: none, and hosts keep those of their distribution.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub servers: Vec<Address>,
    /// Whether mosipctl sees that something sets the clock of each host: what does so already is left, else chrony comes. Default: true.
    #[serde(default = "yes")]
    pub sync: bool,
}

impl Default for Time {
    fn default() -> Self {
        Self {
            servers: Vec::new(),
            sync: yes(),
        }
    }
}
