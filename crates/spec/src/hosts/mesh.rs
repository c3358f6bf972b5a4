//! A tunnel between each two nodes.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// WireGuard between each two nodes: what goes from pods, or to them, to another node is encrypted. Nodes then need no network of the second
/// layer in common.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Mesh {
    /// UDP port of every node. Default: 51821, beside that of the VPN.
    #[serde(default = "default_port")]
    pub port: u16,
}

fn default_port() -> u16 {
    51821
}
