//! A connection that is logged in.

use std::time::Duration;

use mosipctl_reach::{Reach, Stream};
use secrecy::{ExposeSecret, SecretString};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::error::BrokerError;
use crate::stomp::frame::Frame;

/// How long an answer may take. A broker whose disk is full takes no messages and says nothing.
const PATIENCE: Duration = Duration::from_secs(20);
/// No frame that is asked for is as large.
const LARGEST: usize = 64 << 20;

/// A connection that is logged in.
pub(crate) struct Connection {
    stream: Stream,
    target: String,
    read: Vec<u8>,
    receipts: u64,
    /// Messages that came while something else was waited for.
    waiting: Vec<Frame>,
}

impl Connection {
    pub(crate) async fn open(
        reach: &dyn Reach,
        user: &str,
        password: &SecretString,
    ) -> Result<Self, BrokerError> {
        let target = reach.target();
        if password.expose_secret().contains(['\n', '\r', '\0']) {
            return Err(BrokerError::LogIn {
                target,
                message: "the password holds a line end, which STOMP cannot carry".to_owned(),
            });
        }
        let mut connection = Self {
            stream: reach.connect().await?,
            target,
            read: Vec::new(),
            receipts: 0,
            waiting: Vec::new(),
        };
        let hello = Frame::new("CONNECT")
            .header("accept-version", "1.2")
            .header("host", "/")
            .header("heart-beat", "0,0")
            .header("login", user)
            .header("passcode", password.expose_secret());
        let what = format!("log in to {}", connection.target);
        connection.send(&hello, &what).await?;
        let answer = connection.receive(&what).await?;
        match answer.command.as_str() {
            "CONNECTED" => Ok(connection),
            _ => Err(BrokerError::LogIn {
                target: connection.target,
                message: words(&answer),
            }),
        }
    }

    /// Where it leads.
    pub(crate) fn target(&self) -> &str {
        &self.target
    }

    /// Sends a frame and waits until the broker says that it has it.
    pub(crate) async fn call(&mut self, frame: Frame, what: &str) -> Result<(), BrokerError> {
        self.receipts += 1;
        let receipt = self.receipts.to_string();
        self.send(&frame.header("receipt", &receipt), what).await?;
        loop {
            let answer = self.receive(what).await?;
            match answer.command.as_str() {
                "RECEIPT" if answer.get("receipt-id") == Some(&receipt) => return Ok(()),
                "MESSAGE" => self.waiting.push(answer),
                "ERROR" => return Err(self.refused(what, &answer)),
                _ => {}
            }
        }
    }

    /// The next message of a subscription.
    pub(crate) async fn message(&mut self, id: &str, what: &str) -> Result<Frame, BrokerError> {
        let is_it = |frame: &Frame| frame.get("subscription") == Some(id);
        if let Some(at) = self.waiting.iter().position(is_it) {
            return Ok(self.waiting.remove(at));
        }
        loop {
            let answer = self.receive(what).await?;
            match answer.command.as_str() {
                "MESSAGE" if is_it(&answer) => return Ok(answer),
                "MESSAGE" => self.waiting.push(answer),
                "ERROR" => return Err(self.refused(what, &answer)),
                _ => {}
            }
        }
    }

    /// Says goodbye. What subscriptions made of themselves goes at once then, not when the broker notices.
    pub(crate) async fn close(mut self) -> Result<(), BrokerError> {
        let what = format!("say goodbye to {}", self.target);
        self.call(Frame::new("DISCONNECT"), &what).await
    }

    pub(crate) async fn send(&mut self, frame: &Frame, what: &str) -> Result<(), BrokerError> {
        let sending = async {
            self.stream.write_all(&frame.encode()).await?;
            self.stream.flush().await
        };
        match tokio::time::timeout(PATIENCE, sending).await {
            Ok(sent) => sent.map_err(|source| self.broken(what, source)),
            Err(_) => Err(self.silent(what)),
        }
    }

    async fn receive(&mut self, what: &str) -> Result<Frame, BrokerError> {
        let receiving = tokio::time::timeout(PATIENCE, self.next(what));
        match receiving.await {
            Ok(frame) => frame,
            Err(_) => Err(self.silent(what)),
        }
    }

    async fn next(&mut self, what: &str) -> Result<Frame, BrokerError> {
        loop {
            let taken = Frame::take(&mut self.read).map_err(|problem| self.strange(what, problem));
            if let Some(frame) = taken? {
                return Ok(frame);
            }
            if self.read.len() > LARGEST {
                return Err(self.strange(what, "the answer has no end".to_owned()));
            }
            let count = self.stream.read_buf(&mut self.read).await;
            match count.map_err(|source| self.broken(what, source))? {
                0 => return Err(self.broken(what, std::io::ErrorKind::UnexpectedEof.into())),
                _ => continue,
            }
        }
    }

    fn refused(&self, what: &str, answer: &Frame) -> BrokerError {
        BrokerError::Refused {
            what: what.to_owned(),
            message: words(answer),
        }
    }

    fn broken(&self, what: &str, source: std::io::Error) -> BrokerError {
        BrokerError::Broken {
            what: what.to_owned(),
            target: self.target.clone(),
            source,
        }
    }

    fn silent(&self, what: &str) -> BrokerError {
        BrokerError::Silent {
            what: what.to_owned(),
            target: self.target.clone(),
            seconds: PATIENCE.as_secs(),
        }
    }

    fn strange(&self, what: &str, problem: String) -> BrokerError {
        BrokerError::Strange {
            what: what.to_owned(),
            problem: format!("{} answers as no broker does: {problem}", self.target),
        }
    }
}

/// What a broker says in an error: its header, or the body when there is none.
fn words(answer: &Frame) -> String {
    let text = answer.text();
    let first = text.lines().next().unwrap_or_default();
    match answer.get("message") {
        Some(message) => message.to_owned(),
        None => first.to_owned(),
    }
}
