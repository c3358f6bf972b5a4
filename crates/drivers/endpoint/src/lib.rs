//! Where a server is spoken to by HTTP.
//!
//! An [`Endpoint`] is an address as people write it, the way to it, and whom to trust there. A way through the API server ends
//! at a local port; the name of the server stays in requests and in the check of its certificate all the same, so what is seen
//! through a tunnel is what services in the cluster see. [`Trouble`] says why a request got no answer.

mod endpoint;
mod trouble;

pub use endpoint::{Endpoint, EndpointError};
pub use trouble::Trouble;
