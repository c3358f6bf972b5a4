//! Straight over the network.

use std::io;
use std::time::Duration;

use async_trait::async_trait;
use tokio::net::TcpStream;

use crate::error::ReachError;
use crate::stream::{Reach, Stream};

/// A firewall that drops packets says nothing; after this time it is taken for one.
const PATIENCE: Duration = Duration::from_secs(10);

/// Straight over the network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Direct {
    /// Name or address.
    pub host: String,
    /// Port.
    pub port: u16,
}

impl Direct {
    /// The way to a port of a host.
    pub fn new(host: impl Into<String>, port: u16) -> Self {
        Self {
            host: host.into(),
            port,
        }
    }
}

#[async_trait]
impl Reach for Direct {
    async fn connect(&self) -> Result<Stream, ReachError> {
        let wrong = |source| ReachError::Connection {
            target: self.target(),
            source,
        };
        let connecting = TcpStream::connect((self.host.as_str(), self.port));
        let stream = tokio::time::timeout(PATIENCE, connecting)
            .await
            .unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
            .map_err(wrong)?;
        // requests and answers are small and wait for each other
        stream.set_nodelay(true).map_err(wrong)?;
        Ok(Box::new(stream))
    }

    fn target(&self) -> String {
        match self.host.contains(':') {
            true => format!("[{}]:{}", self.host, self.port),
            false => format!("{}:{}", self.host, self.port),
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;

    #[tokio::test]
    async fn bytes_go_both_ways() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let direct = Direct::new("127.0.0.1", listener.local_addr().unwrap().port());
        let mut near = direct.connect().await.unwrap();
        let (mut far, _) = listener.accept().await.unwrap();
        near.write_all(b"there").await.unwrap();
        far.write_all(b"again").await.unwrap();
        let mut text = [0; 5];
        far.read_exact(&mut text).await.unwrap();
        assert_eq!(&text, b"there");
        near.read_exact(&mut text).await.unwrap();
        assert_eq!(&text, b"again");
    }

    #[tokio::test]
    async fn a_closed_port_may_open_later() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let direct = Direct::new("127.0.0.1", listener.local_addr().unwrap().port());
        drop(listener);
        let error = direct.connect().await.err().unwrap();
        assert!(error.is_transient());
        assert_eq!(
            error.to_string(),
            format!("connect to 127.0.0.1:{}", direct.port)
        );
    }

    #[test]
    fn addresses_of_version_6_stand_in_brackets() {
        assert_eq!(Direct::new("::1", 5432).target(), "[::1]:5432");
    }
}
