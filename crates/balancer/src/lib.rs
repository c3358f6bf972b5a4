//! The load balancer in front of a cluster of bare hosts: nginx.
//!
//! ```text
//! rendered Services of the gateways ─ entrances ─┐
//! hosts that gateways answer for ────────────────┼─ Balancer ─ nginx ─ one configuration file
//! addresses of the machines ─────────────────────┘
//! ```
//! TLS ends here, as in MOSIP's guide for bare hosts; what is no HTTP is passed on as it is, from the internal side alone.
//! [`INSTALL`] puts a file in place: checked first, the one before restored when nginx does not take it, no connection cut.

mod channel;
mod entrances;
mod install;
mod nginx;
mod routes;

pub use channel::Channel;
pub use entrances::{Entrance, entrances};
pub use install::{INSTALL, RELOAD};
pub use nginx::{Balancer, BalancerError, Files, INTERNAL_PORTS, Side, api_alone, nginx};
pub use routes::{Route, routes};
