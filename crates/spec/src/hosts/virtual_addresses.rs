//! Addresses that several load balancers share.

use std::net::IpAddr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Addresses that the load balancers share, by keepalived: one of those that are well bears them, and another one within seconds when it
/// is lost. They are chosen once, before the cluster is made: its certificates name the address of its API.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct VirtualAddresses {
    /// The one for what is inside: the API, the internal channel. Nobody else may have it; it lies in a network of the load balancers.
    pub internal: IpAddr,
    /// The one at which everybody may enter, in place of `public` of each load balancer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub public: Option<IpAddr>,
    /// Number of the virtual router (RFC 5798), from 1 to 255: another pair in the same network needs another one. Default: 51.
    #[serde(default = "default_router")]
    pub router: u8,
}

// what keepalived's own example has
fn default_router() -> u8 {
    51
}

impl VirtualAddresses {
    /// All of them.
    pub fn all(&self) -> impl Iterator<Item = IpAddr> {
        [Some(self.internal), self.public].into_iter().flatten()
    }
}
