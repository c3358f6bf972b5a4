//! The run's side of the socket.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use mosipctl_journal::{Actor, Entry};
use nix::unistd::Uid;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::task::{JoinHandle, JoinSet};

use super::socket::ShortPath;
use super::{LONGEST_REQUEST, Request, Response};
use crate::handle::Handle;

/// How long to wait after a connection could not be accepted.
const BREATH: Duration = Duration::from_millis(100);

/// Why a run cannot be told or asked over a socket.
#[derive(Debug, thiserror::Error)]
pub enum ControlError {
    /// Another run answers there.
    #[error("another run answers at `{path}`")]
    InUse {
        /// The socket.
        path: PathBuf,
    },
    /// The socket cannot be made.
    #[error("failed to make the socket `{path}`")]
    Make {
        /// The socket.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
}

/// The socket of a run. Dropping it takes the socket away and ends all connections.
#[derive(Debug)]
pub struct Control {
    path: PathBuf,
    server: JoinHandle<()>,
}

impl Control {
    /// Opens the socket at `path`, for its owner alone. A socket that a killed run left there is replaced.
    ///
    /// # Errors
    /// Another run answers there, or the system refuses.
    pub async fn open(path: &Path, handle: Handle) -> Result<Self, ControlError> {
        let failed = |source| ControlError::Make {
            path: path.to_owned(),
            source,
        };
        let short = ShortPath::of(path).map_err(failed)?;
        if UnixStream::connect(short.path()).await.is_ok() {
            return Err(ControlError::InUse {
                path: path.to_owned(),
            });
        }
        if let Err(error) = fs::remove_file(path)
            && error.kind() != io::ErrorKind::NotFound
        {
            return Err(failed(error));
        }
        let listener = UnixListener::bind(short.path()).map_err(failed)?;
        fs::set_permissions(path, fs::Permissions::from_mode(0o600)).map_err(failed)?;
        Ok(Self {
            path: path.to_owned(),
            server: tokio::spawn(serve(listener, handle)),
        })
    }
}

impl Drop for Control {
    fn drop(&mut self) {
        self.server.abort();
        let _ = fs::remove_file(&self.path);
    }
}

async fn serve(listener: UnixListener, handle: Handle) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    if let Some(actor) = peer(&stream) {
                        connections.spawn(Connection::new(stream, handle.clone(), actor).serve());
                    }
                }
                // Too many open files, most likely: nothing tells when there is room again.
                Err(_) => tokio::time::sleep(BREATH).await,
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

/// Who is on the other side: this user or root, and nobody else.
fn peer(stream: &UnixStream) -> Option<Actor> {
    let uid = stream.peer_cred().ok()?.uid();
    let welcome = uid == Uid::effective().as_raw() || uid == 0;
    welcome.then(|| Actor::of_uid(uid))
}

struct Connection {
    requests: BufReader<OwnedReadHalf>,
    answers: OwnedWriteHalf,
    handle: Handle,
    actor: Actor,
}

impl Connection {
    fn new(stream: UnixStream, handle: Handle, actor: Actor) -> Self {
        let (requests, answers) = stream.into_split();
        Self {
            requests: BufReader::new(requests),
            answers,
            handle,
            actor,
        }
    }

    /// Answers until the other side has gone. What cannot be sent to it has nobody to hear of it.
    async fn serve(mut self) {
        while let Ok(Some(line)) = self.line().await {
            let answered = match serde_json::from_str(&line) {
                Ok(Request::Tell { command, cluster }) => {
                    let actor = Actor {
                        cluster,
                        ..self.actor.clone()
                    };
                    let response = match self.handle.tell(command, actor).await {
                        Ok(()) => Response::Accepted,
                        Err(refusal) => Response::Refused {
                            reason: refusal.to_string(),
                        },
                    };
                    self.answer(&response).await
                }
                Ok(Request::Status) => {
                    let response = match self.handle.progress().await {
                        Ok(progress) => Response::Progress(Box::new(progress)),
                        Err(_) => Response::Ended,
                    };
                    self.answer(&response).await
                }
                Ok(Request::Follow) => {
                    let events = self.handle.subscribe();
                    self.follow(events).await
                }
                Err(error) => {
                    let reason = format!("no request: {error}");
                    let _ = self.answer(&Response::Refused { reason }).await;
                    return;
                }
            };
            if answered.is_err() {
                return;
            }
        }
    }

    async fn line(&mut self) -> io::Result<Option<String>> {
        let mut line = String::new();
        let mut limited = (&mut self.requests).take(LONGEST_REQUEST);
        let read = limited.read_line(&mut line).await?;
        Ok((read > 0).then_some(line))
    }

    async fn follow(&mut self, mut events: Receiver<Arc<Entry>>) -> io::Result<()> {
        loop {
            let response = match events.recv().await {
                Ok(entry) => Response::Entry(Box::new(entry.as_ref().clone())),
                Err(RecvError::Lagged(events)) => Response::Missed { events },
                Err(RecvError::Closed) => return self.answer(&Response::Ended).await,
            };
            self.answer(&response).await?;
        }
    }

    async fn answer(&mut self, response: &Response) -> io::Result<()> {
        let mut line = serde_json::to_vec(response)?;
        line.push(b'\n');
        self.answers.write_all(&line).await
    }
}
