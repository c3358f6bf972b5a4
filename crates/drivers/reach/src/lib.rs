//! Ways to a server, so that a driver need not know where it runs.
//!
//! A [`Reach`] makes byte streams to one server: [`Direct`] over the network, [`PortForward`] through the API server into a
//! ready pod behind a Service. Drivers that speak over a stream use it as it is; HTTP clients know only addresses, and for
//! them a [`Tunnel`] listens on this machine and pumps what comes. TLS is the driver's: it goes through all of them alike.

mod direct;
mod error;
mod port_forward;
mod service;
mod stream;
mod tunnel;

pub use direct::Direct;
pub use error::ReachError;
pub use port_forward::PortForward;
pub use service::ServicePort;
pub use stream::{Reach, Stream};
pub use tunnel::Tunnel;
