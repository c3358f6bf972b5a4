//! A way for a client that knows only addresses, and many of them.
//!
//! The library for Kafka opens its connections itself, but through a SOCKS proxy if it is told one. So one of the smallest kind
//! listens on this machine, and leads each connection by the [`Routes`]. It lives no longer than the client. Whoever may run programs
//! here may use it as long, as with every tunnel.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use mosipctl_reach::{ReachError, Stream};
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

use crate::error::BrokerError;
use crate::kafka::routes::Routes;

/// Version 5, no log-in; a connection; a name or an address of version 4.
const VERSION: u8 = 5;
const CONNECT: u8 = 1;
const NAME: u8 = 3;
const ADDRESS: u8 = 1;
/// Answers: it is there; it is not.
const DONE: u8 = 0;
const FAILED: u8 = 1;

/// The last failure, for whoever sees only that a connection was closed.
type Last = Arc<Mutex<Option<Arc<ReachError>>>>;

/// A proxy. Dropping it ends all its connections.
#[derive(Debug)]
pub(crate) struct Socks {
    address: SocketAddr,
    last: Last,
    pump: JoinHandle<()>,
}

impl Socks {
    pub(crate) async fn open(routes: Arc<dyn Routes>) -> Result<Self, BrokerError> {
        let broken = |source| BrokerError::Broken {
            what: "listen on this machine".to_owned(),
            target: "127.0.0.1".to_owned(),
            source,
        };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await;
        let listener = listener.map_err(broken)?;
        let address = listener.local_addr().map_err(broken)?;
        let last = Last::default();
        let pump = tokio::spawn(accept(listener, routes, Arc::clone(&last)));
        Ok(Self {
            address,
            last,
            pump,
        })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Why the latest connection could not be made; none when it could.
    pub(crate) fn failure(&self) -> Option<Arc<ReachError>> {
        lock(&self.last).clone()
    }
}

impl Drop for Socks {
    fn drop(&mut self) {
        self.pump.abort();
    }
}

async fn accept(listener: TcpListener, routes: Arc<dyn Routes>, last: Last) {
    // connections live in this set, so they end with this task
    let mut open = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => if let Ok((near, _)) = accepted {
                open.spawn(serve(near, Arc::clone(&routes), Arc::clone(&last)));
            },
            Some(_) = open.join_next() => {}
        }
    }
}

async fn serve(near: TcpStream, routes: Arc<dyn Routes>, last: Last) {
    if let Err(error) = lead(near, routes.as_ref(), &last).await {
        // how a connection ends is between the client and the broker
        tracing::debug!("a connection to a broker ended: {error}");
    }
}

async fn lead(mut near: TcpStream, routes: &dyn Routes, last: &Last) -> io::Result<()> {
    near.set_nodelay(true)?;
    let (host, port) = asked(&mut near).await?;
    let mut far: Stream = match routes.to(&host, port) {
        None => {
            answer(&mut near, FAILED).await?;
            return Err(io::Error::other(format!("no way leads to {host}:{port}")));
        }
        Some(reach) => match reach.connect().await {
            Ok(far) => far,
            Err(error) => {
                *lock(last) = Some(Arc::new(error));
                return answer(&mut near, FAILED).await;
            }
        },
    };
    *lock(last) = None;
    answer(&mut near, DONE).await?;
    copy_bidirectional(&mut near, &mut far).await?;
    Ok(())
}

/// Where the client wants to go.
async fn asked(near: &mut TcpStream) -> io::Result<(String, u16)> {
    let wrong = || io::Error::other("not as a client of SOCKS 5 asks");
    let [version, methods] = bytes(near).await?;
    if version != VERSION {
        return Err(wrong());
    }
    near.read_exact(&mut vec![0; usize::from(methods)]).await?;
    near.write_all(&[VERSION, 0]).await?;
    let [version, command, _, kind] = bytes(near).await?;
    if (version, command) != (VERSION, CONNECT) {
        return Err(wrong());
    }
    let host = match kind {
        NAME => {
            let [length] = bytes(near).await?;
            let mut name = vec![0; usize::from(length)];
            near.read_exact(&mut name).await?;
            String::from_utf8(name).map_err(|_| wrong())?
        }
        ADDRESS => Ipv4Addr::from(bytes::<4>(near).await?).to_string(),
        _ => return Err(wrong()),
    };
    Ok((host, u16::from_be_bytes(bytes(near).await?)))
}

async fn bytes<const N: usize>(near: &mut TcpStream) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    near.read_exact(&mut bytes).await?;
    Ok(bytes)
}

/// The address that belongs to an answer is of no use here, and zero.
async fn answer(near: &mut TcpStream, answer: u8) -> io::Result<()> {
    let mut text = [0; 10];
    (text[0], text[1], text[3]) = (VERSION, answer, ADDRESS);
    near.write_all(&text).await
}

/// What is guarded is replaced whole, so a panic elsewhere cannot leave it half changed.
fn lock<T>(guarded: &Mutex<T>) -> MutexGuard<'_, T> {
    guarded.lock().unwrap_or_else(PoisonError::into_inner)
}
