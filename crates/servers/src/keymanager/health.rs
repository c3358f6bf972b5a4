//! How a service says it is, without a library for HTTP.

use std::net::Ipv4Addr;
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// It hangs when its database is gone.
const PATIENCE: Duration = Duration::from_secs(20);

/// How a service says it is.
#[derive(Debug, Clone, PartialEq)]
pub struct Health {
    /// Whether it is up.
    pub is_up: bool,
    /// What it says of its parts.
    pub details: Value,
}

/// Asks; none when there is no answer, or one of something else.
pub(super) async fn ask(port: u16, path: &str) -> Option<Health> {
    let answer = timeout(PATIENCE, answer(port, path)).await.ok()?.ok()?;
    read(&answer)
}

/// A service that is down says so with 503, and with the same words.
fn read(answer: &str) -> Option<Health> {
    let (_, body) = answer.split_once("\r\n\r\n")?;
    let mut body: Value = serde_json::from_str(body).ok()?;
    let status = body.get("status")?.as_str()?.to_owned();
    Some(Health {
        is_up: status == "UP",
        details: body.get_mut("details").map(Value::take).unwrap_or_default(),
    })
}

async fn answer(port: u16, path: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await?;
    // of HTTP 1.0, so that the body comes in one piece
    let request = format!("GET {path} HTTP/1.0\r\nHost: 127.0.0.1:{port}\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    stream.take(1 << 16).read_to_end(&mut answer).await?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_that_is_down_says_what_is() {
        let answer = "HTTP/1.1 503 \r\nA: b\r\n\r\n{\"status\":\"DOWN\",\"details\":{\"db\":1}}";
        let health = read(answer).unwrap();
        assert!(!health.is_up);
        assert_eq!(health.details["db"], 1);
    }

    #[test]
    fn what_is_no_health_is_none() {
        assert_eq!(read("HTTP/1.1 404 \r\n\r\n{\"status\":404}"), None);
        assert_eq!(read("SSH-2.0"), None);
    }
}
