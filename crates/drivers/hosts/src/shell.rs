//! Whoever runs commands on a host: a connection, or a stand-in of tests.

use async_trait::async_trait;

use crate::command::Command;
use crate::error::HostError;
use crate::output::Output;

/// Whoever runs commands on a host.
#[async_trait]
pub trait Shell: Send + Sync {
    /// Name of the host.
    fn host(&self) -> &str;

    /// Runs a command and takes all that it writes. That it fails is no error here: see [`Output::succeeded`].
    ///
    /// # Errors
    /// It could not be run, was cut off, took too long or wrote too much; or sudo refuses.
    async fn run(&self, command: &Command) -> Result<Output, HostError>;
}
