//! A slow way to an API server: everything that is said on it arrives late.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{Instant, sleep_until};

/// How much is read at once.
const CHUNK: usize = 32 * 1024;
/// Chunks that may be on their way in one direction.
const UNDERWAY: usize = 256;

/// A way to a server on which every byte takes longer, in both directions. It ends when this is dropped.
#[derive(Debug)]
pub struct SlowWay {
    address: SocketAddr,
    task: JoinHandle<()>,
}

impl SlowWay {
    /// Opens a way to a server, on a port of this machine that is free.
    ///
    /// # Errors
    /// No port can be had.
    pub async fn to(server: SocketAddr, delay: Duration) -> std::io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let task = tokio::spawn(serve(listener, server, delay));
        Ok(Self { address, task })
    }

    /// Where it begins.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for SlowWay {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(listener: TcpListener, server: SocketAddr, delay: Duration) {
    // ends with this task, and the connections with it
    let mut connections = JoinSet::new();
    while let Ok((near, _)) = listener.accept().await {
        connections.spawn(join(near, server, delay));
        while connections.try_join_next().is_some() {}
    }
}

/// A connection that breaks is the business of those who speak on it.
async fn join(near: TcpStream, server: SocketAddr, delay: Duration) {
    let Ok(far) = TcpStream::connect(server).await else {
        return;
    };
    // small requests are not to wait for company as well
    let _ = (near.set_nodelay(true), far.set_nodelay(true));
    let (near_reads, near_writes) = near.into_split();
    let (far_reads, far_writes) = far.into_split();
    tokio::join!(
        carry(near_reads, far_writes, delay),
        carry(far_reads, near_writes, delay)
    );
}

/// Carries everything, each chunk so much later than it came.
async fn carry(mut from: impl AsyncRead + Unpin, mut to: impl AsyncWrite + Unpin, delay: Duration) {
    let (sender, mut underway) = mpsc::channel::<(Instant, Vec<u8>)>(UNDERWAY);
    let takes = async move {
        loop {
            let mut chunk = vec![0; CHUNK];
            match from.read(&mut chunk).await {
                Ok(0) | Err(_) => return,
                Ok(length) => chunk.truncate(length),
            }
            if sender.send((Instant::now() + delay, chunk)).await.is_err() {
                return;
            }
        }
    };
    let gives = async move {
        while let Some((due, chunk)) = underway.recv().await {
            sleep_until(due).await;
            if to.write_all(&chunk).await.is_err() {
                return;
            }
        }
        let _ = to.shutdown().await;
    };
    tokio::join!(takes, gives);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_said_arrives_whole_and_late_in_both_directions() {
        let server = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let echo = server.local_addr().unwrap();
        tokio::spawn(async move {
            let (mut stream, _) = server.accept().await.unwrap();
            let (mut reads, mut writes) = stream.split();
            tokio::io::copy(&mut reads, &mut writes).await.unwrap();
        });
        let delay = Duration::from_millis(50);
        let way = SlowWay::to(echo, delay).await.unwrap();
        let started = Instant::now();
        let mut stream = TcpStream::connect(way.address()).await.unwrap();
        let said = vec![7; 3 * CHUNK];
        stream.write_all(&said).await.unwrap();
        stream.shutdown().await.unwrap();
        let mut heard = Vec::new();
        stream.read_to_end(&mut heard).await.unwrap();
        assert_eq!(heard, said);
        assert!(started.elapsed() >= 2 * delay);
    }
}
