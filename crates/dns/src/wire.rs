//! Messages over sockets: UDP first, TCP where an answer is too long or must not be lost.

use std::future::Future;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use hickory_proto::op::Message;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UdpSocket};

use crate::error::DnsError;

/// What resolvers of operating systems wait before they ask again (`timeout` of resolv.conf is 5; most answers take milliseconds).
const PATIENCE: Duration = Duration::from_secs(2);
/// One packet may be lost; two in turn mean that nobody answers.
const TRIES: usize = 2;
/// An update is written to disk before it is answered.
const LONG_PATIENCE: Duration = Duration::from_secs(10);
/// Longest packet that is not cut into pieces on its way (DNS flag day 2020).
const PACKET: usize = 1232;

/// Asks by UDP, and by TCP when the answer does not fit.
pub(crate) async fn ask(server: SocketAddr, message: &Message) -> Result<Message, DnsError> {
    let bytes = encoded(server, message)?;
    for _ in 0..TRIES {
        let asking = within(PATIENCE, by_udp(server, message.id, &bytes)).await;
        match asking {
            Ok(answer) if answer.truncation => {
                let answer = by_tcp(server, &bytes).await?;
                return decoded(server, &answer);
            }
            Ok(answer) => return Ok(answer),
            Err(error) if error.kind() == io::ErrorKind::TimedOut => {}
            Err(source) => return Err(DnsError::Unreachable { server, source }),
        }
    }
    Err(DnsError::Silent { server })
}

async fn by_udp(server: SocketAddr, id: u16, bytes: &[u8]) -> io::Result<Message> {
    let any: IpAddr = match server.is_ipv4() {
        true => Ipv4Addr::UNSPECIFIED.into(),
        false => Ipv6Addr::UNSPECIFIED.into(),
    };
    let socket = UdpSocket::bind((any, 0)).await?;
    socket.connect(server).await?;
    socket.send(bytes).await?;
    let mut packet = [0; PACKET];
    loop {
        let length = socket.recv(&mut packet).await?;
        // what is no answer to this question is somebody else's, or forged
        let answer = packet
            .get(..length)
            .and_then(|bytes| Message::from_vec(bytes).ok());
        if let Some(answer) = answer.filter(|answer| answer.id == id) {
            return Ok(answer);
        }
    }
}

/// Asks by TCP; the answer as it came, because a signature is over the bytes.
pub(crate) async fn by_tcp(server: SocketAddr, bytes: &[u8]) -> Result<Vec<u8>, DnsError> {
    let asking = within(LONG_PATIENCE, through_stream(server, bytes)).await;
    asking.map_err(|source| match source.kind() {
        io::ErrorKind::TimedOut => DnsError::Silent { server },
        _ => DnsError::Unreachable { server, source },
    })
}

async fn through_stream(server: SocketAddr, bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect(server).await?;
    let length = u16::try_from(bytes.len()).map_err(io::Error::other)?;
    stream.write_all(&length.to_be_bytes()).await?;
    stream.write_all(bytes).await?;
    let length = stream.read_u16().await?;
    let mut answer = vec![0; usize::from(length)];
    stream.read_exact(&mut answer).await?;
    Ok(answer)
}

async fn within<T>(patience: Duration, work: impl Future<Output = io::Result<T>>) -> io::Result<T> {
    let waited = tokio::time::timeout(patience, work).await;
    waited.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}

pub(crate) fn encoded(server: SocketAddr, message: &Message) -> Result<Vec<u8>, DnsError> {
    message.to_vec().map_err(|error| garbled(server, error))
}

pub(crate) fn decoded(server: SocketAddr, bytes: &[u8]) -> Result<Message, DnsError> {
    Message::from_vec(bytes).map_err(|error| garbled(server, error))
}

fn garbled(server: SocketAddr, error: impl std::fmt::Display) -> DnsError {
    DnsError::Garbled {
        server,
        reason: error.to_string(),
    }
}
