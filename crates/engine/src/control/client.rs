//! The other side of the socket: what the command line and the console use.

use std::io;
use std::path::{Path, PathBuf};

use mosipctl_journal::{Command, Entry};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};

use super::socket::ShortPath;
use super::{Request, Response};
use crate::progress::Progress;

/// Why a run could not be told or asked.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// No run answers.
    #[error("no run answers at `{path}`")]
    NoRun {
        /// The socket.
        path: PathBuf,
    },
    /// The run said no.
    #[error("the run refused: {0}")]
    Refused(String),
    /// The run ended before it answered.
    #[error("the run has ended")]
    Ended,
    /// The connection failed, or the other side speaks another language.
    #[error("failed to speak with the run")]
    Connection(#[from] io::Error),
}

/// A connection to a run.
#[derive(Debug)]
pub struct Client {
    requests: OwnedWriteHalf,
    answers: BufReader<OwnedReadHalf>,
}

impl Client {
    /// Connects to the run whose socket is at `path`.
    ///
    /// # Errors
    /// No run answers there.
    pub async fn connect(path: &Path) -> Result<Self, ClientError> {
        let no_run = || ClientError::NoRun {
            path: path.to_owned(),
        };
        let short = ShortPath::of(path).map_err(|_| no_run())?;
        let stream = UnixStream::connect(short.path())
            .await
            .map_err(|_| no_run())?;
        let (answers, requests) = stream.into_split();
        Ok(Self {
            requests,
            answers: BufReader::new(answers),
        })
    }

    /// Tells the run to do something; `cluster` is the name by which the cluster knows who asks.
    ///
    /// # Errors
    /// The run refuses, has ended, or the connection fails.
    pub async fn tell(
        &mut self,
        command: Command,
        cluster: Option<String>,
    ) -> Result<(), ClientError> {
        match self.ask(&Request::Tell { command, cluster }).await? {
            Response::Accepted => Ok(()),
            other => Err(unexpected(other)),
        }
    }

    /// Asks where the run stands.
    ///
    /// # Errors
    /// The run has ended, or the connection fails.
    pub async fn status(&mut self) -> Result<Progress, ClientError> {
        match self.ask(&Request::Status).await? {
            Response::Progress(progress) => Ok(*progress),
            other => Err(unexpected(other)),
        }
    }

    /// Follows the events from now on.
    ///
    /// # Errors
    /// The connection fails.
    pub async fn follow(mut self) -> Result<Following, ClientError> {
        self.send(&Request::Follow).await?;
        Ok(Following(self))
    }

    async fn ask(&mut self, request: &Request) -> Result<Response, ClientError> {
        self.send(request).await?;
        self.receive().await
    }

    async fn send(&mut self, request: &Request) -> Result<(), ClientError> {
        let mut line = serde_json::to_vec(request).map_err(io::Error::from)?;
        line.push(b'\n');
        Ok(self.requests.write_all(&line).await?)
    }

    async fn receive(&mut self) -> Result<Response, ClientError> {
        let mut line = String::new();
        if self.answers.read_line(&mut line).await? == 0 {
            return Err(ClientError::Ended);
        }
        Ok(serde_json::from_str(&line).map_err(io::Error::from)?)
    }
}

/// The events of a run, one by one.
#[derive(Debug)]
pub struct Following(Client);

impl Following {
    /// The next event, or how many were missed; nothing when the run has ended.
    ///
    /// # Errors
    /// The connection fails.
    pub async fn next(&mut self) -> Result<Option<Followed>, ClientError> {
        match self.0.receive().await {
            Ok(Response::Entry(entry)) => Ok(Some(Followed::Entry(entry))),
            Ok(Response::Missed { events }) => Ok(Some(Followed::Missed(events))),
            Ok(Response::Ended) | Err(ClientError::Ended) => Ok(None),
            Ok(other) => Err(unexpected(other)),
            Err(error) => Err(error),
        }
    }
}

/// What comes to whoever follows a run.
#[derive(Debug, Clone, PartialEq)]
pub enum Followed {
    /// An event.
    Entry(Box<Entry>),
    /// So many events went by too fast; the journal has them.
    Missed(u64),
}

fn unexpected(response: Response) -> ClientError {
    match response {
        Response::Refused { reason } => ClientError::Refused(reason),
        Response::Ended => ClientError::Ended,
        other => {
            let text = format!("an answer to another question: {other:?}");
            ClientError::Connection(io::Error::new(io::ErrorKind::InvalidData, text))
        }
    }
}
