//! A way through a host to what that host reaches.

use russh::ChannelStream;
use russh::client::Msg;

use crate::connection::Connection;
use crate::error::HostError;

impl Connection {
    /// A connection from this host to an address and port. It ends when it is dropped.
    ///
    /// # Errors
    /// The host does not reach it, or its sshd does not forward.
    pub async fn tunnel(&self, address: &str, port: u16) -> Result<ChannelStream<Msg>, HostError> {
        let opening =
            self.handle()
                .channel_open_direct_tcpip(address, u32::from(port), "127.0.0.1", 0);
        match opening.await {
            Ok(channel) => Ok(channel.into_stream()),
            Err(error) => Err(HostError::Jump {
                host: format!("{address}:{port}"),
                jump: self.name().to_owned(),
                why: error.to_string(),
                source: None,
            }),
        }
    }
}
