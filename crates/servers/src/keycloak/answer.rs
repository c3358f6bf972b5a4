//! Whether a server answers, without a library for HTTP.

use std::net::Ipv4Addr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// The first answers of a server that warms up take seconds.
const PATIENCE: Duration = Duration::from_secs(20);

/// Whether the path is served now.
pub(super) async fn is_ok(port: u16, path: &str) -> bool {
    timeout(PATIENCE, status_line(port, path))
        .await
        .is_ok_and(|line| line.is_ok_and(|line| line.contains(" 200")))
}

async fn status_line(port: u16, path: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await?;
    let request = format!("GET {path} HTTP/1.0\r\nHost: 127.0.0.1:{port}\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    stream.take(1 << 16).read_to_end(&mut answer).await?;
    let answer = String::from_utf8_lossy(&answer);
    Ok(answer.lines().next().unwrap_or_default().to_owned())
}
