//! A local port for clients that know only addresses.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};

use tokio::io::copy_bidirectional_with_sizes;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

use crate::error::ReachError;
use crate::stream::Reach;

/// Bytes held per direction of a connection: enough that copying does not wait for waking.
const BUFFER: usize = 64 << 10;

/// A local port that leads to a server. It listens on 127.0.0.1 alone, so whoever may run programs on this machine may use
/// it: what goes through has to ask for a password of its own. Dropping it ends all its connections.
#[derive(Debug)]
pub struct Tunnel {
    address: SocketAddr,
    last: Arc<Mutex<Option<Arc<ReachError>>>>,
    pump: JoinHandle<()>,
}

impl Tunnel {
    /// Listens on a free port. Each connection that is accepted becomes one through `reach`; when that fails it is closed, and
    /// [`Self::failure`] says why.
    ///
    /// # Errors
    /// There is no free port.
    pub async fn open(reach: Arc<dyn Reach>) -> Result<Self, ReachError> {
        let wrong = |source| ReachError::Connection {
            target: format!("{} by a local port", reach.target()),
            source,
        };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await;
        let listener = listener.map_err(wrong)?;
        let address = listener.local_addr().map_err(wrong)?;
        let last = Arc::new(Mutex::new(None));
        let pump = tokio::spawn(accept(listener, reach, Arc::clone(&last)));
        Ok(Self {
            address,
            last,
            pump,
        })
    }

    /// Where it listens.
    pub fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// Why the latest connection could not be made; none when it could. Clients see only that theirs was closed.
    pub fn failure(&self) -> Option<Arc<ReachError>> {
        lock(&self.last).clone()
    }
}

impl Drop for Tunnel {
    fn drop(&mut self) {
        self.pump.abort();
    }
}

async fn accept(
    listener: TcpListener,
    reach: Arc<dyn Reach>,
    last: Arc<Mutex<Option<Arc<ReachError>>>>,
) {
    // connections live in this set, so they end with this task
    let mut open = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((near, _)) => {
                    open.spawn(pump(near, Arc::clone(&reach), Arc::clone(&last)));
                }
                // the client went away before it was served
                Err(error) => tracing::debug!("no connection from a client: {error}"),
            },
            Some(_) = open.join_next() => {}
        }
    }
}

/// Carries bytes until both sides have closed.
async fn pump(
    mut near: TcpStream,
    reach: Arc<dyn Reach>,
    last: Arc<Mutex<Option<Arc<ReachError>>>>,
) {
    let connected = reach.connect().await;
    let mut far = match connected {
        Ok(far) => far,
        Err(error) => {
            tracing::debug!("no way to {}: {error}", reach.target());
            *lock(&last) = Some(Arc::new(error));
            return;
        }
    };
    *lock(&last) = None;
    let _ = near.set_nodelay(true);
    // how a connection ends is between the client and the server
    let _ = copy_bidirectional_with_sizes(&mut near, &mut far, BUFFER, BUFFER).await;
}

/// What is guarded is replaced whole, so a panic elsewhere cannot leave it half changed.
fn lock<T>(guarded: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    guarded
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;
    use crate::direct::Direct;

    /// Answers each connection with what it got, when the client has said all.
    async fn server() -> Direct {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                tokio::spawn(async move {
                    let (mut read, mut write) = stream.split();
                    tokio::io::copy(&mut read, &mut write).await
                });
            }
        });
        Direct::new("127.0.0.1", port)
    }

    #[tokio::test]
    async fn many_clients_use_one_tunnel_at_a_time() {
        let tunnel = Tunnel::open(Arc::new(server().await)).await.unwrap();
        let clients = (0..20u8).map(|number| {
            let address = tunnel.local_addr();
            tokio::spawn(async move {
                let sent = vec![number; 300_000];
                let stream = TcpStream::connect(address).await.unwrap();
                let (mut read, mut write) = stream.into_split();
                let writing = sent.clone();
                // dropping the half that writes says that all was said
                tokio::spawn(async move { write.write_all(&writing).await });
                let mut received = Vec::new();
                read.read_to_end(&mut received).await.unwrap();
                assert!(received == sent);
            })
        });
        for client in clients.collect::<Vec<_>>() {
            client.await.unwrap();
        }
        assert!(tunnel.failure().is_none());
    }

    #[tokio::test]
    async fn why_there_is_no_way_is_told() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let nobody = Direct::new("127.0.0.1", listener.local_addr().unwrap().port());
        drop(listener);
        let tunnel = Tunnel::open(Arc::new(nobody.clone())).await.unwrap();
        let mut client = TcpStream::connect(tunnel.local_addr()).await.unwrap();
        assert_eq!(client.read(&mut [0; 1]).await.unwrap_or(0), 0);
        let failure = tunnel.failure().unwrap();
        assert_eq!(
            failure.to_string(),
            format!("connect to {}", nobody.target())
        );
    }

    #[tokio::test]
    async fn connections_end_with_the_tunnel() {
        let tunnel = Tunnel::open(Arc::new(server().await)).await.unwrap();
        let mut client = TcpStream::connect(tunnel.local_addr()).await.unwrap();
        client.write_all(b"x").await.unwrap();
        client.read_exact(&mut [0; 1]).await.unwrap();
        let address = tunnel.local_addr();
        drop(tunnel);
        assert_eq!(client.read(&mut [0; 1]).await.unwrap_or(0), 0);
        assert!(TcpStream::connect(address).await.is_err());
    }
}
