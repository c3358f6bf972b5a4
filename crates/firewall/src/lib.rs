//! Who talks to whom among the hosts of an environment, and what follows for each of them.
//!
//! ```text
//! model.yaml: flows, passages ─────────────┐
//! hosts file: roles, networks, admins ─────┼─ Wall ─┬─ rules(host): one table of nftables
//! Circumstances: what hosts told ──────────┘        └─ admits(from, host, port): the same, as a question
//! ```
//! Pure: nothing here looks at a host. [`Wall::rules`] and [`Wall::admits`] read the same rules, so what an audit expects is what was
//! generated. [`ssh_drop_in`] says in the same spirit how people may log in. Putting it in place without locking anybody out is up
//! to the driver of hosts.

mod circumstances;
mod error;
mod model;
mod render;
mod rule;
mod ssh;
mod wall;

pub use circumstances::{Circumstances, Told};
pub use error::WallError;
pub use model::{Channel, Closed, Feature, Flow, Group, Model, Passage, Port, Protocol};
pub use ssh::{SSH_DROP_IN, ssh_drop_in};
pub use wall::{RULES, Wall};
