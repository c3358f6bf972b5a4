//! A small HTTP server that answers an authority's question and nothing else.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// Where authorities look (RFC 8555 §8.3).
pub(crate) const PLACE: &str = "/.well-known/acme-challenge/";
/// Longest question that is read; an authority's has some hundred bytes.
const LONGEST: usize = 8192;
/// Whoever asks has this long to do so.
const PATIENCE: Duration = Duration::from_secs(10);

/// A listener that runs until it is dropped.
#[derive(Debug)]
pub(crate) struct Listener(JoinHandle<()>);

impl Drop for Listener {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Answers by token.
pub(crate) type Answers = BTreeMap<String, String>;

impl Listener {
    /// Listens.
    ///
    /// # Errors
    /// The system refuses: the port is taken, or only root may have it.
    pub(crate) async fn start(address: SocketAddr, answers: Answers) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let answers = Arc::new(answers);
        let serving = async move {
            // a connection that broke off before it was taken is an error that says nothing of the next
            loop {
                if let Ok((stream, _)) = listener.accept().await {
                    let answers = answers.clone();
                    tokio::spawn(tokio::time::timeout(PATIENCE, async move {
                        let _ = serve(stream, &answers).await;
                    }));
                }
            }
        };
        Ok(Self(tokio::spawn(serving)))
    }
}

async fn serve(mut stream: TcpStream, answers: &Answers) -> io::Result<()> {
    let mut question = Vec::new();
    while !question.windows(4).any(|end| end == b"\r\n\r\n") {
        if question.len() > LONGEST || stream.read_buf(&mut question).await? == 0 {
            return Ok(());
        }
    }
    let question = String::from_utf8_lossy(&question);
    let (status, body) = match answer(&question, answers) {
        Some(answer) => ("200 OK", answer),
        None => ("404 Not Found", "not found\n"),
    };
    let text = format!(
        "HTTP/1.1 {status}\r\nContent-Type: application/octet-stream\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(text.as_bytes()).await?;
    stream.shutdown().await
}

fn answer<'a>(question: &str, answers: &'a Answers) -> Option<&'a str> {
    let path = question.strip_prefix("GET ")?.split(' ').next()?;
    answers.get(path.strip_prefix(PLACE)?).map(String::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_known_token_is_answered() {
        let answers = Answers::from([("abc".to_owned(), "abc.key".to_owned())]);
        let ask = |line: &str| answer(line, &answers);
        assert_eq!(
            ask("GET /.well-known/acme-challenge/abc HTTP/1.1\r\n"),
            Some("abc.key")
        );
        assert_eq!(
            ask("GET /.well-known/acme-challenge/abd HTTP/1.1\r\n"),
            None
        );
        assert_eq!(
            ask("POST /.well-known/acme-challenge/abc HTTP/1.1\r\n"),
            None
        );
        assert_eq!(ask("GET / HTTP/1.1\r\n"), None);
    }
}
