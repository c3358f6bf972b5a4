//! What a way to a server is.

use std::fmt;

use async_trait::async_trait;
use mosipctl_kube::Duplex;

use crate::error::ReachError;

/// A byte stream to a server, in both directions. It ends when it is dropped.
pub type Stream = Box<dyn Duplex>;

/// A way to one server.
#[async_trait]
pub trait Reach: Send + Sync + fmt::Debug {
    /// A new connection. Nothing is retried: the error says whether trying again makes sense.
    async fn connect(&self) -> Result<Stream, ReachError>;

    /// The server as messages name it, such as `postgres/postgres-postgresql:5432`.
    fn target(&self) -> String;
}
